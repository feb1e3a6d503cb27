package tokens

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/postgres"
	"portail-qf/internal/sim/stage"
	"portail-qf/internal/web/webtest"
)

// The tokens of the scene expire on 12 September 2027, at the end of the day in Paris.
var (
	ninetyBefore = time.Date(2027, time.June, 14, 6, 0, 0, 0, time.UTC) // 8 h in Paris
	weekBefore   = time.Date(2027, time.September, 5, 6, 0, 0, 0, time.UTC)
	weekAfter    = time.Date(2027, time.September, 19, 6, 0, 0, 0, time.UTC)
)

// nothingChanged answers a page of prolongation as it is proposed.
func (a answer) nothingChanged() url.Values {
	a.t.Helper()
	return url.Values{fieldExpiry: {a.hidden(fieldExpiry)}, fieldUntil: {a.hidden(fieldUntil)}, fieldCharge: {yes}, fieldPurpose: {yes}, fieldPeople: {yes}}
}

// expiry is when a token expires, in Paris.
func (s *scene) expiry(path string) string {
	return s.read(`SELECT to_char(expires_at AT TIME ZONE 'Europe/Paris', 'YYYY-MM-DD HH24:MI:SS') FROM tokens WHERE id = $1`, idOf(path))
}

// mails lists those about a token's prolongation, by kind.
func (s *scene) mails() string {
	return s.read(`SELECT COALESCE(string_agg(m.kind || ' to ' || (SELECT string_agg(address, ' ' ORDER BY position) FROM mail_recipients r WHERE r.mail_id = m.id), ', ' ORDER BY m.id), '')
		FROM mails m WHERE kind LIKE 'prolongation%' OR kind = 'jeton-prolonge'`)
}

// forms publishes the forms of requests.
func (s *scene) forms() {
	s.t.Helper()
	now := func() time.Time { return noon }
	templates := editor.Templates{Store: postgres.Templates{DB: s.db}, Editors: postgres.Editors{DB: s.db}, Now: now}
	report, err := templates.Import(s.t.Context(), bytes.NewReader(stage.Forms()))
	if err != nil || len(report.Faults) > 0 {
		s.t.Fatal(err, report.Faults)
	}
}

// « Si aucun changement n'est intervenu, le jeton est prolongé automatiquement de 18 mois »; « vous
// n'avez rien à faire car le jeton est prolongé » (guide, 6.c): one page, one click, the same token.
func TestATokenIsProlongedOnOnePageInOneClick(t *testing.T) {
	s := setScene(t)
	text := s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	s.now = weekBefore
	s.get(s.anne, s.majastres).is(http.StatusOK, "Prolonger le jeton", "dans 7 jours", `href="`+s.majastres+renewalPart+`"`)
	page := s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Prolonger jusqu’au 12 mars 2029", "Êtes-vous toujours en charge de cette demande", "L’usage est-il inchangé",
		"Ces contacts sont-ils exacts", "Tarifs de la cantine", "anne@exemple.fr", "Logiciels Tilleul", "Il expire le 12 septembre 2027 au soir, dans 7 jours",
		"Le formulaire, l’habilitation et les dépôts dans HubEE continueront")
	if got := strings.Count(page.body, `value="oui" checked`); got != 3 {
		t.Errorf("%d questions are answered beforehand", got)
	}
	s.post(s.anne, s.majastres+renewalPart, page.nothingChanged()).leads(s.majastres+renewalPart, "")
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Votre jeton passe au 12 mars 2029", "Rien à changer dans votre logiciel", "Anne Talbot", "12 décembre 2028", "!<form method=\"post\" action=\"/jetons")
	s.get(s.sofia, s.majastres+renewalPart).is(http.StatusOK, "Le jeton passe au 12 mars 2029", "Rien à changer dans votre logiciel")
	if got := s.expiry(s.majastres); got != "2029-03-12 23:59:59" {
		t.Errorf("it expires at %s", got)
	}
	if got, want := s.mails(), "jeton-prolonge to anne@exemple.fr integration@"+sampleEditor+".example.fr"; got != want {
		t.Errorf("the mails are %q, want %q", got, want)
	}
	if got := s.acts(s.majastres); !strings.HasSuffix(got, "token.prolonged Anne Talbot") {
		t.Errorf("the journal has %q", got)
	}
	s.now = time.Date(2029, time.March, 12, 21, 0, 0, 0, time.UTC)
	if !s.opens(text) {
		t.Error("the same text should open until the new expiry")
	}
}

// « la collectivité cliente doit au plus vite prolonger le jeton expiré » (guide, 6.b): the eighteen
// months run from the click, and the same text opens again.
func TestAnExpiredTokenIsProlonged(t *testing.T) {
	s := setScene(t)
	text := s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	s.now = weekAfter
	page := s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Coupé depuis le 12 septembre 2027 au soir", "Le formulaire, l’habilitation et les dépôts dans HubEE continuent",
		"Prolonger jusqu’au 19 mars 2029")
	if s.opens(text) {
		t.Error("an expired token opens")
	}
	s.post(s.anne, s.majastres+renewalPart, page.nothingChanged()).leads(s.majastres+renewalPart, "")
	if got := s.expiry(s.majastres); got != "2029-03-19 23:59:59" || !s.opens(text) {
		t.Errorf("it expires at %s, opens: %v", got, s.opens(text))
	}
}

// « new expiry […] printed before the click » (issue 7): a page that was left open over midnight is
// shown again.
func TestTheDateThatIsGivenIsTheOnePrinted(t *testing.T) {
	s := setScene(t)
	s.now = weekAfter
	sent := s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Prolonger jusqu’au 19 mars 2029").nothingChanged()
	s.now = weekAfter.Add(24 * time.Hour)
	again := s.post(s.anne, s.majastres+renewalPart, sent).is(http.StatusConflict, "la date proposée n’est plus la même", "Prolonger jusqu’au 20 mars 2029")
	if got := s.expiry(s.majastres); got != "2027-09-12 23:59:59" {
		t.Errorf("it expires at %s", got)
	}
	s.post(s.anne, s.majastres+renewalPart, again.nothingChanged()).leads(s.majastres+renewalPart, "")
	if got := s.expiry(s.majastres); got != "2029-03-20 23:59:59" {
		t.Errorf("it expires at %s", got)
	}
}

// « Seule la personne de la collectivité ayant effectuée la demande initiale peut demander un
// prolongement » (guide, 6.c): the others are told who, and what they can do.
func TestOnlyTheRequesterProlongs(t *testing.T) {
	s := setScene(t)
	s.now = weekBefore
	sent := s.get(s.anne, s.majastres+renewalPart).nothingChanged()
	before := s.tables()
	s.get(person{}, s.majastres+renewalPart).leads("/connexion", "")
	s.get(s.ines, s.majastres+renewalPart).is(http.StatusOK, "Qui peut le prolonger", "Anne Talbot", "/collectivite/demandes/48231/transfert", "!anne@exemple.fr", "!Prolonger jusqu’au")
	s.post(s.ines, s.majastres+renewalPart, sent).is(http.StatusForbidden, "Seule la personne de la collectivité qui a fait la demande", "Anne Talbot", "Demander à reprendre")
	for _, q := range []url.Values{{}, {fieldCharge: {"peut-être"}}} {
		s.post(s.ines, s.majastres+renewalPart, q).is(http.StatusForbidden, "!est à corriger", "!sont à corriger")
	}
	for _, who := range []person{s.sofia, s.leo, s.camille, s.hugo, s.rose, s.remi} {
		s.get(who, s.majastres+renewalPart).is(http.StatusOK, "La collectivité seule : Anne Talbot", "!Prolonger jusqu’au", "!anne@exemple.fr")
		s.post(who, s.majastres+renewalPart, sent).is(http.StatusForbidden)
	}
	for _, who := range []person{s.karim, s.paul} {
		s.get(who, s.majastres+renewalPart).is(http.StatusNotFound)
		s.post(who, s.majastres+nudgePart, nil)
	}
	s.post(s.paul, s.majastres+renewalPart, sent).is(http.StatusNotFound)
	s.run(`UPDATE requests SET holder = NULL WHERE number = 48231`)
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "aucun compte n’y est encore rattaché", `action="`+holderLinkPath+`"`)
	if after := s.tables(); after != before {
		t.Error("something changed")
	}
}

// « a colleague is told who, and can ask for a transfer » (issue 7): once asked, whoever asks reads
// that it waits, and the holder what is asked; the editor reads nothing of it.
func TestAClaimIsToldWhereTheTokenIsProlonged(t *testing.T) {
	s := setScene(t)
	s.now = weekAfter
	const asks, waits = "Demander à reprendre la demande", "sans réponse avant le 21 septembre 2027 à 8 h 00, un instructeur d’API Particulier peut décider"
	s.run(`INSERT INTO request_claims (request, account_id, state, at) VALUES (48231, $1, 'en_attente', $2)`, s.ines.id, s.now.Add(-24*time.Hour))
	s.get(s.ines, s.majastres+renewalPart).is(http.StatusOK, "Anne Talbot", "Vous demandez à reprendre la demande", "depuis le 18 septembre 2027", waits, `href="/collectivite/demandes/48231/transfert"`, "!"+asks)
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Ines Talbot", "Répondre à la demande de reprise", waits, "Prolonger jusqu’au 19 mars 2029", `href="/collectivite/demandes/48231/transfert"`)
	s.get(s.sofia, s.majastres+renewalPart).is(http.StatusOK, "!Ines Talbot", "!reprendre")
	s.run(`UPDATE request_claims SET state = 'retiree', answered_at = $1`, s.now)
	s.get(s.ines, s.majastres+renewalPart).is(http.StatusOK, asks, "!"+waits)
}

// « token cut: the form still works » (guide, 6.b), where there is a form that works: one that is not
// open yet, or is closed, goes on with nothing, and not because of the token.
func TestAFormIsSaidToGoOnWhereItIsOpen(t *testing.T) {
	s := setScene(t)
	s.now = weekAfter
	const goesOn, not = "Le formulaire, l’habilitation et les dépôts dans HubEE continuent", "!Le formulaire, l’habilitation"
	for _, row := range []struct{ change, says string }{
		{`UPDATE collectivities SET form = 'ouvert'`, goesOn},
		{`UPDATE collectivities SET form = 'bientot'`, "L’habilitation reste valide. Le formulaire n’est pas encore ouvert"},
		{`UPDATE collectivities SET form = 'ferme'`, "L’habilitation reste valide. Le formulaire est fermé, mais pas à cause du jeton"},
		{`DELETE FROM collectivities`, "L’habilitation reste valide. Le formulaire n’est pas encore ouvert"},
		{`UPDATE habilitations SET form = false`, "Cela n’arrête ni l’habilitation, ni le formulaire, ni les dépôts dans HubEE"},
	} {
		s.run(row.change)
		for _, part := range []string{"", renewalPart} {
			page := s.get(s.anne, s.majastres+part).is(http.StatusOK, row.says)
			if row.says != goesOn {
				page.is(http.StatusOK, not)
			}
		}
	}
}

// « refused → told, the token keeps its date » (issue 7), where the requester comes to prolong it, and
// until something else is decided of that date.
func TestARefusalIsToldWhereTheTokenIsProlonged(t *testing.T) {
	s := setScene(t)
	s.now = weekBefore
	refused := func(at time.Time) {
		s.run(`INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at, filed_at, ended_at, outcome)
			SELECT id, request, expires_at, false, true, 'Anne Talbot', $1, $1, $1, 'refusee' FROM tokens WHERE id = $2`, at, idOf(s.majastres))
	}
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "!refusée")
	refused(s.now.Add(-48 * time.Hour))
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Votre modification a été refusée le 3 septembre 2027 : le jeton garde sa date", `href="/collectivite/demandes/48231"`, "Prolonger jusqu’au")
	s.get(s.ines, s.majastres+renewalPart).is(http.StatusOK, "La modification de l’habilitation a été refusée le 3 septembre 2027", "!Votre modification")
	s.now = weekAfter
	page := s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "refusée le 3 septembre 2027 : le jeton reste coupé", "!garde sa date")
	s.post(s.anne, s.majastres+renewalPart, page.nothingChanged()).leads(s.majastres+renewalPart, "")
	s.now = s.now.AddDate(0, 17, 0)
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Prolonger jusqu’au", "!refusée")
}

// « GET, HEAD, prefetch, cross-site POST change nothing » (issue 7).
func TestNothingIsProlongedByLooking(t *testing.T) {
	s := setScene(t)
	s.now = weekBefore
	sent := s.get(s.anne, s.majastres+renewalPart).nothingChanged()
	before := s.tables()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		for _, part := range []string{renewalPart, nudgePart} {
			fetched := httptest.NewRequest(method, s.majastres+part+"?"+sent.Encode(), nil)
			fetched.Header.Set("Sec-Purpose", "prefetch")
			s.ask(s.anne, fetched)
		}
	}
	for _, part := range []string{renewalPart, nudgePart} {
		forged := webtest.Post(s.majastres+part, sent)
		forged.Header.Set("Sec-Fetch-Site", "cross-site")
		s.ask(s.anne, forged).is(http.StatusForbidden)
	}
	if after := s.tables(); after != before {
		t.Error("something changed")
	}
}

// « Idempotent » (issue 7): fifty clicks at once prolong once, write once, and are answered alike.
func TestFiftyClicksProlongOnce(t *testing.T) {
	s := setScene(t)
	s.now = weekBefore
	sent := s.get(s.anne, s.majastres+renewalPart).nothingChanged()
	var clicks sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		clicks.Go(func() {
			a := s.post(s.anne, s.majastres+renewalPart, sent)
			answers[i] = fmt.Sprint(a.status, " ", a.to)
		})
	}
	clicks.Wait()
	for _, got := range answers {
		if want := "303 " + s.majastres + renewalPart; got != want {
			t.Errorf("a click is answered %q, want %q", got, want)
		}
	}
	if got := s.read(`SELECT count(*) || ' ' || max(from_at::date) FROM prolongations`); got != "1 2027-09-12" {
		t.Errorf("prolongations: %s", got)
	}
	if got := s.expiry(s.majastres); got != "2029-03-12 23:59:59" {
		t.Errorf("it expires at %s", got)
	}
	if got := s.read(`SELECT count(*) FROM mails WHERE kind = 'jeton-prolonge'`); got != "1" {
		t.Errorf("%s mails", got)
	}
}

// A tab that was left open on an earlier expiry prolongs nothing.
func TestAFormOfAnEarlierExpiryProlongsNothing(t *testing.T) {
	s := setScene(t)
	s.now = weekBefore
	former := s.get(s.anne, s.majastres+renewalPart).nothingChanged()
	for _, shown := range []string{"", "demain", "2027-09-11T21:59:59Z"} {
		sent := url.Values{fieldCharge: {yes}, fieldPurpose: {yes}, fieldPeople: {yes}, fieldExpiry: {shown}}
		s.post(s.anne, s.majastres+renewalPart, sent).is(http.StatusConflict, "La date de ce jeton a changé pendant ce temps", "Prolonger jusqu’au 12 mars 2029")
	}
	s.post(s.anne, s.majastres+renewalPart, former).leads(s.majastres+renewalPart, "")
	former.Set(fieldPurpose, no) // the second tab said otherwise
	s.post(s.anne, s.majastres+renewalPart, former).is(http.StatusConflict, "La date de ce jeton a changé pendant ce temps", "Votre jeton passe au 12 mars 2029")
	if got := s.read(`SELECT count(*) FROM prolongations`) + s.read(`SELECT count(*) FROM amendments`); got != "10" {
		t.Errorf("prolongations and amendments: %s", got)
	}
}

// Bad input: what was answered is kept, what was not is said beside the question.
func TestAnAnswerThatLacksIsAskedAgain(t *testing.T) {
	s := setScene(t)
	s.now = weekBefore
	sent := s.get(s.anne, s.majastres+renewalPart).nothingChanged()
	sent.Del(fieldCharge)
	sent.Set(fieldPurpose, no)
	sent.Set(fieldPeople, "<script>")
	s.post(s.anne, s.majastres+renewalPart, sent).is(http.StatusUnprocessableEntity, "2 réponses sont à corriger", `href="#contacts"`, "Choisissez une réponse", `value="non" checked`, `id="en_charge-erreur"`)
	if got := s.expiry(s.majastres); got != "2027-09-12 23:59:59" {
		t.Errorf("it expires at %s", got)
	}
}

// « from 90 days before expiry, and after expiry too … suspended or revoked tokens are never
// prolonged » (issue 7).
func TestWhenATokenMayBeProlonged(t *testing.T) {
	s := setScene(t)
	s.post(s.sofia, s.majastres+collectPart, nil)
	s.now = ninetyBefore
	sent := s.get(s.anne, s.majastres+renewalPart).nothingChanged()
	s.get(s.anne, s.majastres).is(http.StatusOK, "Prolonger le jeton", "dans 90 jours")
	s.now = ninetyBefore.Add(-24 * time.Hour)
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "à partir du 14 juin 2027", "!<form method=\"post\" action=\"/jetons")
	s.get(s.anne, s.majastres).is(http.StatusOK, "!Prolonger le jeton")
	s.post(s.anne, s.majastres+renewalPart, sent).is(http.StatusConflict, "Il est trop tôt", "14 juin 2027")
	s.now = weekBefore
	s.proved(s.sofia, true)
	s.post(s.leo, s.majastres+suspensionPart, url.Values{fieldReason: {"Un doute."}}).leads(s.majastres, "jeton-suspendu")
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Ce jeton est suspendu")
	s.post(s.anne, s.majastres+renewalPart, sent).is(http.StatusConflict, "Ce jeton ne peut pas être prolongé")
	s.post(s.leo, s.majastres+revocationPart, url.Values{fieldReason: {"Une fuite."}}).leads(s.majastres, "jeton-revoque")
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Ce jeton est révoqué")
	s.post(s.anne, s.majastres+renewalPart, sent).is(http.StatusConflict, "Ce jeton ne peut pas être prolongé", "Ce jeton est révoqué")
	if got := s.expiry(s.majastres); got != "2027-09-12 23:59:59" {
		t.Errorf("it expires at %s", got)
	}
}

// What replaced a token is what is prolonged.
func TestAReplacedTokenLeadsToTheOneThatGoesOn(t *testing.T) {
	s := setScene(t)
	s.post(s.sofia, s.majastres+collectPart, nil)
	s.now = weekBefore
	next := s.post(s.sofia, s.majastres+replacementPart, url.Values{fieldOverlap: {"7"}, fieldKey: {"a"}}).to
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "c’est l’autre qui se prolonge", `href="`+next+renewalPart+`"`)
	s.get(s.anne, next+renewalPart).is(http.StatusOK, "Prolonger jusqu’au 12 mars 2029")
}

// « Not in charge → transfer, as requests do » (issue 7).
func TestWhoeverIsNotInChargeGivesTheRequest(t *testing.T) {
	s := setScene(t)
	s.now = weekBefore
	sent := s.get(s.anne, s.majastres+renewalPart).nothingChanged()
	sent.Set(fieldCharge, no)
	before := s.tables()
	s.post(s.anne, s.majastres+renewalPart, sent).leads("/collectivite/demandes/48231/transfert", "jeton-a-transmettre")
	if after := s.tables(); after != before {
		t.Error("something changed")
	}
}

// « Si des changements sont intervenus, ce formulaire invite la collectivité à déposer rapidement une
// demande de modification » (guide, 6.c): the token keeps its date meanwhile, and may still be
// prolonged as it is until the modification is filed.
func TestAChangeBeginsAModification(t *testing.T) {
	s := setScene(t)
	s.forms()
	s.now = weekBefore
	sent := s.get(s.anne, s.majastres+renewalPart).nothingChanged()
	changed := url.Values{fieldExpiry: sent[fieldExpiry], fieldCharge: {yes}, fieldPurpose: {yes}, fieldPeople: {no}}
	for range 2 { // the second click does nothing more
		s.post(s.anne, s.majastres+renewalPart, changed).leads("/collectivite/demandes/48231/recapitulatif", "modification-pour-prolonger")
	}
	if got := s.read(`SELECT state FROM requests WHERE number = 48231`); got != "reouverte" {
		t.Errorf("the request is %q", got)
	}
	if got := s.read(`SELECT string_agg(same_purpose || ' ' || right_contacts, ', ') FROM amendments`); got != "true false" {
		t.Errorf("the amendments say %q", got)
	}
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Une modification est commencée", "Le jeton garde sa date", "/collectivite/demandes/48231/recapitulatif", "Prolonger jusqu’au 12 mars 2029")
	s.get(s.sofia, s.majastres+renewalPart).is(http.StatusOK, "Elle a commencé une modification")
	s.now = weekAfter
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Une modification est commencée", "Le jeton reste coupé : il sera prolongé", "!garde sa date")
	s.now = weekBefore

	s.run(`UPDATE amendments SET filed_at = $1`, s.now)
	s.run(`UPDATE applications SET phase = 'deposee', filed_at = $1, first_filed_at = $1`, s.now)
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Une modification est à l’étude", "elle passe avant les autres demandes", "dans 7 jours", "!Prolonger jusqu’au")
	s.get(s.anne, s.majastres).is(http.StatusOK, "Une modification est à l’étude", "!Prolonger le jeton")
	s.post(s.anne, s.majastres+renewalPart, sent).is(http.StatusConflict, "Une modification est déposée : elle prolongera le jeton si elle est validée")
	s.post(s.anne, s.majastres+renewalPart, changed).is(http.StatusConflict)
	s.get(s.sofia, s.majastres+renewalPart).is(http.StatusOK, "Une modification est à l’étude", "!relance", "!Relance")
	s.post(s.sofia, s.majastres+nudgePart, nil).is(http.StatusConflict, "Une modification est déposée : elle prolongera le jeton", "!relance")
	s.get(s.sofia, "/editeur/jetons").is(http.StatusOK, "COMMUNE DE MAJASTRES", "!Relancer", "!/relance")

	const wayOut = "annulez la modification sur la page de la demande, puis revenez ici prolonger le jeton sans rien changer"
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Si elle est refusée", wayOut, `href="/collectivite/demandes/48231"`, "!considérée comme refusée")
	s.get(s.ines, s.majastres+renewalPart).is(http.StatusOK, "Une modification est à l’étude", "!annulez")
	s.now = time.Date(2027, time.November, 4, 23, 30, 0, 0, time.UTC) // two months later, the day has begun in Paris
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "Depuis le 5 novembre 2027, elle est considérée comme refusée", "le jeton reste coupé", wayOut, "!à l’étude", "!D’ici là")
	s.get(s.sofia, s.majastres+renewalPart).is(http.StatusOK, "considérée comme refusée", "!à l’étude", "!annulez")
	s.post(s.anne, s.majastres+renewalPart, sent).is(http.StatusConflict, "Une modification est déposée", "considérée comme refusée", "!à l’étude")
	const told = "depuis le 5 novembre 2027, elle est considérée comme refusée"
	s.get(s.anne, s.majastres).is(http.StatusOK, "Sans réponse depuis le 5 novembre 2027, votre modification est considérée comme refusée. Annulez-la", `href="`+s.majastres+renewalPart+`"`, "!à l’étude", "!"+told)
	s.get(s.ines, s.majastres).is(http.StatusOK, told, "!votre modification", "!à l’étude")
	s.get(s.sofia, s.majastres).is(http.StatusOK, told, "!votre modification", "!à l’étude")
	s.now = weekBefore

	s.run(`UPDATE applications SET phase = 'a_modifier'`) // an instructor asks for changes
	s.get(s.anne, s.majastres+renewalPart).is(http.StatusOK, "À faire : des corrections vous sont demandées", `href="/collectivite/demandes/48231"`, "Prolonger jusqu’au 12 mars 2029", "!à l’étude")
	s.get(s.anne, s.majastres).is(http.StatusOK, "Prolonger le jeton", "!à l’étude")
	s.get(s.sofia, s.majastres+renewalPart).is(http.StatusOK, "lui demande de corriger la modification", "Relancer la collectivité", "!à l’étude")
	s.get(s.sofia, "/editeur/jetons").is(http.StatusOK, "Relancer", s.majastres+nudgePart)
	s.post(s.anne, s.majastres+renewalPart, changed).leads("/collectivite/demandes/48231/recapitulatif", "modification-pour-prolonger")
	s.post(s.anne, s.majastres+renewalPart, sent).leads(s.majastres+renewalPart, "")
	if got := s.expiry(s.majastres) + s.read(`SELECT outcome FROM amendments`); got != "2029-03-12 23:59:59abandonnee" {
		t.Errorf("it expires at, and the modification is: %s", got)
	}
}

// « the technical contact can nudge once a week » (issue 7), from the page of a token or the list.
func TestAnEditorAsksOnceAWeek(t *testing.T) {
	s := setScene(t)
	s.get(s.sofia, "/editeur/jetons").is(http.StatusOK, "!Relancer")
	s.post(s.sofia, s.majastres+nudgePart, nil).is(http.StatusConflict, "trop tôt")
	s.now = weekBefore
	s.get(s.sofia, s.majastres).is(http.StatusOK, "Relancer la collectivité")
	s.get(s.sofia, "/editeur/jetons?etat=a_recuperer").is(http.StatusOK, "Relancer", `name="retour" value="/editeur/jetons?etat=a_recuperer"`)
	refuses := "a refusé notre dernier rappel"
	s.get(s.sofia, s.majastres).is(http.StatusOK, "!"+refuses)
	s.run(`INSERT INTO reminders (token, expires_at, stage, state, mail_key, recorded_at) SELECT id, expires_at, 7, 'ecrit', 'refuse', $2 FROM tokens WHERE id = $1`, idOf(s.majastres), s.now)
	s.run(`INSERT INTO mails (kind, key, created_at) VALUES ('jeton-expire-bientot', 'refuse', $1)`, s.now)
	s.run(`INSERT INTO mail_recipients (mail_id, position, field, address, state, code, told_at)
		SELECT id, 1, 'to', 'anne@exemple.fr', 'bounced', '550 5.1.1', $1 FROM mails WHERE key = 'refuse'`, s.now)
	for _, page := range []string{s.majastres, s.majastres + renewalPart, "/editeur/jetons"} {
		s.get(s.sofia, page).is(http.StatusOK, refuses)
	}
	s.run(`DELETE FROM mail_recipients`)
	s.run(`DELETE FROM mails`)
	s.run(`DELETE FROM reminders`)
	s.get(s.sofia, s.majastres+renewalPart).is(http.StatusOK, "Des mails le lui rappellent")
	s.post(s.sofia, s.majastres+nudgePart, url.Values{fieldBack: {"/editeur/jetons?etat=expire"}}).leads("/editeur/jetons?etat=expire", "collectivite-relancee")
	if got, want := s.mails(), "prolongation-demandee to anne@exemple.fr integration@"+sampleEditor+".example.fr"; got != want {
		t.Errorf("the mails are %q, want %q", got, want)
	}
	for _, page := range []string{s.majastres, s.majastres + renewalPart} {
		s.get(s.leo, page).is(http.StatusOK, "Collectivité relancée le 5 septembre 2027 à 8 h 00", "à partir du 12 septembre 2027 à 8 h 00", "!Relancer la collectivité")
	}
	s.get(s.leo, "/editeur/jetons").is(http.StatusOK, "Relancée le 5 septembre 2027")
	s.post(s.leo, s.majastres+nudgePart, nil).is(http.StatusConflict, "a déjà été relancée", "à partir du 12 septembre 2027 à 8 h 00")
	s.now = s.now.Add(7 * 24 * time.Hour)
	const risks = "/editeur/prolongations?etat=coupe"
	s.post(s.leo, s.majastres+nudgePart, url.Values{fieldBack: {risks}}).leads(risks, "collectivite-relancee")
	s.now = s.now.Add(7 * 24 * time.Hour)
	for _, elsewhere := range []string{"", "https://exemple.fr/editeur/jetons", "//exemple.fr", "/editeur/jetonsbis", "/editeur/prolongations/suivi", "/administration/jetons"} {
		s.post(s.leo, s.majastres+nudgePart, url.Values{fieldBack: {elsewhere}}).leads(s.majastres, "collectivite-relancee")
		s.now = s.now.Add(7 * 24 * time.Hour)
	}
	s.get(s.sofia, s.majastres+renewalPart).is(http.StatusOK, "Les mails de rappel sont finis", "!Des mails le lui rappellent")
	before := s.tables()
	for _, who := range []person{s.anne, s.ines, s.camille, s.remi} {
		s.get(who, s.majastres).is(http.StatusOK, "!Relancer la collectivité")
		s.post(who, s.majastres+nudgePart, nil).is(http.StatusForbidden)
	}
	s.post(s.karim, s.majastres+nudgePart, nil).is(http.StatusNotFound)
	s.run(`UPDATE requests SET mails_by = 'ancien' WHERE number = 48231`)
	s.post(s.sofia, s.majastres+nudgePart, nil).is(http.StatusConflict, "Aucune adresse")
	if after := s.tables(); after != before {
		t.Error("something changed")
	}
}

// The page of a prolongation is known by its address, and no other is.
func TestTheAddressOfAProlongation(t *testing.T) {
	if id, ok := RenewedBy("/jetons/" + sampleID + "/prolongation?x=1"); !ok || id != sampleID {
		t.Errorf("%q %v", id, ok)
	}
	for _, address := range []string{"", "/jetons/" + sampleID, "/jetons/1/prolongation", "/jetons/" + sampleID + "/prolongation/", "/x/jetons/" + sampleID + "/prolongation", "/jetons//prolongation"} {
		if id, ok := RenewedBy(address); ok {
			t.Errorf("%s prolongs %q", address, id)
		}
	}
}
