package credential_test

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// « Token: `apip_live_` / `apip_test_` + 12 + 43 + 6 (CRC32), base62 » (SETTLED.md)
func TestATokenIsRecognised(t *testing.T) {
	form := regexp.MustCompile(`^apip_(live|test)_[0-9A-Za-z]{12}[0-9A-Za-z]{43}[0-9A-Za-z]{6}$`)
	seen := map[string]bool{}
	for _, prefix := range []credential.TokenPrefix{credential.LivePrefix, credential.TestPrefix} {
		for range 200 {
			drawn, err := credential.DrawToken(rand.Reader, prefix)
			if err != nil {
				t.Fatal(err)
			}
			text := drawn.Reveal()
			if !form.MatchString(text.Reveal()) || seen[drawn.PublicID] || seen[drawn.Secret.Reveal()] {
				t.Fatalf("drew %s", text.Reveal())
			}
			seen[drawn.PublicID], seen[drawn.Secret.Reveal()] = true, true
			read, err := credential.ParseTokenText(text)
			if err != nil || read != drawn {
				t.Fatalf("%s is read as %+v, %v", text.Reveal(), read, err)
			}
		}
	}
	drawn, err := credential.DrawToken(rand.Reader, credential.LivePrefix)
	if err != nil {
		t.Fatal(err)
	}
	if printed := fmt.Sprintf("%v %+v %#v", drawn, drawn, drawn); strings.Contains(printed, drawn.Secret.Reveal()) {
		t.Errorf("a token prints its secret: %s", printed)
	}
}

// « Truncated, mistyped (checksum says so without a database read) » (issue 6)
func TestASlipIsNoticedByTheChecksum(t *testing.T) {
	drawn, err := credential.DrawToken(rand.Reader, credential.LivePrefix)
	if err != nil {
		t.Fatal(err)
	}
	text := drawn.Reveal().Reveal()
	wrong := []string{"", "apip", "apip_live_", " " + text, text + " ", text + "\n", text[:len(text)-1], text + "0", strings.ToUpper(text), strings.Repeat("a", 71), strings.Repeat("x", 1<<16), strings.Replace(text, "live", "test", 1)}
	for i := range text { // one character taken for another, one left out, two exchanged
		other := byte('a')
		if text[i] == other {
			other = 'b'
		}
		wrong = append(wrong, text[:i]+string(other)+text[i+1:], text[:i]+text[i+1:])
		if i > 0 && text[i] != text[i-1] {
			wrong = append(wrong, text[:i-1]+string(text[i])+string(text[i-1])+text[i+1:])
		}
	}
	for _, typed := range wrong {
		if read, err := credential.ParseTokenText(value.Secret(typed)); !fault.Is(err, "token.malformed") {
			t.Errorf("%q is read as %+v, %v", typed, read, err)
		}
	}
}

func FuzzParseTokenText(f *testing.F) {
	drawn, err := credential.DrawToken(rand.Reader, credential.TestPrefix)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(drawn.Reveal().Reveal())
	f.Add("apip_live_é")
	f.Fuzz(func(t *testing.T, text string) {
		if read, err := credential.ParseTokenText(value.Secret(text)); err == nil && read.Reveal().Reveal() != text {
			t.Errorf("%q is read as %q", text, read.Reveal().Reveal())
		}
	})
}

// « 18 calendar months, end of day Europe/Paris »; « 31 August + 18 months, 29 February, DST
// nights »
func TestATokenLastsEighteenMonths(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for issued, ends := range map[string]string{
		"2026-08-31T10:00:00+02:00": "2028-02-29T23:59:59+01:00", // clamped, in a leap year
		"2025-08-31T10:00:00+02:00": "2027-02-28T23:59:59+01:00",
		"2024-02-29T10:00:00+01:00": "2025-08-29T23:59:59+02:00",
		"2026-11-26T23:30:00+01:00": "2028-05-26T23:59:59+02:00",
		"2026-11-26T23:30:00Z":      "2028-05-27T23:59:59+02:00", // the 27th already in Paris
		"2025-09-29T12:00:00+02:00": "2027-03-29T23:59:59+02:00", // the clock moved in between
		"2025-09-28T12:00:00+02:00": "2027-03-28T23:59:59+02:00", // the night of 28 March 2027 has 23 hours
		"2026-04-25T12:00:00+02:00": "2027-10-25T23:59:59+02:00",
		"2026-04-30T12:00:00+02:00": "2027-10-30T23:59:59+02:00",
		"2026-05-01T00:00:00+02:00": "2027-11-01T23:59:59+01:00",
		"2026-04-30T22:00:00Z":      "2027-11-01T23:59:59+01:00", // the same instant
		"2026-03-31T12:00:00+02:00": "2027-09-30T23:59:59+02:00",
	} {
		at, err := time.Parse(time.RFC3339, issued)
		if err != nil {
			t.Fatal(err)
		}
		token := credential.Issued(credential.Drawn{}, credential.Grantee{}, at)
		if got := token.ExpiresAt.In(paris).Format(time.RFC3339); got != ends {
			t.Errorf("issued %s, it ends %s, want %s", issued, got, ends)
		}
	}
}

// « Token: à récupérer → récupéré → en service (first use) → expire bientôt (90 days) →
// expiré; suspendu; révoqué; remplacement en cours » (PRODUCT.md 4)
func TestTheStatesOfAToken(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	fresh := credential.Issued(credential.Drawn{}, credential.Grantee{}, now).Token
	collected := fresh
	collected.Collection = credential.Collection{Side: credential.SideEditor, At: now}
	with := func(from credential.Token, change func(*credential.Token)) credential.Token {
		change(&from)
		return from
	}
	used := with(collected, func(x *credential.Token) { x.FirstUse = now })
	for _, row := range []struct {
		name  string
		token credential.Token
		at    time.Time
		want  credential.TokenState
		opens bool
	}{
		{"just issued", fresh, now, credential.TokenToCollect, true},
		{"collected", collected, now, credential.TokenCollected, true},
		{"used", used, now, credential.TokenInUse, true},
		{"91 days before its end", used, used.ExpiresAt.AddDate(0, 0, -91), credential.TokenInUse, true},
		{"90 days before its end", used, used.ExpiresAt.AddDate(0, 0, -90).Add(time.Second), credential.TokenExpiring, true},
		{"in its last second", used, used.ExpiresAt, credential.TokenExpiring, true},
		{"a second later", used, used.ExpiresAt.Add(time.Second), credential.TokenExpired, false},
		{"never collected, over", fresh, fresh.ExpiresAt.Add(time.Second), credential.TokenExpired, false},
		{"suspended", with(used, func(x *credential.Token) { x.Suspension.At = now }), now, credential.TokenSuspended, false},
		{"of a habilitation that does not hold", with(used, func(x *credential.Token) { x.Barred = now }), now, credential.TokenSuspended, false},
		{"revoked", with(used, func(x *credential.Token) { x.Revocation.At, x.Suspension.At = now, now }), now, credential.TokenRevoked, false},
		{"in the overlap", with(used, func(x *credential.Token) { x.ReplacedAt, x.EndsAt = now, now.Add(credential.Overlap) }), now, credential.TokenOverlapped, true},
		{"the overlap being over", with(used, func(x *credential.Token) { x.ReplacedAt, x.EndsAt = now, now.Add(time.Hour) }), now.Add(time.Hour), credential.TokenReplaced, false},
	} {
		if got := row.token.State(row.at); got != row.want || got.Opens() != row.opens {
			t.Errorf("%s: %s (opens %v), want %s", row.name, got, got.Opens(), row.want)
		}
	}
	if slices.Contains(credential.TokenStates[:], "") {
		t.Error("a state has no name")
	}
}

// What the operator suspended is not shed: the next approval issues a token where the former one is revoked.
func TestTheOperatorAloneRevokesWhatItSuspended(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	issued := credential.Issued(credential.Drawn{}, credential.Grantee{}, now).Token
	for holds, may := range map[credential.Side][]credential.Side{
		credential.SideOperator: {credential.SideOperator},
		credential.SideEditor:   {credential.SideOperator, credential.SideEditor, credential.SideTown},
		credential.SideTown:     {credential.SideOperator, credential.SideEditor, credential.SideTown},
	} {
		held := issued
		held.Suspension = credential.TokenSuspension{Side: holds, At: now}
		for _, side := range []credential.Side{credential.SideOperator, credential.SideEditor, credential.SideTown} {
			want := ""
			if !slices.Contains(may, side) {
				want = "token.suspended_by_operator"
			}
			revoked, err := held.Revoked(side, credential.TokenRevocation{At: now})
			if fault.CodeOf(err) != want || (revoked.State(now) == credential.TokenRevoked) != (want == "") {
				t.Errorf("suspended by %s, revoked by %s: %v, want %q", holds, side, err, want)
			}
		}
	}
}
