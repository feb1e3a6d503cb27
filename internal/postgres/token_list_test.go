package postgres_test

import (
	"context"
	"testing"

	"portail-qf/internal/domain/credential"
)

// The states that lists select by are those of the domain, whatever was done to a token.
func TestTheStateOfAListIsThatOfTheDomain(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	v.asked(48240, paris, "PARIS", "validee", 1)
	v.granted(10_000_010, 48240, tilleul, true, true)
	if _, err := v.service.IssueMissing(ctx); err != nil {
		t.Fatal(err)
	}
	text, _, err := v.service.Collect(ctx, sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{
		`replaced_at = NULL`, `collected_at = now(), collected_side = 'editeur'`, `first_used_at = now()`, `expires_at = $1`, `expires_at = $1 + interval '89 days'`,
		`expires_at = $1 + interval '90 days'`, `expires_at = $1 - interval '1 second'`, `expires_at = $1 + interval '1 year', barred_at = now()`,
		`barred_at = NULL, suspended_at = now()`, `suspended_at = NULL, replaced_at = now(), ends_at = $1 + interval '1 second'`, `ends_at = $1`,
		`ends_at = $1 - interval '1 day'`, `revoked_at = now()`,
	} {
		v.run(`UPDATE tokens SET `+change+` WHERE id = $2 AND $1::timestamptz IS NOT NULL`, noon, v.id)
		want := v.token(v.id).State(noon)
		found, _, err := v.service.List(ctx, staff, credential.TokenQuery{State: want, Siret: majastres, Limit: 10})
		if err != nil || len(found) != 1 || found[0].ID != v.id {
			t.Errorf("after %s it is %s, and a list of these finds %d, %v", change, want, len(found), err)
		}
		// A call is counted for a token that opens, or did: what is closed takes nobody's place.
		v.run(`DELETE FROM call_allowances`)
		_, left, err := v.gate.Store.CountShown(ctx, v.shown(text), noon)
		if n := v.count(`SELECT count(*) FROM call_allowances`); err != nil || want.Counts() != (n == 1) || want.Counts() != (left.Remaining == credential.CountedPerSecond-1) {
			t.Errorf("after %s it is %s, %d calls are counted, %d are left: %v", change, want, n, left.Remaining, err)
		}
		if _, err := v.gate.Admit(ctx, text); (err == nil) != want.Opens() {
			t.Errorf("after %s it is %s, and it is told %v", change, want, err)
		}
	}
}
