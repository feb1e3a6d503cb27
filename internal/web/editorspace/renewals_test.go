package editorspace

import (
	"net/http"
	"strings"
	"testing"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// expires gives a town, with an editor, a token that expires at the end of a day.
func (s *scene) expires(number int64, name, editor string, days int) {
	s.t.Helper()
	s.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
		VALUES ($1, 'portail', '21040107100019', $2, 'x', 'validee', $3, $3, '{"prenom":"Anne","nom":"Morel","mail":"anne.morel@exemple.fr","telephone":"0400000000"}')`, number, name, s.now)
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		VALUES (10000000 + $1, $1, '21040107100019', $2, true, true, '{}', $3, '', 'x', '', '', '{}', 'X', $4)`, number, name, editor, s.now)
	s.run(`INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, organisation, editor_siret, scopes, issued_at, expires_at)
		VALUES (gen_random_uuid(), lpad($1::bigint::text, 12, '0'), sha256($1::bigint::text::bytea), 'test', $1, 10000000 + $1, '21040107100019', $2, $3, '{}', $4, $5)`,
		number, name, editor, s.now.AddDate(0, -17, 0), value.MonthsLater(s.now.AddDate(0, 0, days), 0))
}

// « the editor sees its own »: its clients that expire or are cut, without any identity; what is
// another's looks like what does not exist.
func TestAnEditorSeesItsOwnClientsAtRisk(t *testing.T) {
	s := setScene(t)
	s.get(s.leo, renewalsPath).is(http.StatusOK, "Aucun jeton de vos collectivités")
	s.expires(700_001, "Valbrume", tilleul, 5)
	s.expires(700_002, "Sainville", tilleul, -3)
	s.expires(700_003, "Lointaine", tilleul, 200)
	s.expires(700_004, "Étrangère", brume, 5)
	s.run(`INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at, filed_at)
		SELECT id, request, expires_at, true, false, 'Anne Morel', $1, $1 FROM tokens WHERE request = 700001`, s.now)
	s.run(`INSERT INTO form_versions (form_uid, version, content, published_at) VALUES ('x', 1, '{}', $1)`, s.now)
	s.run(`INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at)
		SELECT request, 'x', 1, 'deposee', '{}', filed_at, filed_at, filed_at FROM amendments`)
	page := s.get(s.leo, renewalsPath).is(http.StatusOK, "2 jetons", "Valbrume", "coupé dans 5 jours", "Modification en cours d’instruction", "Sainville", "coupé depuis 3 jours",
		"Expirent dans moins de 30 jours : 1", "Coupés : 1", `href="/jetons/`, "!Lointaine", "!Étrangère", "!Morel", "!0400000000", "!04 00 00")
	for name, nudged := range map[string]bool{"Valbrume": false, "Sainville": true} { // nothing is asked of a town whose modification waits
		var id string
		if err := s.raw.QueryRowContext(t.Context(), `SELECT id FROM tokens WHERE organisation = $1`, name).Scan(&id); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(page.body, `action="/jetons/`+id+`/relance"`) != nudged {
			t.Errorf("%s: asks to prolong: %t", name, !nudged)
		}
	}
	if strings.Index(page.text, "Sainville") > strings.Index(page.text, "Valbrume") {
		t.Error("what is cut comes after what will be")
	}
	s.get(s.leo, renewalsPath).is(http.StatusOK, `href="`+remindersPath+`"`, `href="/editeur/prolongations/calendrier"`, `href="/editeur/prolongations/suivi"`)
	s.get(s.sofia, renewalsPath+"?etat=coupe").is(http.StatusOK, "1 jeton<", "Sainville", "!Valbrume", "export.csv?etat=coupe")
	const unknown = "Aucun résultat pour ces critères"
	s.get(s.leo, renewalsPath+"?q=étrangère").is(http.StatusOK, unknown)
	s.get(s.leo, renewalsPath+"?q=personne-ici").is(http.StatusOK, unknown)
	s.get(s.leo, homePath+"/prolongations?editeur="+brume).is(http.StatusOK, "2 jetons", "!Étrangère")
	sheet := s.get(s.leo, renewalsPath+"/export.csv?tri=nom")
	if body, marked := strings.CutPrefix(sheet.body, web.ByteOrderMark); sheet.status != http.StatusOK || !marked || strings.Count(body, "\r\n") != 3 ||
		!strings.Contains(body, `"Sainville";"21040107100019"`) || strings.Contains(body, "Morel") || strings.Contains(body, "trang") || strings.Contains(body, "04000") {
		t.Errorf("%d %q", sheet.status, sheet.body)
	}
}

// « the technical contact can nudge once a week » from the list of what is to be prolonged, with what
// was asked already; an address that refuses mails is marked, and never shown.
func TestAnEditorAsksForProlongationsFromTheList(t *testing.T) {
	s := setScene(t)
	for number, name := range map[int64]string{700_001: "Valbrume", 700_002: "Sainville", 700_003: "Majastres"} {
		s.expires(number, name, tilleul, 5)
	}
	s.run(`UPDATE requests SET requester = '{}' WHERE number = 700003`)
	tokenOf := func(name string) (id string) {
		t.Helper()
		if err := s.raw.QueryRowContext(t.Context(), `SELECT id FROM tokens WHERE organisation = $1`, name).Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	s.run(`INSERT INTO nudges (token, expires_at, author, at) SELECT id, expires_at, 'Leo', $1 FROM tokens WHERE organisation = 'Sainville'`, s.now.AddDate(0, 0, -3))
	s.run(`INSERT INTO reminders (token, expires_at, stage, state, mail_key, recorded_at) SELECT id, expires_at, 7, 'ecrit', organisation, $1 FROM tokens WHERE organisation = 'Valbrume'`, s.now)
	s.run(`INSERT INTO mails (kind, key, created_at) VALUES ('jeton-expire-bientot', 'Valbrume', $1)`, s.now)
	s.run(`INSERT INTO mail_recipients (mail_id, position, field, address, state, code, told_at) SELECT id, 1, 'to', 'anne.morel@exemple.fr', 'bounced', '550 5.1.1', $1 FROM mails`, s.now)
	asks := func(name string) string { return `action="/jetons/` + tokenOf(name) + `/relance"` }
	for _, address := range []string{renewalsPath, renewalsPath + "?etat=moins_de_7"} {
		page := s.get(s.leo, address).is(http.StatusOK, asks("Valbrume"), "!"+asks("Sainville"), "!"+asks("Majastres"), "Relancée le 27 février 2026, de nouveau possible le 6 mars 2026",
			"Sans adresse à relancer", "Adresse mail refusée", "Pas d’adresse mail", "!anne.morel", "!Morel")
		if back := `name="retour" value="` + address + `"`; !strings.Contains(page.body, back) {
			t.Errorf("the page should have %s", back)
		}
	}
	sheet := s.get(s.leo, renewalsPath+"/export.csv").is(http.StatusOK, "Adresse mail refusée", "!anne.morel", "!Morel")
	if got := strings.Count(sheet.body, "refusée"); got != 1 {
		t.Errorf("%d addresses are refused", got)
	}
}
