package renewals

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

const (
	inAdministration = "/administration"
	inInstruction    = "/instruction"
	inSupport        = "/assistance"
)

// « list at risk by editor and département », in the three spaces and in no other.
func TestTheOperatorSeesWhoIsAtRisk(t *testing.T) {
	s := setScene(t)
	s.get(s.admin, inAdministration+rootPart).is(http.StatusOK, "Aucun jeton n’expire dans les 90 jours")
	s.expires(700_001, "Valbrume", tilleul, 5)
	s.expires(700_002, "Sainville", brume, -3)
	s.expires(700_003, "Lointaine", tilleul, 200)
	for root, by := range map[string]value.Token{inAdministration: s.admin, inInstruction: s.instructor, inSupport: s.support} {
		s.get(by, root+rootPart).is(http.StatusOK, "2 jetons", "Valbrume", "coupé dans 5 jours", "Sainville", "coupé depuis 3 jours", "Ateliers Brume", "!Lointaine",
			`href="`+root+rootPart+`?etat=coupe">Coupés : 1`)
	}
	s.get(s.reader, inAdministration+rootPart+"?editeur="+brume).is(http.StatusOK, "1 jeton<", "Sainville", "!Valbrume")
	s.get(s.admin, inAdministration+rootPart+"?departement=04").is(http.StatusOK, "Aucun résultat pour ces critères")
	for _, part := range []string{rootPart, sheetPart, callsPart, refusedPart, calendarPart, calendarPart + "/2026-03-12", funnelPart} {
		s.get(s.editor, inAdministration+part).is(http.StatusForbidden, "!Valbrume", "!Morel")
	}
}

// « call list of cut towns »: whoever may read habilitations reads whom to call; support does not.
func TestThoseWhoMayReadContactsKnowWhomToCall(t *testing.T) {
	s := setScene(t)
	s.expires(700_001, "Valbrume", tilleul, 5)
	s.expires(700_002, "Sainville", brume, -30)
	s.expires(700_003, "Majastres", brume, -3)
	s.run(`UPDATE tokens SET first_used_at = $1, last_used_at = $1 WHERE organisation = 'Sainville'`, noon.AddDate(0, 0, -30))
	s.run(`UPDATE requests SET refused_mail = 'anne.morel@exemple.fr', corrected_mail = 'a.morel@mairie.exemple.fr' WHERE organisation = 'Majastres'`)
	s.run(`INSERT INTO collectivities (siret, name, folded_name, code_cog, departement, form, contact_phone, created_at, updated_at)
		VALUES ('21040107100019', 'Majastres', 'majastres', '04107', '04', 'ouvert', '0492000000', $1, $1)`, noon)
	for root, by := range map[string]value.Token{inAdministration: s.reader, inInstruction: s.instructor} {
		page := s.get(by, root+callsPart).is(http.StatusOK, "2 collectivités", "Sainville", "Majastres", "Anne Morel", "04 00 00 00 00", "!Valbrume",
			"a.morel@mairie.exemple.fr", "Contact public : <span translate=\"no\">04 92 00 00 00")
		if strings.Index(page.text, "Sainville") > strings.Index(page.text, "Majastres") {
			t.Error("a town that never used its token is called before one that did")
		}
	}
	s.get(s.support, inSupport+callsPart).is(http.StatusOK, "2 collectivités", "Sainville", "Votre rôle ne donne pas accès", "!Morel", "!04 00 00", "!a.morel", "!04 92 00")
	for by, sees := range map[value.Token]bool{s.support: false, s.admin: true} {
		root := map[bool]string{true: inAdministration, false: inSupport}[sees]
		sheet := s.get(by, root+sheetPart+"?etat=coupe&tri=-usage").is(http.StatusOK)
		body, marked := strings.CutPrefix(sheet.body, web.ByteOrderMark)
		if !marked || strings.Count(body, "\r\n") != 3 || strings.Contains(body, "Morel") != sees || strings.Contains(body, "0400000000") != sees || strings.Contains(body, "0492000000") != sees || strings.Contains(body, "Valbrume") {
			t.Errorf("sees contacts: %v, %q", sees, body)
		}
		if left := `;"-30";"`; !strings.Contains(body, left) { // a number, which sorts
			t.Errorf("no %s in %q", left, body)
		}
		if sheet.header.Get("Content-Disposition") != "attachment; filename=prolongations-2026-03-12.csv" {
			t.Errorf("%v", sheet.header)
		}
	}
}

// « bounces », with the way to the page that mends them for who may.
func TestRefusedAddressesLeadToTheirMail(t *testing.T) {
	s := setScene(t)
	s.expires(700_001, "Valbrume", tilleul, 5)
	s.expires(700_002, "Sainville", tilleul, 5)
	s.run(`INSERT INTO reminders (token, expires_at, stage, state, mail_key, recorded_at) SELECT id, expires_at, 7, 'ecrit', organisation, $1 FROM tokens`, noon)
	s.run(`INSERT INTO mails (kind, key, created_at) SELECT 'jeton-expire-bientot', organisation, $1 FROM tokens ORDER BY organisation`, noon)
	s.run(`INSERT INTO mail_recipients (mail_id, position, field, address, state, code, told_at)
		SELECT id, 1, 'to', 'anne.morel@exemple.fr', CASE key WHEN 'Valbrume' THEN 'bounced' ELSE 'sent' END, CASE key WHEN 'Valbrume' THEN '550 5.1.1' ELSE '' END, $1 FROM mails`, noon)
	s.get(s.admin, inAdministration+refusedPart).is(http.StatusOK, "1 adresse<", "Valbrume", "anne.morel@exemple.fr", `href="/administration/mails/2"`, "!Sainville")
	s.get(s.reader, inAdministration+refusedPart).is(http.StatusOK, "anne.morel@exemple.fr", "!/administration/mails/")
	s.get(s.support, inSupport+refusedPart).is(http.StatusOK, "Valbrume", "Adresse mail refusée", "anne.morel@exemple.fr", "donnez-la à l’administration", "!Anne Morel", "!/administration/mails/")
	s.get(s.admin, inAdministration+rootPart).is(http.StatusOK, "Adresse mail refusée", `href="/administration/mails/2"`)
}

// « a calendar of every reminder to come »: by month, then by day, then the towns of a day.
func TestTheCalendarLeadsToTheTownsOfADay(t *testing.T) {
	s := setScene(t)
	s.get(s.admin, inAdministration+calendarPart).is(http.StatusOK, "Aucun rappel n’est à venir")
	s.expires(700_001, "Valbrume", tilleul, 31)
	s.expires(700_002, "Sainville", tilleul, 61)
	months := s.get(s.admin, inAdministration+calendarPart).is(http.StatusOK, `href="/administration/prolongations/calendrier?mois=2026-03">mars 2026`, "mai 2026")
	if n := strings.Count(months.text, "<tr>"); n < 4 {
		t.Errorf("%d months", n)
	}
	s.get(s.admin, inAdministration+calendarPart+"?mois=2026-03").is(http.StatusOK, "Rappels : mars 2026", `href="/administration/prolongations/calendrier/2026-03-13">13 mars 2026`, "Ensuite : avril 2026", "!Avant :")
	s.get(s.admin, inAdministration+calendarPart+"?mois=n-importe").is(http.StatusOK, "Calendrier des rappels", "mars 2026")
	s.get(s.instructor, inInstruction+calendarPart+"/2026-03-13").is(http.StatusOK, "Rappels du 13 mars 2026", "2 rappels", "Valbrume", "J-30", "Sainville", "J-60", "Logiciels Tilleul")
	s.get(s.admin, inAdministration+calendarPart+"/2026-03-14").is(http.StatusOK, "Aucun rappel n’est prévu ce jour-là")
	s.get(s.admin, inAdministration+calendarPart+"/2020-03-14").is(http.StatusOK, "Aucun rappel n’est prévu ce jour-là")
	for _, no := range []string{"2026-13-01", "abc", "2026-3-1", "%00"} {
		s.get(s.admin, inAdministration+calendarPart+"/"+no).is(http.StatusNotFound)
	}
}

// amends files a modification of what each token goes with, twenty days ago.
func (s *scene) amends() {
	s.t.Helper()
	s.run(`INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at, filed_at)
		SELECT id, request, expires_at, true, false, 'Anne Morel', $1, $1 FROM tokens`, noon.AddDate(0, 0, -20))
	s.run(`INSERT INTO form_versions (form_uid, version, content, published_at) VALUES ('x', 1, '{}', $1)`, noon)
	s.run(`INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at)
		SELECT request, 'x', 1, 'deposee', '{}', filed_at, filed_at, filed_at FROM amendments`)
}

// « funnel (sent, opened by sign-in, done) », and « figure "non instruites à l'échéance" ».
func TestTheResultsTellWhatWasDoneAndWhatWasNot(t *testing.T) {
	s := setScene(t)
	s.get(s.admin, inAdministration+funnelPart).is(http.StatusOK, "Aucun rappel n’est encore parti", "Sur les 12 derniers mois</dt><dd>Aucune")
	s.expires(700_001, "Valbrume", tilleul, 5)
	s.expires(700_002, "Sainville", tilleul, -3)
	s.amends()
	s.run(`INSERT INTO reminders (token, expires_at, stage, state, recorded_at) SELECT id, expires_at, 15, 'sans_adresse', $1 FROM tokens`, noon)
	s.run(`INSERT INTO prolongations (token, from_at, until_at, way, author_id, author, at) SELECT id, expires_at, $2, $3, '1', 'Anne', $1 FROM tokens WHERE organisation = 'Sainville'`,
		noon, noon.Add(500*24*time.Hour), string(renewal.Amended))
	s.get(s.instructor, inInstruction+funnelPart).is(http.StatusOK, "Sur les 12 derniers mois</dt><dd><strong>1", "Échéance dans les 7 jours</dt><dd><strong>1",
		`href="/instruction/demandes/700001"`, "Valbrume", "Sainville", "Pas encore", "mars 2026", "50 %, 1 après ; 1 par une modification", "par le lien d’un rappel, ou a répondu")
	s.get(s.support, inSupport+funnelPart).is(http.StatusOK, "Valbrume", "!/instruction/demandes")
}

// A modification that was decided too late stays in the list, and says of its token what is so: cut
// until it is prolonged, then no more.
func TestWhatWasDecidedTooLateIsNotCutForEver(t *testing.T) {
	s := setScene(t)
	s.expires(700_001, "Valbrume", tilleul, -3)
	s.amends()
	const missed, cut = "Sur les 12 derniers mois</dt><dd><strong>1", "coupé depuis 3 jours"
	s.get(s.admin, inAdministration+funnelPart).is(http.StatusOK, missed, cut, "Pas encore")
	s.run(`UPDATE amendments SET ended_at = $1, outcome = 'refusee'`, noon)
	s.get(s.admin, inAdministration+funnelPart).is(http.StatusOK, missed, cut)
	s.run(`UPDATE tokens SET expires_at = $1`, value.MonthsLater(noon, 18))
	s.get(s.admin, inAdministration+funnelPart).is(http.StatusOK, missed, "!"+cut, "9 mars 2026", "Prolongé depuis, jusqu’au 12 septembre 2027")
	s.run(`UPDATE tokens SET expires_at = $1, replaced_at = $2, ends_at = $2`, noon.AddDate(0, 0, -3), noon)
	s.get(s.admin, inAdministration+funnelPart).is(http.StatusOK, missed, "!"+cut, "!Prolongé depuis")
}

// « the editor sees its own »: calendar and results count its own clients, and name nobody; how
// requests are instructed is not its affair.
func TestAnEditorCountsItsOwn(t *testing.T) {
	s := setScene(t)
	const root = "/editeur"
	s.get(s.editor, root+calendarPart).is(http.StatusOK, "Aucun rappel n’est à venir", `href="/editeur/prolongations"`, "!"+callsPart)
	s.get(s.editor, root+funnelPart).is(http.StatusOK, "Aucun rappel n’est encore parti", "!instruites")
	s.expires(700_001, "Valbrume", tilleul, 31)
	s.expires(700_002, "Sainville", brume, 31)
	s.expires(700_003, "Majastres", brume, 31)
	s.run(`INSERT INTO reminders (token, expires_at, stage, state, recorded_at) SELECT id, expires_at, 60, 'sans_adresse', $1 FROM tokens`, noon)
	count := func(page answer) int { return strings.Count(page.body, `<td data-label="Total"><strong>`) }
	own, all := s.get(s.editor, root+calendarPart+"?mois=2026-03"), s.get(s.admin, inAdministration+calendarPart+"?mois=2026-03")
	own.is(http.StatusOK, `data-label="J-30">1<`, "13 mars 2026", "!calendrier/2026-03-13", "!Valbrume", "!Sainville")
	all.is(http.StatusOK, `data-label="J-30">3<`)
	if count(own) != count(all) {
		t.Errorf("%d days and %d", count(own), count(all))
	}
	s.get(s.editor, root+funnelPart).is(http.StatusOK, "avril 2026", `data-label="Jetons">1<`, "!instruites", "!Valbrume", "!Sainville")
	s.get(s.admin, inAdministration+funnelPart).is(http.StatusOK, `data-label="Jetons">3<`)
	for _, part := range []string{callsPart, refusedPart, calendarPart + "/2026-03-13"} {
		s.get(s.editor, root+part).is(http.StatusNotFound)
	}
	for _, other := range []value.Token{s.admin, s.support} {
		for _, part := range []string{calendarPart, funnelPart} {
			if got := s.get(other, root+part).status; got == http.StatusOK {
				t.Errorf("%s is another space's", part)
			}
		}
	}
}
