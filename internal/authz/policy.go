package authz

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/casbin/casbin/v2/persist"

	"portail-qf/internal/domain/account"
)

//go:embed model.conf
var modelText string

//go:embed policy.csv
var policyText string

// Permission is one thing that a role may do.
type Permission struct {
	Role        account.Role
	Object, Act string
}

// Policy is the whole matrix. It never changes once read, and is safe for concurrent use.
type Policy struct{ enforcer *casbin.Enforcer }

// Read reads the embedded model and policy. An error is a mistake of the program.
func Read() (*Policy, error) { return read(modelText, policyText) }

func read(modelText, policyText string) (*Policy, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, fmt.Errorf("read the model: %w", err)
	}
	for line := range strings.Lines(policyText) {
		if err := persist.LoadPolicyLine(strings.TrimSpace(line), m); err != nil {
			return nil, fmt.Errorf("read the policy, line %q: %w", strings.TrimSpace(line), err)
		}
	}
	enforcer, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("make the enforcer: %w", err)
	}
	return &Policy{enforcer}, nil
}

// Can tells whether a role may do an act on a kind of object. Whatever goes wrong is a
// refusal.
func (p *Policy) Can(role account.Role, object, act string) bool {
	allowed, err := p.enforcer.Enforce(string(role), object, act)
	return err == nil && allowed
}

// Permissions lists every permission, in the order of the policy.
func (p *Policy) Permissions() ([]Permission, error) {
	rules, err := p.enforcer.GetPolicy()
	if err != nil {
		return nil, fmt.Errorf("list the policy: %w", err)
	}
	permissions := make([]Permission, len(rules))
	for i, rule := range rules {
		permissions[i] = Permission{account.Role(rule[0]), rule[1], rule[2]}
	}
	return permissions, nil
}

// Names tells whether some role may do this act: a route that asks for a permission which
// the policy does not name would be closed to everyone by a spelling mistake.
func (p *Policy) Names(object, act string) bool {
	rules, err := p.enforcer.GetFilteredPolicy(1, object, act)
	return err == nil && len(rules) > 0
}
