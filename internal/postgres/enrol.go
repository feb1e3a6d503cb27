package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/place"
)

// enrolled is somebody of a seed.
type enrolled struct {
	FirstName string `json:"prenom"`
	LastName  string `json:"nom"`
	Mail      string `json:"mail"`
	Subject   string `json:"sub"`
	Siret     string `json:"siret"`
	Roles     []struct {
		Role         string `json:"role"`
		Organisation string `json:"organisation"` // none: the operator's
	} `json:"roles"`
}

// SeedAuthor is in whose name the journal tells what a seed gives.
var SeedAuthor = audit.Author{ID: "seed", Display: "Jeu de départ"}

// Enrol gives the people of a seed their accounts and roles, for the demo, the tests and
// measurements. A role that was given once is not given again: what is changed by hand
// stays changed.
func (s Access) Enrol(ctx context.Context, issuer string, seed []byte, now time.Time) error {
	var read struct {
		People []enrolled `json:"personnes"`
	}
	if err := json.Unmarshal(seed, &read); err != nil {
		return fmt.Errorf("understand the people of the seed: %w", err)
	}
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		for _, person := range read.People {
			if len(person.Roles) == 0 {
				continue
			}
			if err := s.enrol(ctx, tx, issuer, person, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s Access) enrol(ctx context.Context, tx *sqlx.Tx, issuer string, e enrolled, now time.Time) error {
	const sqlAccount = `
		INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
		ON CONFLICT (issuer, subject) DO UPDATE SET subject = EXCLUDED.subject RETURNING id`
	const sqlRole = `
		INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		SELECT $1, $2, $3, $4, $5, $6
		WHERE NOT EXISTS (SELECT FROM memberships WHERE account_id = $1 AND role = $2 AND organisation = $3)`
	seeder := SeedAuthor
	var id int64
	err := tx.GetContext(ctx, &id, sqlAccount, issuer, e.Subject, e.FirstName, e.LastName, place.Fold(e.FirstName+" "+e.LastName), e.Mail, e.Siret, now)
	if err != nil {
		return fmt.Errorf("enrol an account: %w", err)
	}
	for _, held := range e.Roles {
		organisation := cmp.Or(held.Organisation, s.Operator.Siret.String())
		result, err := tx.ExecContext(ctx, sqlRole, id, held.Role, organisation, e.Siret, seeder.Display, now)
		if err != nil {
			return fmt.Errorf("enrol a role: %w", err)
		}
		if given, err := result.RowsAffected(); err != nil || given == 0 {
			continue
		}
		event := audit.Event{
			At: now, Author: seeder, Act: audit.RoleGranted, Detail: held.Role,
			Object: audit.Object{Kind: "account", ID: strconv.FormatInt(id, 10), Display: e.FirstName + " " + e.LastName},
		}
		if role := account.Role(held.Role); !role.Staff() {
			event.Organisation = organisation
		}
		if err := recordEvent(ctx, tx, event); err != nil {
			return err
		}
	}
	return nil
}

// LinkHolders makes of the requesters of a seed the holders of their requests: whose mail is
// the requester's and who has the role for the request's town, both as the seed declares and
// as they still are. Outside of a seed nobody is linked by a mail alone (PRODUCT.md 3.13). A
// request that somebody holds stays with them.
func (s Access) LinkHolders(ctx context.Context, issuer string, seed []byte) error {
	var read struct {
		People []enrolled `json:"personnes"`
		Towns  []struct {
			Siret     string `json:"siret"`
			Requester struct {
				Mail string `json:"mail"`
			} `json:"demandeur"`
			Habilitation struct {
				Request int64 `json:"demande"`
			} `json:"habilitation"`
		} `json:"collectivites"`
	}
	if err := json.Unmarshal(seed, &read); err != nil {
		return fmt.Errorf("understand the requesters of the seed: %w", err)
	}
	const sqlLink = `
		UPDATE requests r SET holder = a.id
		FROM accounts a JOIN memberships m ON m.account_id = a.id AND m.role = 'town' AND m.ended_at IS NULL
		WHERE r.number = $1 AND r.siret = $2 AND r.holder IS NULL AND m.organisation = r.siret
		  AND a.issuer = $3 AND a.subject = $4 AND a.mail = $5 AND r.requester ->> 'mail' = $5`
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		for _, town := range read.Towns {
			for _, person := range read.People {
				if !strings.EqualFold(person.Mail, town.Requester.Mail) {
					continue
				}
				_, err := tx.ExecContext(ctx, sqlLink, town.Habilitation.Request, town.Siret, issuer, person.Subject, lower(person.Mail))
				if err != nil {
					return fmt.Errorf("link the holder of request %d: %w", town.Habilitation.Request, err)
				}
			}
		}
		return nil
	})
}
