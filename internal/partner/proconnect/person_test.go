package proconnect_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
)

// camilleRead is how the portal knows camille.
func camilleRead(issuer string) account.Person {
	return account.Person{
		Issuer: issuer, Subject: subject, GivenName: "Camille", UsualName: "Ferrand",
		Mail: "camille.ferrand@mairie-exemple.fr", Siret: "21040107100019", OrganisationLabel: "COMMUNE DE LES ALPES",
		ProviderID: "71144ab3-ee1a-4401-b7b3-79b44f7daeeb", ACR: "eidas1", AMR: []string{"pwd"},
	}
}

// jsonNull is a claim that is there and null.
type jsonNull struct{}

func (jsonNull) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// "Texts are cut to 256 characters and hold no control character" (account.Person); only a
// subject and an e-mail are demanded.
func TestAPersonIsReadWithTolerance(t *testing.T) {
	long := strings.Repeat("é", 300)
	for _, row := range []struct {
		name   string
		change map[string]any
		want   func(p *account.Person)
	}{
		{"no name", map[string]any{"given_name": nil, "usual_name": jsonNull{}}, func(p *account.Person) { p.GivenName, p.UsualName = "", "" }},
		{"names of odd types", map[string]any{"given_name": 7, "usual_name": []string{"Ferrand"}}, func(p *account.Person) { p.GivenName, p.UsualName = "", "" }},
		{"300 characters", map[string]any{"usual_name": long}, func(p *account.Person) { p.UsualName = long[:2*256] }},
		{"spaces around", map[string]any{"usual_name": " \u00a0d’Été Ferrand "}, func(p *account.Person) { p.UsualName = "d’Été Ferrand" }},
		{"a forged line", map[string]any{"given_name": "Camille\r\n\x00\x1b[2JAdmin"}, func(p *account.Person) { p.GivenName = "Camille[2JAdmin" }},
		{"the direction of writing", map[string]any{"given_name": "\u202eellimaC\u2066\u2028\u200b"}, func(p *account.Person) { p.GivenName = "ellimaC" }},
		{"half a surrogate pair", map[string]any{"given_name": json.RawMessage(`"Cam\ud83d"`)}, func(p *account.Person) { p.GivenName = "Cam\ufffd" }},
		{"markup stays a text", map[string]any{"usual_name": "<b>O’Neil & fils</b>"}, func(p *account.Person) { p.UsualName = "<b>O’Neil & fils</b>" }},

		{"no organisation", map[string]any{"organization_label": nil}, func(p *account.Person) { p.OrganisationLabel = "" }},
		{"an organisation as an object", map[string]any{"organization_label": map[string]any{"fr": "x"}}, func(p *account.Person) { p.OrganisationLabel = "" }},
		{"no identity provider", map[string]any{"idp_id": nil}, func(p *account.Person) { p.ProviderID = "" }},
		{"no SIRET", map[string]any{"siret": nil}, func(p *account.Person) { p.Siret = "" }},
		{"a SIRET as a number", map[string]any{"siret": 21040107100019}, func(p *account.Person) { p.Siret = "" }},
		{"a SIRET that is not one", map[string]any{"siret": " 210 401-07 "}, func(p *account.Person) { p.Siret = " 210 401-07 " }},
		{"a SIRET of La Poste", map[string]any{"siret": "35600000012341"}, func(p *account.Person) { p.Siret = "35600000012341" }},

		{"spaces around the e-mail", map[string]any{"email": " CAMILLE@Mairie.FR\r\n"}, func(p *account.Person) { p.Mail = "camille@mairie.fr" }},
		{"an e-mail of many signs", map[string]any{"email": "c.f+qf_1'o@sous.mairie-exemple.fr"}, func(p *account.Person) { p.Mail = "c.f+qf_1'o@sous.mairie-exemple.fr" }},
		{"another case of a claim's name", map[string]any{"EMAIL": "autre@mairie.fr", "Siret": "35600000012341"}, func(*account.Person) {}},
	} {
		t.Run(row.name, func(t *testing.T) {
			pc := start(t, jose.ES256)
			pc.userInfo = row.change
			want := camilleRead(pc.issuer())
			row.want(&want)
			assertPerson(t, pc, want)
		})
	}
}

// An account without e-mail is refused. One that would have to be mended is none: mended, it
// would be somebody else's.
func TestAPersonWithoutEMailIsRefused(t *testing.T) {
	for name, mail := range map[string]any{
		"absent": nil, "null": jsonNull{}, "empty": "", "blank": " \t", "a number": 7, "a list": []string{"camille@mairie.fr"},
		"no domain": "camille", "two": "camille@mairie.fr,autre@mairie.fr", "a name too": "Camille <camille@mairie.fr>",
		"a control character": "camille\x00@mairie.fr", "a header": "camille@mairie.fr\r\nBcc: autre@mairie.fr",
		"too long": strings.Repeat("a", 245) + "@mairie.fr", "1 MB": strings.Repeat("a", 1<<19) + "@mairie.fr",
		"a Kelvin sign, K in lower case": "\u212aevin@mairie.fr",
	} {
		t.Run(name, func(t *testing.T) {
			pc := start(t, jose.ES256)
			pc.userInfo["email"] = mail
			_, err := pc.signIn(pc.client())
			assertFault(t, err, fault.Forbidden, "signin.refused")
		})
	}
}

// "key = (iss, sub)" (reference/identity.md §2.4): a subject is neither cut nor cleaned.
func TestASubjectThatIsNoKeyIsRefused(t *testing.T) {
	for name, sub := range map[string]any{
		"empty": "", "a number": 42, "too long": strings.Repeat("a", 256), "a control character": subject + "\x00", "not ASCII": "é",
	} {
		t.Run(name, func(t *testing.T) {
			pc := start(t, jose.ES256)
			pc.idToken["sub"], pc.userInfo["sub"] = sub, sub
			_, err := pc.signIn(pc.client())
			assertFault(t, err, fault.Forbidden, "signin.refused")
		})
	}
}

// "both from the verified id_token" (reference/identity.md §2.5).
func TestTheProofsAreThoseOfTheIDToken(t *testing.T) {
	for _, row := range []struct {
		name     string
		acr, amr any
		wantACR  string
		wantAMR  []string
	}{
		{"card and code", "eidas3", []string{"pin", "hwk"}, "eidas3", []string{"pin", "hwk"}},
		{"none", nil, nil, "", nil},
		{"null", jsonNull{}, jsonNull{}, "", nil},
		{"an unknown level is passed on", "eidas9", []string{}, "eidas9", nil},
		{"amr as a text", "eidas1", "mfa", "eidas1", nil},
		{"amr with a stranger", "eidas1", []any{"mfa", 1}, "eidas1", nil},
		{"amr as an object", "eidas1", map[string]any{"mfa": true}, "eidas1", nil},
		{"a level is not mended", "eidas2\x00", []string{"mfa\n"}, "", nil},
		{"a level is not cut", strings.Repeat("e", 300), []string{strings.Repeat("m", 300)}, "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			pc := start(t, jose.ES256)
			pc.acr, pc.amr = row.acr, row.amr
			// What userinfo says of it is not believed.
			pc.userInfo = map[string]any{"acr": "eidas3", "amr": []string{"mfa"}, "idp_acr": "eidas3"}
			want := camilleRead(pc.issuer())
			want.ACR, want.AMR = row.wantACR, row.wantAMR
			assertPerson(t, pc, want)
		})
	}
	t.Run("a level that is no text", func(t *testing.T) {
		pc := start(t, jose.ES256)
		pc.acr = 3
		_, err := pc.signIn(pc.client())
		assertFault(t, err, fault.Forbidden, "signin.refused")
	})
}

// A person who comes back from a demand of a second factor without it is judged by
// account.Strong: "verify acr in the id_token on the server" (reference/identity.md §2.5).
func TestAForgottenDemandOfASecondFactorIsSeen(t *testing.T) {
	pc := start(t, jose.ES256)
	for acr, want := range map[any]bool{"eidas2": true, "eidas1": false, nil: false} {
		pc.acr = acr
		person, err := pc.comeBack(pc.client(), account.Departure{State: state, Nonce: nonce, Verifier: verifier, Strong: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := account.Strong(person.ACR, person.AMR); got != want {
			t.Errorf("acr %v: strong is %t", acr, got)
		}
	}
}

func assertPerson(t *testing.T, pc *proConnect, want account.Person) {
	t.Helper()
	got, err := pc.signIn(pc.client())
	if err != nil {
		t.Fatal(err)
	}
	got.IDToken, got.AuthenticatedAt = "", time.Time{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
