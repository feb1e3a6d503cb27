package hubee

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
)

// codeAccountRefused is that of a pair that HubEE does not take.
const codeAccountRefused = "hub_account.refused"

// refusals are how OAuth2 names a client that is not known, or may not ask for the scope (RFC
// 6749, 5.2): « match on status and error, never on the description » (reference/hubee.md §1).
var refusals = []string{"invalid_client", "unauthorized_client", "invalid_grant", "invalid_scope", "access_denied"}

// Softwares tries the pairs by which the softwares of towns read HubEE, with the scope SI. It
// may be used by several goroutines at once.
type Softwares struct{ *connection }

var _ credential.HubTester = (*Softwares)(nil)

// NewSoftwares returns what tries pairs; it calls nobody before its first use, and has no
// identifier nor secret of its own.
func NewSoftwares(config Config) *Softwares {
	config.ClientID, config.ClientSecret = "", ""
	return &Softwares{connect(config, "SI")}
}

// TryAccount asks for a token in the name of a town's software. The token is dropped.
func (s *Softwares) TryAccount(ctx context.Context, pair credential.HubPair) (err error) {
	defer s.observed("try_account", s.config.Now(), &err)
	reply, said, err := s.askToken(ctx, pair.ClientID, pair.Secret)
	if err != nil {
		return fmt.Errorf("try a pair: %w", err)
	}
	switch reply.status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		// Without HubEE's own word, it is something on the road to it that refuses.
		if slices.Contains(refusals, said.Error) {
			return fault.Because(fault.Invalid, codeAccountRefused, fmt.Errorf("status %d, error %s", reply.status, said.Error))
		}
	}
	if err := reply.grants(said); err != nil {
		return fmt.Errorf("try a pair: %w", err)
	}
	return nil
}
