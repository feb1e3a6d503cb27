package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// recordGranted keeps the version that an approval yields, with what was written, and closes
// what was under way.
func recordGranted(ctx context.Context, tx *sqlx.Tx, o decision.Outcome) error {
	if o.Application != nil {
		decided := o.At
		if o.Request.State == habilitation.Revoked { // nobody decided of what was written
			decided = time.Time{}
		}
		if err := writeApplication(ctx, tx, *o.Application, decided); err != nil {
			return err
		}
	}
	if o.Habilitation == nil {
		return nil
	}
	var answers []byte // of what another system approved, it keeps them
	if o.Application != nil {
		var err error
		if answers, err = json.Marshal(o.Application.Answers); err != nil {
			return fmt.Errorf("write the answers: %w", err)
		}
	}
	if err := insertHabilitation(ctx, tx, *o.Habilitation, answers); err != nil {
		return err
	}
	removed := o.Application != nil && o.Application.Granted != nil && o.Application.Granted.Users != (request.UsersContact{})
	return followUsersContact(ctx, tx, o.Habilitation.Siret, removed)
}

// followUsersContact tells citizens whom to ask as the town last had it approved, once it is in
// the directory (SETTLED.md, contact_usagers). A town that named nobody leaves what the
// directory had, unless mayRemove: it had named somebody before.
func followUsersContact(ctx context.Context, tx *sqlx.Tx, siret value.Siret, mayRemove bool) error {
	const sqlFollow = `
		UPDATE collectivities c SET contact_label = COALESCE(u.said ->> 'libelle', ''), contact_mail = COALESCE(u.said ->> 'mail', ''),
			contact_phone = COALESCE(u.said ->> 'telephone', ''), contact_url = COALESCE(u.said ->> 'url', '')
		FROM (
			SELECT h.answers -> 'usagers' AS said FROM habilitations h
			WHERE h.siret = $1 AND h.answers IS NOT NULL ORDER BY h.approved_at DESC, h.number DESC LIMIT 1) u
		WHERE c.siret = $1 AND ($2 OR u.said <> '{}')`
	if _, err := tx.ExecContext(ctx, sqlFollow, siret.String(), mayRemove); err != nil {
		return fmt.Errorf("follow the contact for citizens: %w", err)
	}
	return nil
}

func insertHabilitation(ctx context.Context, tx *sqlx.Tx, h habilitation.Habilitation, answers []byte) error {
	contacts, err := json.Marshal(h.Contacts)
	if err != nil {
		return fmt.Errorf("write the contacts: %w", err)
	}
	const sqlInsert = `
		INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms,
			contacts, approved_by, approved_at, answers)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`
	scopes := pq.StringArray{}
	if _, err := tx.ExecContext(ctx, sqlInsert, int64(h.Number), int64(h.Request), h.Siret.String(), h.Organisation, h.Modalities.Token, h.Modalities.Form,
		append(scopes, h.Scopes...), nullText(h.Editor.Siret.String()), h.Editor.Name, h.FormUID, h.Title, h.Terms,
		contacts, h.ApprovedBy, h.ApprovedAt, answers); err != nil {
		return fmt.Errorf("record habilitation: %w", err)
	}
	return nil
}
