package administration

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"portail-qf/internal/domain/account"
)

// « Give and take roles » : an administrator finds somebody, gives a role, and takes it.
func TestAnAdministratorGivesARoleAndTakesIt(t *testing.T) {
	s := setScene(t)
	page := accountPath(s.other.Account)
	s.get(s.admin, "/administration/comptes?q=dominique").is(http.StatusOK, page, "Gestion de l’espace éditeur")
	s.get(s.admin, page).is(http.StatusOK, "dominique@exemple.fr", "Logiciels Tilleul", "Hugo Marchal", page+"/roles/nouveau")
	s.get(s.admin, page+"/roles/nouveau").is(http.StatusOK, "Donner un rôle à", "Instruit les demandes", "dominique@exemple.fr", editor.Siret.Display())

	s.post(s.admin, page+"/roles/nouveau", url.Values{"role": {"editor_member"}, "editeur": {editor.Siret.String()}, "confirme": {"oui"}}).leads(page, "role-donne")
	given := s.read(`SELECT id FROM memberships WHERE account_id = $1 AND role = 'editor_member' AND granted_by = 'Camille Talbot'`, s.other.Account)
	withdrawal := page + "/roles/" + given + "/retrait"
	s.get(s.admin, page).is(http.StatusOK, withdrawal, "Camille Talbot")
	s.get(s.admin, withdrawal).is(http.StatusOK, "Retirer à Dominique Talbot", "Ses autres rôles ne changent pas.")
	s.post(s.admin, withdrawal, nil).leads(page, "role-retire")
	s.post(s.admin, withdrawal, nil).is(http.StatusNotFound, "n’a pas ce rôle, ou ne l’a plus")
	s.get(s.admin, page).is(http.StatusOK, "!"+withdrawal)
	if acts := s.read(`SELECT string_agg(act, ' ' ORDER BY id) FROM audit_events`); acts != "role.granted role.withdrawn" {
		t.Errorf("the journal says %q", acts)
	}
}

// « A right goes to the wrong person in one click » : who is given what is read before it is
// given, and « Modifier » loses nothing.
func TestARoleIsReadOnceMoreBeforeItIsGiven(t *testing.T) {
	s := setScene(t)
	form := accountPath(s.other.Account) + "/roles/nouveau"
	fields := url.Values{"role": {"town"}, "siret": {" 210 401 071 00019"}}
	s.post(s.admin, form, fields).is(http.StatusOK, "Dominique Talbot", "dominique@exemple.fr", "Logiciels Tilleul", editor.Siret.Display(),
		"Demande une habilitation", "COMMUNE DE MAJASTRES", town.Siret.Display(), "Cette personne se connecte pour un autre établissement.",
		"Donner le rôle « Agent de collectivité »", "Modifier", `name="siret" value="210 401 071 00019"`, "!est fermé")
	fields.Set("confirme", "non")
	s.post(s.admin, form, fields).is(http.StatusOK, `value="town" checked`, `value="210 401 071 00019"`, "!à corriger")
	fields.Set("confirme", "peut-être")
	s.post(s.admin, form, fields).is(http.StatusOK, "Vérifiez le rôle avant de le donner")
	if n := s.read(`SELECT count(*) FROM memberships WHERE account_id = $1`, s.other.Account); n != "1" {
		t.Errorf("%s roles before anybody confirmed", n)
	}
	s.run(`INSERT INTO organisations (siret, name, folded_name, closed, told_at, asked_at, last_answer, created_at)
		VALUES ($1, 'LOGICIELS TILLEUL', 'logiciels tilleul', true, $2, $2, 'told', $2)`, editor.Siret, noon)
	s.get(s.admin, form).is(http.StatusOK, "Fermé dans le registre")
	s.post(s.admin, form, url.Values{"role": {"editor_member"}, "editeur": {editor.Siret.String()}}).
		is(http.StatusOK, "est fermé dans le registre des entreprises", "!pour un autre établissement")
	fields.Set("confirme", "oui")
	s.post(s.admin, form, fields).leads(accountPath(s.other.Account), "role-donne")
	s.post(s.admin, form, fields).is(http.StatusUnprocessableEntity, "Cette personne a déjà ce rôle.")
}

// « Errors beside fields », and nothing typed is lost.
func TestARoleThatCannotBeGivenSaysWhy(t *testing.T) {
	s := setScene(t)
	form := accountPath(s.other.Account) + "/roles/nouveau"
	s.run(`INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at) VALUES ($1, 'support', $2, $4, 'x', $3)`,
		s.other.Account, operator.Siret, noon, editor.Siret)
	for name, row := range map[string]struct {
		fields url.Values
		says   []string
	}{
		"nothing chosen":          {url.Values{}, []string{"Choisissez un rôle.", "Une réponse est à corriger"}},
		"an editor's, of no one":  {url.Values{"role": {"editor_admin"}}, []string{"Choisissez l’éditeur", `value="editor_admin" checked`}},
		"of an unknown editor":    {url.Values{"role": {"editor_admin"}, "editeur": {town.Siret.String()}}, []string{"Choisissez l’éditeur"}},
		"a town's, of no one":     {url.Values{"role": {"town"}}, []string{"Écrivez le numéro SIRET"}},
		"a town's, not a SIRET":   {url.Values{"role": {"town"}, "siret": {"123"}}, []string{"n’est pas valide", `value="123"`}},
		"of an unknown town":      {url.Values{"role": {"town"}, "siret": {"21910998000017"}}, []string{"ne connaît pas ce numéro"}},
		"of a closed town":        {url.Values{"role": {"town"}, "siret": {nameless.Siret.String()}}, []string{"est fermé dans le registre"}},
		"of no town":              {url.Values{"role": {"town"}, "siret": {bakery.Siret.String()}}, []string{"n’est pas une collectivité", `value="` + bakery.Siret.String() + `"`}},
		"of an editor, but staff": {url.Values{"role": {"admin"}, "editeur": {editor.Siret.String()}}, []string{"ne demande pas d’éditeur"}},
		"of a town, but staff":    {url.Values{"role": {"admin"}, "siret": {town.Siret.String()}}, []string{"ne demande pas de SIRET", `value="` + town.Siret.String() + `"`}},
		"of both at once":         {url.Values{"role": {"editor_member"}, "siret": {town.Siret.String()}}, []string{"2 réponses sont à corriger"}},
		"one that he has":         {url.Values{"role": {"support"}}, []string{"Cette personne a déjà ce rôle."}},
		"one that nobody is":      {url.Values{"role": {"api_client"}}, []string{"ni donner ni retirer ce rôle"}},
		"one that does not exist": {url.Values{"role": {"root"}}, []string{"ni donner ni retirer ce rôle"}},
	} {
		t.Run(name, func(t *testing.T) {
			answered := s.post(s.admin, form, row.fields)
			answered.t = t
			answered.is(http.StatusUnprocessableEntity, row.says...)
		})
	}
	if n := s.read(`SELECT count(*) FROM memberships WHERE account_id = $1`, s.other.Account); n != "2" {
		t.Errorf("%s roles", n)
	}
}

// « Forms must refuse mass assignment » : a field that the page does not have changes nothing.
func TestOnlyTheFieldsOfThePageAreRead(t *testing.T) {
	s := setScene(t)
	page := accountPath(s.other.Account)
	s.post(s.admin, page+"/roles/nouveau", url.Values{
		"role": {"support", "admin"}, "confirme": {"oui"},
		"organisation": {town.Siret.String()}, "account_id": {"1"}, "granted_by": {"Personne"}, "signed_for": {town.Siret.String()},
	}).leads(page, "role-donne")
	given := s.read(`SELECT account_id || ' ' || role || ' ' || organisation || ' ' || granted_by || ' ' || signed_for
		FROM memberships ORDER BY id DESC LIMIT 1`)
	if want := fmt.Sprintf("%d support %s Camille Talbot %s", s.other.Account, operator.Siret, editor.Siret); given != want {
		t.Errorf("given %q, want %q", given, want)
	}
}

// The last one who manages the space of an editor may go, and not without a word.
func TestTakingTheLastManagerOfAnEditorSaysWhatItMeans(t *testing.T) {
	s := setScene(t)
	withdrawal := fmt.Sprintf("%s/roles/%d/retrait", accountPath(s.other.Account), s.other.Membership)
	s.get(s.admin, withdrawal).is(http.StatusOK, "dernière personne qui a ce rôle pour Logiciels Tilleul", "demander à API Particulier")
	s.signIn("Ida", account.EditorMember, editor)
	s.get(s.admin, withdrawal).is(http.StatusOK, "dernière personne")
	s.signIn("Sofia", account.EditorAdmin, editor)
	s.get(s.admin, withdrawal).is(http.StatusOK, "Ce rôle lui est donné pour Logiciels Tilleul.", "!dernière personne")
}

// « Nobody edits their own rights »
func TestNobodyEditsHisOwnRights(t *testing.T) {
	s := setScene(t)
	own := accountPath(s.admin.Account)
	s.get(s.admin, own).is(http.StatusOK, "C’est votre compte", "/mon-compte", "!/roles/nouveau", "!/retrait", "!/fermeture")
	withdrawal := fmt.Sprintf("%s/roles/%d/retrait", own, s.admin.Membership)
	for _, path := range []string{own + "/roles/nouveau", withdrawal} {
		s.get(s.admin, path).is(http.StatusConflict, "Personne ne modifie ses propres droits")
		s.post(s.admin, path, url.Values{"role": {"instructor"}}).is(http.StatusConflict, "Personne ne modifie ses propres droits")
	}
	s.post(s.admin, invitationsPath+"/nouvelle", url.Values{"mail": {"camille@exemple.fr"}, "role": {"instructor"}}).
		is(http.StatusUnprocessableEntity, "C’est votre propre adresse", `value="camille@exemple.fr"`)
	if n := s.read(`SELECT count(*) FROM memberships WHERE account_id = $1 AND ended_at IS NULL`, s.admin.Account); n != "1" {
		t.Errorf("%s roles", n)
	}
}

// What was searched in vain stays in the form, to be changed.
func TestAListThatFindsNothingKeepsItsCriteria(t *testing.T) {
	s := setScene(t)
	for path, kept := range map[string]string{
		accountsPath + "?q=nulle+part": `value="nulle part"`, accountsPath + "?role=town": `value="town" selected`,
		invitationsPath + "?etat=expired": `value="expired" selected`, sessionsPath + "?q=nulle+part": `value="nulle part"`,
		organisationsPath + "?etat=in_use": `value="in_use" selected`,
	} {
		s.get(s.admin, path).is(http.StatusOK, "Aucun résultat pour ces critères", `role="search"`, kept, "Tout effacer")
	}
}

// A role of somebody else's in the address of this one is none of his.
func TestARoleOfAnotherPersonIsUnknown(t *testing.T) {
	s := setScene(t)
	path := fmt.Sprintf("%s/roles/%d/retrait", accountPath(s.other.Account), s.reader.Membership)
	s.get(s.admin, path).is(http.StatusNotFound)
	s.post(s.admin, path, nil).is(http.StatusNotFound)
	if n := s.read(`SELECT count(*) FROM memberships WHERE ended_at IS NOT NULL`); n != "0" {
		t.Errorf("%s roles ended", n)
	}
}

// « An id in the address that is not a number is unknown: 404. »
func TestWhatDoesNotExistIsUnknown(t *testing.T) {
	s := setScene(t)
	for _, id := range []string{"0", "-1", "999999", "99999999999", "99999999999999999999", "abc", "1%27"} {
		for _, path := range []string{
			"/comptes/" + id, "/comptes/" + id + "/roles/nouveau", "/comptes/" + id + "/roles/1/retrait",
			fmt.Sprintf("/comptes/%d/roles/%s/retrait", s.other.Account, id), "/invitations/" + id + "/retrait", "/sessions/" + id + "/fermeture",
			"/organisations/" + id, "/organisations/" + town.Siret.String(),
		} {
			s.get(s.admin, homePath+path).is(http.StatusNotFound)
		}
		for _, path := range []string{
			"/comptes/" + id + "/roles/nouveau", fmt.Sprintf("/comptes/%d/roles/%s/retrait", s.other.Account, id), "/invitations/" + id + "/renvoi",
			"/invitations/" + id + "/retrait", "/sessions/" + id + "/fermeture", "/organisations/" + id + "/actualisation",
		} {
			s.post(s.admin, homePath+path, url.Values{"role": {"support"}}).is(http.StatusNotFound)
		}
	}
}

// Whoever may only consult sees what waits and the organisations, and no people.
func TestAReaderConsultsOrganisationsAndNoPeople(t *testing.T) {
	s := setScene(t)
	s.post(s.admin, organisationsPath+"/nouvelle", url.Values{"siret": {town.Siret.String()}})
	s.signIn("Agathe", account.Town, town)
	s.get(s.reader, organisationPath(town.Siret)).is(http.StatusOK, "COMMUNE DE MAJASTRES", "!agathe@exemple.fr", "!<form method=\"post\" action=\"/administration/organisations", "!/nouvelle")
	s.get(s.reader, organisationsPath).is(http.StatusOK, "!/nouvelle")
	s.get(s.reader, homePath).is(http.StatusOK, "Rien ne vous attend.", organisationsPath, "!"+accountsPath+`"`)
	for _, path := range []string{accountsPath, accountPath(s.other.Account), invitationsPath, sessionsPath, organisationsPath + "/nouvelle"} {
		s.get(s.reader, path).is(http.StatusForbidden)
	}
}
