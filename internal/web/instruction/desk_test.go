package instruction

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// « queue by priority and age, filters (state, editor, form, département, assignee, text) »
func TestTheQueueIsNarrowed(t *testing.T) {
	s := setScene(t)
	first, second := s.deposit(s.anne, tilleulForm), habilitation.RequestNumber(0)
	s.now = s.now.AddDate(0, 0, 50)
	second = s.deposit(s.paul, genericForm)
	s.now = s.now.AddDate(0, 0, 1)

	page := s.get(s.camille, queuePath).is(http.StatusOK, "2 demandes", "il y a 51 jours", "Plus que 10 jours", "réponse attendue avant le 2 mai 2026", "hier", "Formulaire général",
		`<option value="">À instruire</option>`, "Première demande", "Personne", "04")
	if strings.Index(page.text, first.String()) > strings.Index(page.text, second.String()) {
		t.Error("the younger one comes first")
	}
	for query, want := range map[string]habilitation.RequestNumber{
		"q=paris": second, "q=" + first.String(): first, "q=paul%40exemple.fr": second, "editeur=90511200900014": first, "formulaire=" + genericForm: second,
		"departement=04": first, "departement=75&attribution=personne": second,
	} {
		other := first + second - want
		s.get(s.camille, queuePath+"?"+query).is(http.StatusOK, "1 demande<", want.String(), "!"+other.String())
	}
	s.get(s.camille, queuePath+"?etape=close").is(http.StatusOK, "Aucun résultat", "Étape : <span translate=\"no\">Terminées", "Filtrer")
	s.get(s.camille, queuePath+"?attribution=moi&etape=nimporte&page=x").is(http.StatusOK, "Aucun résultat", "!nimporte")
	s.get(s.camille, homePath).is(http.StatusOK, ">2</span> demandes à instruire", "!que vous instruisez", ">2</span> demandes que personne n’instruit", "La plus ancienne : <a href=\""+pathOf(first), "il y a 51 jours")
}

// renews makes of a deposit the modification that a token waits for, which is cut in some days.
func (s *scene) renews(number habilitation.RequestNumber, days int) {
	s.t.Helper()
	s.run(`UPDATE requests SET state = 'reouverte' WHERE number = $1`, int64(number))
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		SELECT nextval('habilitation_numbers'), number, siret, organisation, true, true, '{}', '90511200900014', 'Logiciels Tilleul', form_uid, '', '', '{}', 'X', $2
		FROM requests WHERE number = $1`, int64(number), s.now)
	s.run(`WITH t AS (
			INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, organisation, editor_siret, scopes, issued_at, expires_at)
			SELECT gen_random_uuid(), lpad($1::text, 12, '0'), sha256($1::text::bytea), 'test', request, number, siret, organisation, editor_siret, '{}', $2, $3
			FROM habilitations WHERE request = $1::text::bigint RETURNING id, request, expires_at)
		INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at, filed_at)
		SELECT id, request, expires_at, false, true, 'Anne Talbot', $2, $2 FROM t`, int64(number), s.now, value.MonthsLater(s.now.AddDate(0, 0, days), 0))
}

// What becomes of the token is said before it is decided, whatever is: prolonged from the day of the
// approval where it is cut, as it is otherwise.
func TestADecisionSaysBeforehandWhatBecomesOfTheToken(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	s.decided(s.camille, number, habilitation.Approve, "")
	s.modify(s.anne, number, "Les agents de la régie")
	preview := func(act habilitation.Act) answer {
		fields := s.get(s.camille, actPath(number, act)).form(actPath(number, act))
		fields.Set(fieldText, "Voici pourquoi.")
		s.post(s.camille, actPath(number, act), fields).leads(previewPath(number, act), "")
		return s.get(s.camille, previewPath(number, act))
	}
	for _, act := range []habilitation.Act{habilitation.Approve, habilitation.Refuse, habilitation.RequestChanges} {
		preview(act).is(http.StatusOK, "Si vous continuez", "!Le jeton") // it was begun for something else
	}
	s.run(`UPDATE tokens SET expires_at = $1`, value.MonthsLater(s.now.AddDate(0, 0, 12), 0))
	s.run(`INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at, filed_at)
		SELECT id, request, expires_at, true, false, 'Anne Talbot', $1, $1 FROM tokens`, s.now)
	preview(habilitation.Approve).is(http.StatusOK, "Le jeton est prolongé jusqu’au 14 septembre 2027.")
	preview(habilitation.Refuse).is(http.StatusOK, "Le jeton n’est pas prolongé : il garde sa date, le 14 mars 2026 au soir.")
	preview(habilitation.RequestChanges).is(http.StatusOK, "Le jeton n’est pas encore prolongé : il garde sa date, le 14 mars 2026 au soir.")
	s.run(`UPDATE tokens SET expires_at = $1`, value.MonthsLater(s.now.AddDate(0, 0, -9), 0))
	preview(habilitation.Approve).is(http.StatusOK, "Le jeton est prolongé jusqu’au 2 septembre 2027, et refonctionne tout de suite.")
	preview(habilitation.Refuse).is(http.StatusOK, "Le jeton n’est pas prolongé : il reste coupé, depuis le 21 février 2026 au soir.")
}

// « modifications … ordered in the queue by the token's expiry with a countdown, alert at 7 days »
func TestWhatATokenWaitsForComesFirst(t *testing.T) {
	s := setScene(t)
	first := s.deposit(s.anne, tilleulForm)
	s.now = s.now.Add(time.Hour)
	later, sooner := s.deposit(s.paul, tilleulForm), s.deposit(s.ines, tilleulForm)
	s.renews(later, 40)
	s.renews(sooner, 5)
	page := s.get(s.camille, queuePath).is(http.StatusOK, "3 demandes", "fr-badge--warning fr-badge--no-icon\">Jeton coupé dans 5 jours", "<span class=\"fr-hint-text\">Jeton coupé dans 40 jours</span>")
	if a, b, c := strings.Index(page.text, sooner.String()), strings.Index(page.text, later.String()), strings.Index(page.text, first.String()); a > b || b > c {
		t.Errorf("at %d what is cut in 5 days, at %d in 40 days, at %d what is no prolongation", a, b, c)
	}
	s.get(s.camille, queuePath+"?etape=prolongation").is(http.StatusOK, "2 demandes", "!"+first.String())
	// One card for them: those that prolong a token are modifications.
	if home := s.get(s.camille, homePath).is(http.StatusOK, "dont 2 pour prolonger un jeton", "La plus ancienne : <a href=\""+pathOf(first)); strings.Count(home.text, "</span> modifications") != 1 {
		t.Error("the same modifications have two cards")
	}
	s.get(s.camille, queuePath+"?etape=modification").is(http.StatusOK, "2 demandes", "!"+first.String())
	s.get(s.camille, pathOf(sooner)).is(http.StatusOK, "Jeton coupé dans 5 jours", "l’usage a changé", "les contacts sont exacts", "le jeton est prolongé de 18 mois",
		`href="`+pathOf(later)+`" accesskey="n">Demande suivante`)
	s.get(s.camille, pathOf(later)).is(http.StatusOK, `href="`+pathOf(first)+`" accesskey="n">Demande suivante`)
	s.get(s.camille, pathOf(first)).is(http.StatusOK, "!Un jeton attend", `href="`+pathOf(sooner)+`" accesskey="n">Demande suivante`)
	s.now = s.now.AddDate(0, 0, 8)
	s.get(s.camille, pathOf(sooner)).is(http.StatusOK, "fr-badge--error fr-badge--no-icon\">Jeton coupé depuis 3 jours", "Si vous refusez, il reste coupé", "!garde sa date")
	s.get(s.camille, queuePath+"/export.csv").is(http.StatusOK, "2026-03-07")
}

// « next request key »: the one after, of what is one's own or nobody's.
func TestTheNextRequestIsOneKeyAway(t *testing.T) {
	s := setScene(t)
	first := s.deposit(s.anne, tilleulForm)
	s.now = s.now.Add(time.Hour)
	second := s.deposit(s.paul, tilleulForm)
	s.get(s.camille, pathOf(first)).is(http.StatusOK, `href="`+pathOf(second)+`" accesskey="n">Demande suivante`, "la touche d’accès N")
	s.post(s.hugo, pathOf(second)+"/attribution", s.get(s.hugo, pathOf(second)).form(pathOf(second)+"/attribution")).leads(pathOf(second), "demande-prise")
	s.get(s.camille, pathOf(first)).is(http.StatusOK, "Aucune autre demande ne vous attend")
}

// « assignment »: to oneself, to somebody else, to nobody.
func TestARequestIsAssigned(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	address, of := pathOf(number)+"/attribution", func(to, read person) url.Values {
		return url.Values{fieldInstructor: {strconv.FormatInt(to.AccountID, 10)}, fieldRead: {strconv.FormatInt(read.AccountID, 10)}}
	}
	page := s.get(s.camille, pathOf(number)).is(http.StatusOK, "Personne pour l’instant", "Me l’attribuer", "Attribuer la demande à une autre personne", "Hugo Talbot", "!Retirer")
	s.post(s.camille, address, page.form(address)).leads(pathOf(number), "demande-prise")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "<dd>Vous<br>", "Retirer l’attribution", "!Me l’attribuer", "Instructeur désigné")
	s.get(s.camille, queuePath+"?attribution=moi").is(http.StatusOK, "1 demande<", "Vous")
	s.post(s.camille, address, of(s.hugo, s.camille)).leads(pathOf(number), "demande-attribuee")
	s.get(s.camille, queuePath+"?attribution=autre").is(http.StatusOK, "1 demande<", "Hugo Talbot")
	s.post(s.camille, address, of(s.rose, s.hugo)).is(http.StatusNotFound, "n’est pas instructrice")
	s.post(s.camille, address, url.Values{fieldInstructor: {""}}).is(http.StatusUnprocessableEntity, "Choisissez une réponse", `href="#instructeur"`)
	s.post(s.camille, address, of(person{}, s.hugo)).leads(pathOf(number), "demande-rendue")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Personne pour l’instant", "Instructeur désigné, à personne")
}

// « saved filter »: it is a search of one's own, under a name.
func TestAFilterIsKept(t *testing.T) {
	s := setScene(t)
	s.deposit(s.anne, tilleulForm)
	page := s.get(s.camille, queuePath+"?departement=04&etape=nimporte&page=3&tri=x&q=maj").is(http.StatusOK, "Garder les critères choisis")
	form := page.form(queuePath + "/filtres")
	s.post(s.camille, queuePath+"/filtres", form).is(http.StatusUnprocessableEntity, "Donnez un nom", `href="#nom"`, "<details class=\"qf-details\" open>", `value="maj"`)
	form.Set(fieldFilterName, "Mon département")
	s.post(s.camille, queuePath+"/filtres", form).leads(queuePath+"?departement=04&q=maj", "filtre-garde")
	s.get(s.camille, queuePath).is(http.StatusOK, `href="/instruction/demandes?departement=04&amp;q=maj" translate="no">Mon département`)
	s.get(s.hugo, queuePath).is(http.StatusOK, "!Mon département")
	id := s.read(`SELECT id FROM saved_filters`)
	s.post(s.hugo, queuePath+"/filtres/"+id+"/suppression", nil).leads(queuePath, "filtre-efface") // of his own there is none
	s.get(s.camille, queuePath).is(http.StatusOK, "Mon département")
	s.post(s.camille, queuePath+"/filtres/"+id+"/suppression", nil).leads(queuePath, "filtre-efface")
	s.get(s.camille, queuePath).is(http.StatusOK, "!Mon département")
	form.Set(fieldFilterQuery, "%zz&q=%00")
	s.post(s.camille, queuePath+"/filtres", form).leads(queuePath, "filtre-garde")
	s.run(`INSERT INTO saved_filters (account_id, name, query) SELECT $1, 'n' || i, '' FROM generate_series(1, 19) i`, s.camille.AccountID)
	form.Set(fieldFilterName, "Le vingt-et-unième")
	s.post(s.camille, queuePath+"/filtres", form).is(http.StatusConflict, "déjà 20 filtres", "Le vingt-et-unième")
}

// « CSV export safe against formulas », with what the list shows and nothing else of anybody.
func TestTheSheetSaysWhatTheListShows(t *testing.T) {
	s := setScene(t)
	first := s.deposit(s.anne, tilleulForm)
	s.deposit(s.paul, genericForm)
	s.run(`UPDATE requests SET organisation = '=HYPERLINK("https://exemple.fr";"Cliquez")' WHERE number = $1`, int64(first))
	s.post(s.hugo, pathOf(first)+"/attribution", url.Values{fieldInstructor: {strconv.FormatInt(s.hugo.AccountID, 10)}, fieldRead: {"0"}})
	page := s.get(s.camille, queuePath+"?departement=04").is(http.StatusOK, `href="/instruction/demandes/export.csv?departement=04" download`)
	sheet := s.get(s.camille, "/instruction/demandes/export.csv?departement=04&page=7")
	if sheet.status != http.StatusOK || sheet.header.Get("Content-Type") != "text/csv; charset=utf-8" || sheet.header.Get("Content-Disposition") != "attachment; filename=demandes-2026-03-02.csv" {
		t.Errorf("%d %v", sheet.status, sheet.header)
	}
	lines := read(t, sheet.body)
	want := [][]string{
		{"Demande", "Collectivité", "SIRET", "Type", "État", "Logiciel", "Éditeur", "Formulaire", "Département", "Premier dépôt (heure de Paris)", "Dernier dépôt (heure de Paris)", "Refus implicite le", "Instruction par", "Messages non lus", "Jeton à prolonger avant le"},
		{first.String(), `'=HYPERLINK("https://exemple.fr";"Cliquez")`, "21040107100019", "Première demande", "Déposée", "Tilleul Enfance", "Logiciels Tilleul", tilleulForm, "04 Alpes-de-Haute-Provence", "2026-03-02 12:00", "2026-03-02 12:00", "2026-05-02", "Hugo Talbot", "0", ""},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(sheet.body, "@exemple.fr") || !strings.Contains(page.text, "Hugo Talbot") {
		t.Error("the sheet tells more than the list")
	}
	s.get(s.rose, "/instruction/demandes/export.csv").is(http.StatusForbidden)
}

func read(t *testing.T, sheet string) [][]string {
	t.Helper()
	body, marked := strings.CutPrefix(sheet, web.ByteOrderMark)
	reader := csv.NewReader(strings.NewReader(body))
	reader.Comma = ';'
	lines, err := reader.ReadAll()
	if err != nil || !marked {
		t.Fatalf("%v, marked %v: %q", err, marked, sheet)
	}
	return lines
}

// « names like `=HYPERLINK(…)` or with CR/LF »: no cell is a formula, and each stays a cell.
func TestNoCellIsAFormula(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for typed, want := range map[string]string{
		"COMMUNE DE MAJASTRES": "COMMUNE DE MAJASTRES", "": "", "2A": "2A", "a=b": "a=b", "'=1+1": "'=1+1",
		"=1+1": "'=1+1", "+33": "'+33", "-2": "-2", "-40": "-40", "-": "'-", "-2+3": "'-2+3", "--2": "'--2", " -2": "' -2", "-1e5": "'-1e5", "-0x1": "'-0x1", "-1_0": "'-1_0", "－2": "'－2", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "＝1+1": "'＝1+1", " =1": "' =1", "\u00a0@x": "'\u00a0@x",
		`=cmd|' /C calc'!A0`: `'=cmd|' /C calc'!A0`, `a";=1+1;"`: `a";=1+1;"`, "a\r\n=1;b": "a\r\n=1;b", `"=1`: `"=1`,
	} {
		sheet, err := views.newSheet([]request.Queued{{Number: 7, Organisation: typed, Siret: sampleSiret, State: habilitation.Draft, Phase: request.Writing}})
		if err != nil {
			t.Fatal(err)
		}
		lines := read(t, string(sheet))
		// The reader of package csv makes one character of an end of line.
		if len(lines) != 2 || len(lines[1]) != len(sheetColumns) || lines[1][1] != strings.ReplaceAll(want, "\r\n", "\n") {
			t.Errorf("%q became %q", typed, lines[1:])
		}
		if !strings.Contains(string(sheet), `;"`+strings.ReplaceAll(want, `"`, `""`)+`";`) {
			t.Errorf("%q is not between quotation marks:\n%s", typed, sheet)
		}
	}
}

// « message thread with unread marks on both sides and mail »
func TestMessagesAreReadAndAnswered(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	address := pathOf(number) + "/messages"
	s.get(s.camille, address).is(http.StatusOK, "Aucun message", "anne@exemple.fr", "!Marquer")
	for _, text := range []string{"Bonjour,\n<b>faut-il</b> autre chose ?", "Un.", "Deux.", "Trois."} {
		if err := s.town.Write(t.Context(), s.anne.Actor, number, text, 0); err != nil {
			t.Fatal(err)
		}
	}
	s.get(s.camille, queuePath+"?etape=message").is(http.StatusOK, "4 messages non lus")
	s.get(s.camille, homePath).is(http.StatusOK, "demande avec un message non lu")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Les derniers messages, sur 4", "Trois.", "!faut-il", "4 messages non lus")
	page := s.get(s.camille, address).is(http.StatusOK, "&lt;b&gt;faut-il", "Non lu", "Marquer comme lus")
	seen := page.form(address + "/lecture")
	if err := s.town.Write(t.Context(), s.anne.Actor, number, "Quatre.", 0); err != nil {
		t.Fatal(err)
	}
	s.post(s.camille, address+"/lecture", seen).leads(address, "messages-de-la-collectivite-lus")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "1 message non lu") // that came meanwhile
	s.post(s.camille, address, url.Values{fieldMessage: {" \n "}}).is(http.StatusUnprocessableEntity, "Écrivez votre message")
	s.post(s.camille, address, url.Values{fieldMessage: {strings.Repeat("x", 4001)}}).is(http.StatusUnprocessableEntity, "trop long", strings.Repeat("x", 4001))
	reply := s.get(s.camille, address).form(address)
	reply.Set(fieldMessage, "Non, merci.")
	s.post(s.camille, address, reply).leads(address, "message-a-la-collectivite")
	s.get(s.camille, address).is(http.StatusOK, "Non, merci.", "pour API Particulier", "!Non lu")
	if told := s.read(`SELECT string_agg(r.address, ' ') FROM mails m JOIN mail_recipients r ON r.mail_id = m.id WHERE m.kind = 'message-recu' AND r.address = 'anne@exemple.fr'`); told != "anne@exemple.fr" {
		t.Errorf("told %q", told)
	}
	s.post(s.camille, address+"/lecture", url.Values{fieldUpTo: {"x"}}).is(http.StatusNotFound)
	s.get(s.camille, pathOf(99)+"/messages").is(http.StatusNotFound, "n’existe pas")
}

// « claim decided by an instructor in one click when the holder does not answer in 72 h »
func TestAClaimIsDecidedOnceTheHolderIsSilent(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	if err := s.town.Claim(t.Context(), s.ines.Actor, number); err != nil {
		t.Fatal(err)
	}
	yes := url.Values{fieldAnswer: {answerYes}}
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Une personne demande à suivre cette demande", "Ines Talbot", "Décision possible le 5 mars 2026", "!Confier")
	s.post(s.camille, claimPath(number), yes).is(http.StatusConflict, "72 heures")
	s.get(s.camille, queuePath+"?etape=transfert").is(http.StatusOK, "!MAJASTRES")
	s.now = s.now.Add(request.ClaimPatience)
	s.get(s.camille, homePath).is(http.StatusOK, "reprise à décider")
	s.get(s.camille, queuePath+"?etape=transfert").is(http.StatusOK, `href="`+claimPath(number)+`"`, "Reprise à décider")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "demande à reprendre cette demande", "Elle est suivie par", "Confier la demande à", "Laisser la demande à", "n’a pas répondu en 72 heures")
	s.run(`UPDATE requests SET holder = NULL`) // nobody could have answered
	s.get(s.camille, claimPath(number)).is(http.StatusOK, "aucun compte n’y est rattaché", "Les 72 heures sont passées : vous pouvez décider", "!n’a pas répondu", "!suivie par")
	s.run(`UPDATE requests SET holder = $1`, s.anne.AccountID)
	s.post(s.camille, claimPath(number), url.Values{fieldAnswer: {"peut-être"}}).is(http.StatusUnprocessableEntity)
	s.post(s.camille, claimPath(number), yes).leads(claimPath(number), "reprise-accepter")
	s.get(s.camille, claimPath(number)).is(http.StatusOK, "Personne ne demande à reprendre", pathOf(number))
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "ines@exemple.fr", "!Une personne demande")
	s.post(s.camille, claimPath(number), yes).is(http.StatusConflict, "Personne ne demande plus")
}

// A token that is cut may be why somebody claims, and a claim is a decision of its own: nobody
// reads above it that there is none.
func TestAClaimOfWhatIsGrantedTellsOfItsToken(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	s.decided(s.camille, number, habilitation.Approve, "")
	s.run(`UPDATE tokens SET expires_at = $1`, value.MonthsLater(s.now.AddDate(0, 0, -9), 0))
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Il n’y a rien à décider", "!Le jeton est coupé")
	if err := s.town.Claim(t.Context(), s.ines.Actor, number); err != nil {
		t.Fatal(err)
	}
	const cut = "Le jeton est coupé depuis le 21 février 2026 au soir"
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "on attend la réponse de celle qui la suit", cut, "!rien à décider")
	s.now = s.now.Add(request.ClaimPatience)
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "c’est à vous de décider", cut, "!rien à décider")
	s.get(s.camille, claimPath(number)).is(http.StatusOK, "Confier la demande à", cut, "Seule la personne qui suit la demande peut le prolonger")
}

// A request that DataPass made has no answers here, and may be claimed all the same.
func TestARequestOfDataPassIsClaimedToo(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
		VALUES (48231, 'datapass', $1, $2, $3, 'validee', $4, $4, '{"prenom":"Anne","nom":"Morel","mail":"anne.morel@exemple.fr"}')`, majastres.Siret, majastres.Name, tilleulForm, noon)
	if err := s.town.Claim(t.Context(), s.ines.Actor, 48231); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(request.ClaimPatience)
	s.get(s.camille, queuePath+"?etape=transfert").is(http.StatusOK, "D48231", `href="`+claimPath(48231)+`"`)
	s.get(s.camille, claimPath(48231)).is(http.StatusOK, "Anne Morel", "Ines Talbot", habilitationsPath+"/48231", "Confier")
	s.post(s.camille, claimPath(48231), url.Values{fieldAnswer: {answerNo}}).leads(claimPath(48231), "reprise-refuser")
	s.get(s.camille, pathOf(48231)).is(http.StatusNotFound)
	s.get(s.camille, claimPath(99)).is(http.StatusNotFound)
}

// « served only as attachment with its own CSP », and only once it is known to be harmless.
func TestADocumentIsHandedOverAsAFile(t *testing.T) {
	s := setScene(t)
	number := s.begin(s.anne, tilleulForm)
	a, err := s.town.Find(t.Context(), s.anne.Actor, number)
	if err != nil {
		t.Fatal(err)
	}
	handed := request.NewDocument{Content: []byte("%PDF-1.7 …"), Document: request.Document{
		Request: number, Name: "délibération \"2025\".pdf", Size: 1_240_000, Pages: 4, State: request.Clean, AddedAt: s.now, AddedBy: "Anne Talbot",
	}}
	if err := s.town.Store.RecordWritten(t.Context(), request.Written{Application: a, Document: &handed, At: s.now}); err != nil {
		t.Fatal(err)
	}
	s.submit(s.anne, number)
	id := s.read(`SELECT id FROM documents`)
	address := pathOf(number) + "/documents/" + id
	s.get(s.camille, pathOf(number)).is(http.StatusOK, `href="`+address+`" download`, "PDF, 4 pages, 1,2 Mo. Aucun virus connu")
	file := s.get(s.camille, address)
	for header, want := range map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
		"Content-Disposition": `attachment; filename="deliberation-2025.pdf"; filename*=UTF-8''d%C3%A9lib%C3%A9ration%20%222025%22.pdf`,
	} {
		if got := file.header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if file.status != http.StatusOK || file.body != "%PDF-1.7 …" {
		t.Errorf("%d %q", file.status, file.body)
	}
	other := s.deposit(s.paul, tilleulForm)
	s.get(s.camille, pathOf(other)+"/documents/"+id).is(http.StatusNotFound, "Ce document n’existe pas")
	s.get(s.camille, pathOf(number)+"/documents/x").is(http.StatusNotFound)
	s.run(`UPDATE documents SET state = 'en_attente'`)
	s.get(s.camille, address).is(http.StatusConflict, "ne peut pas être ouvert")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Analyse antivirus en attente", "!"+address)
}

// « The second editor's question », and what the answer does.
func TestTheAnswerAboutTheSecondSoftwareIsShownWithWhatItDoes(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
		VALUES (48231, 'datapass', $1, $2, 'api-particulier-brume', 'validee', $3, $3, '{"mail":"anne.morel@exemple.fr"}')`, majastres.Siret, majastres.Name, noon)
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		VALUES (nextval('habilitation_numbers'), 48231, $1, $2, true, true, '{}', '91033700500011', 'Ateliers Brume', 'api-particulier-brume', '', '', '{}', 'DataPass', $3)`, majastres.Siret, majastres.Name, noon)
	s.run(`INSERT INTO subscriptions (siret, request, organisation, editor_siret, administrator, want, wanted_at, state)
		VALUES ($1, 48231, $2, '91033700500011', '{}', 'actif', $3, 'actif')`, majastres.Siret, majastres.Name, noon)
	ask := func(reception request.Reception) habilitation.RequestNumber {
		t.Helper()
		number, err := s.town.Begin(t.Context(), s.anne.Actor, tilleulForm, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.answer(s.anne, number, func(a request.Answers) request.Answers {
			a = filled(a)
			a.Reception = reception
			return a
		})
		s.submit(s.anne, number)
		return number
	}
	s.get(s.camille, pathOf(ask(request.ReceptionKeep))).is(http.StatusOK, "le logiciel actuel continue", "la validation n’accorde que le jeton")
	number := ask(request.ReceptionReplace)
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Quel logiciel reçoit les dossiers", "Ateliers Brume", "ce logiciel remplace l’actuel", "Tilleul Enfance</strong> reçoit les dossiers, tout de suite", "D48231", "/instruction/habilitations/48231")
	s.decided(s.camille, number, habilitation.Approve, "").is(http.StatusOK, "Tilleul Enfance</span> reçoit les dossiers à la place du logiciel actuel", "logiciel-remplace", "integration@brume.example.fr")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Validée", "!Quel logiciel reçoit les dossiers") // it is decided
}

// An instructor who reads a request of a town learns that the operator suspended the token of
// another one, or of this one.
func TestASuspendedTokenOfTheTownIsShown(t *testing.T) {
	s := setScene(t)
	first := s.deposit(s.anne, tilleulForm)
	s.decided(s.camille, first, habilitation.Approve, "")
	second := s.deposit(s.anne, tilleulForm)
	s.get(s.camille, pathOf(second)).is(http.StatusOK, first.String(), "!suspendu par")
	s.run(`UPDATE tokens SET suspended_at = $2, suspended_by = 'operateur', suspender = 'Rose', suspended_for = 'Sur un forum.' WHERE request = $1`, int64(first), noon)
	s.get(s.camille, pathOf(second)).is(http.StatusOK, "Un jeton suspendu par l’équipe API Particulier le ", "!Sur un forum", "!Jetons de cette demande")
	s.get(s.camille, pathOf(first)).is(http.StatusOK, "Jetons de cette demande", "Un jeton suspendu par l’équipe API Particulier le ")
}

// Nobody else enters, and nothing that is asked for in a wrong way is found.
func TestOnlyInstructorsInstruct(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	paths := []string{homePath, queuePath, pathOf(number), pathOf(number) + "/messages", claimPath(number), modelsPath, modelsPath + "/nouveau"}
	for _, a := range acts {
		paths = append(paths, actPath(number, a.act), previewPath(number, a.act))
	}
	for _, path := range paths {
		for _, stranger := range []person{s.rose, s.anne} {
			s.get(stranger, path).is(http.StatusForbidden, "!MAJASTRES</h1>")
		}
	}
	for _, path := range []string{pathOf(99), queuePath + "/x", queuePath + "/-1", actPath(99, habilitation.Approve), previewPath(99, habilitation.Refuse), modelsPath + "/99", modelsPath + "/x"} {
		s.get(s.camille, path).is(http.StatusNotFound)
	}
	s.post(s.anne, previewPath(number, habilitation.Approve), url.Values{fieldRevision: {"1"}}).is(http.StatusForbidden)
}
