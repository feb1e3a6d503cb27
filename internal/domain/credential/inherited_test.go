package credential_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
)

// told is what is left of a token of a list, in a few words.
func told(t credential.Token, now time.Time) string {
	return fmt.Sprintf("%s %s to %s", t.ID, t.State(now), t.ExpiresAt.UTC().Format(time.DateOnly))
}

// « An habilitation can have several tokens » (api-particulier.md §10.2) in the existing system; here one goes on, and the others end
// as they would have.
func TestTheNewestTokenOfAHabilitationGoesOn(t *testing.T) {
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	now := day("2026-03-02")
	old := credential.Inherited{ID: "old", Scopes: []string{"a"}, IssuedAt: day("2024-01-01"), ExpiresAt: day("2026-12-01")}
	next := credential.Inherited{ID: "next", Scopes: []string{"a"}, IssuedAt: day("2025-06-01"), ExpiresAt: day("2027-06-01")}
	cut, ban := next, next
	cut.ID, cut.RevokedAt = "cut", day("2026-02-01")
	ban.ID, ban.RevokedAt = "ban", day("2026-04-01")
	over := credential.Inherited{ID: "over", IssuedAt: day("2022-01-01"), ExpiresAt: day("2023-07-01")}
	to := credential.Grantee{Request: 777, Habilitation: 10_000_001, Siret: "21040107100019", Editor: "90511200900014", Scopes: []string{"a", "b"}}
	known := func(untouched bool, tokens ...credential.Inherited) (kept []credential.Token) {
		for _, drawn := range credential.Inherit(nil, tokens, to, time.Time{}, now).New {
			drawn.Untouched = untouched
			kept = append(kept, drawn.Token)
		}
		return kept
	}
	longer := old
	longer.ExpiresAt = day("2028-12-01")
	for name, row := range map[string]struct {
		known          []credential.Token
		list           []credential.Inherited
		new, corrected string
	}{
		"one":                           {nil, []credential.Inherited{old}, "old recupere to 2026-12-01", ""},
		"two":                           {nil, []credential.Inherited{old, next}, "next recupere to 2027-06-01, old remplacement_en_cours to 2026-12-01", ""},
		"the newest is revoked":         {nil, []credential.Inherited{old, cut}, "cut revoque to 2027-06-01, old recupere to 2026-12-01", ""},
		"a revocation to come":          {nil, []credential.Inherited{ban}, "ban expire_bientot to 2026-04-01", ""},
		"one that is over":              {nil, []credential.Inherited{over, next}, "next recupere to 2027-06-01, over expire to 2023-07-01", ""},
		"the same list":                 {known(true, old, next), []credential.Inherited{next, old}, "", ""},
		"prolonged there":               {known(true, old), []credential.Inherited{longer}, "", "old recupere to 2028-12-01"},
		"prolonged there, touched here": {known(false, old), []credential.Inherited{longer}, "", ""},
		"another one there":             {known(true, old), []credential.Inherited{old, next}, "next recupere to 2027-06-01", "old remplacement_en_cours to 2026-12-01"},
		"another one, touched here":     {known(false, old), []credential.Inherited{old, next}, "next remplacement_en_cours to 2027-06-01", ""},
		"the list forgets one":          {known(true, old), []credential.Inherited{next}, "next remplacement_en_cours to 2027-06-01", ""},
		"nothing":                       {known(true, old), nil, "", ""},
	} {
		change := credential.Inherit(row.known, row.list, to, time.Time{}, now)
		var isNew, corrected []string
		for _, drawn := range change.New {
			isNew = append(isNew, told(drawn.Token, now))
			if drawn.Siret != to.Siret || drawn.Collection.Side != credential.SideEditor || drawn.Kept || drawn.Digest != nil || drawn.PublicID != "" {
				t.Errorf("%s: %+v", name, drawn)
			}
			if want := []string{"a", "b"}; drawn.ID == "over" && !slices.Equal(drawn.Scopes, want) {
				t.Errorf("%s: without its own data it opens %v", name, drawn.Scopes)
			}
		}
		for _, one := range change.Corrected {
			corrected = append(corrected, told(one, now))
		}
		if got := strings.Join(isNew, ", "); got != row.new {
			t.Errorf("%s: new %q, want %q", name, got, row.new)
		}
		if got := strings.Join(corrected, ", "); got != row.corrected {
			t.Errorf("%s: corrected %q, want %q", name, got, row.corrected)
		}
	}
	closed := credential.Inherit(nil, []credential.Inherited{next}, credential.Grantee{}, day("2026-01-01"), now).New[0]
	if closed.State(now) != credential.TokenSuspended || closed.Collection.Side != credential.SideTown {
		t.Errorf("of a habilitation that does not hold, and without editor: %+v", closed)
	}
}

// « only the operator undoes what it did » (PRODUCT.md 3.4): a newer token of the other system does not go
// round the suspension of the one before.
func TestAListOpensNothingThatTheOperatorSuspended(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	to := credential.Grantee{Request: 777, Habilitation: 10_000_001, Siret: "21040107100019", Editor: "90511200900014", Scopes: []string{"a"}}
	list := []credential.Inherited{{ID: "old", IssuedAt: now.AddDate(-1, 0, 0), ExpiresAt: now.AddDate(1, 0, 0)}}
	known := credential.Inherit(nil, list, to, time.Time{}, now).New[0].Token
	list = append(list, credential.Inherited{ID: "next", IssuedAt: now.AddDate(0, -1, 0), ExpiresAt: now.AddDate(1, 0, 0)})
	for side, want := range map[credential.Side]credential.TokenState{
		credential.SideOperator: credential.TokenSuspended, credential.SideEditor: credential.TokenOverlapped,
	} {
		known.Suspension = credential.TokenSuspension{Side: side, At: now}
		got := credential.Inherit([]credential.Token{known}, list, to, time.Time{}, now).New
		if len(got) != 1 || got[0].State(now) != want {
			t.Errorf("suspended by %s, the next one is %+v, want %s", side, got, want)
		}
	}
}
