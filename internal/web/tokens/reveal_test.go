package tokens

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
)

// « The link of the mail opens a page without secret; GET, HEAD, prefetch and scanners consume
// and show nothing »: whoever opens it, and whatever else is opened of the token.
func TestOpeningTheLinkChangesNothingAndShowsNothing(t *testing.T) {
	s := setScene(t)
	before := s.tables()
	for _, who := range []person{s.sofia, s.leo, s.anne, s.ines, s.camille, s.hugo, s.rose, s.remi} {
		s.get(who, s.majastres).is(http.StatusOK, "À récupérer", "COMMUNE DE MAJASTRES", "H10000000", "apip_test_", "12 septembre 2027, en fin de journée", "Tarifs de la cantine")
		for _, part := range []string{"", collectPart, replacementPart, suspensionPart, revocationPart, endPart} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				fetched := httptest.NewRequest(method, s.majastres+part, nil)
				fetched.Header.Set("Sec-Purpose", "prefetch")
				s.ask(who, fetched)
			}
		}
	}
	s.get(person{}, s.majastres).leads("/connexion", "")
	if after := s.tables(); after != before {
		t.Errorf("something changed: %s, then %s", before, after)
	}
	if got := s.acts(s.majastres); strings.Contains(got, "token.") {
		t.Errorf("the journal has %q", got)
	}
	if whole := regexp.MustCompile(`apip_test_[0-9A-Za-z]{13,}`).FindString(s.told.String()); whole != "" {
		t.Errorf("a page shows %s", whole)
	}
}

// « POST reveals once, audited: who, when »; « shown again with step-up until « J’ai bien
// enregistré le jeton » »; « the other side reads who and when ».
func TestTheEditorCollects(t *testing.T) {
	s := setScene(t)
	s.get(s.sofia, s.majastres).is(http.StatusOK, "À faire : récupérez-le")
	s.get(s.sofia, s.majastres+collectPart).is(http.StatusOK, "Récupérer le jeton ?")
	s.proved(s.sofia, false) // the first time asks for no second factor
	first := s.post(s.sofia, s.majastres+collectPart, nil).is(http.StatusOK, "J’ai bien enregistré le jeton", "12 septembre 2027", "coffre", "19 mars 2026 à 12 h 00",
		"https://portail.example.fr/v3/dss/quotient_familial/identite", "https://portail.example.fr/api/v2/composition-familiale-v2", "recipient="+sampleSiret)
	text := first.reveals()
	if !s.opens(text) {
		t.Error("the token opens nothing")
	}
	if got := s.acts(s.majastres); got != "token.collected Sofia Talbot" {
		t.Errorf("the journal has %q", got)
	}

	if again := s.post(s.sofia, s.majastres+collectPart, nil).reveals(); again != text {
		t.Error("the second click shows another token")
	}
	s.post(s.elsewhere(s.sofia), s.majastres+collectPart, nil).is(http.StatusConflict, "Ce jeton a déjà été récupéré.", "Afficher de nouveau le jeton")
	s.now = s.now.Add(41 * time.Minute)
	const who = "Récupéré le 12 mars 2026 à 12 h 00 par Sofia Talbot (éditeur)."
	s.post(s.leo, s.majastres+collectPart, nil).is(http.StatusConflict, "Ce jeton a déjà été récupéré.", who, "Afficher de nouveau le jeton")
	s.post(s.anne, s.majastres+collectPart, nil).is(http.StatusConflict, "Ce jeton a déjà été récupéré.", who, "Ce n’est pas vous", "/remplacement?arret=0", "/suspension", "/revocation", "!Afficher de nouveau")
	s.post(s.anne, s.majastres+showPart, nil).is(http.StatusConflict, "Ce jeton a déjà été récupéré.")
	s.post(s.anne, s.majastres+safePart, nil).is(http.StatusConflict, "Ce jeton a déjà été récupéré.")

	s.proved(s.leo, false)
	s.post(s.leo, s.majastres+showPart, nil).leads("/connexion/confirmation", "")
	s.proved(s.leo, true)
	if again := s.post(s.leo, s.majastres+showPart, nil).reveals(); again != text {
		t.Error("the same side is shown another token")
	}
	s.post(s.leo, s.majastres+safePart, nil).leads(s.majastres, "jeton-enregistre")
	s.post(s.leo, s.majastres+safePart, nil).leads(s.majastres, "jeton-enregistre") // a second click
	s.get(s.leo, s.majastres).is(http.StatusOK, "Bien enregistré le 12 mars 2026 à 12 h 41 : notre copie est effacée.", "!Afficher de nouveau")
	s.post(s.leo, s.majastres+showPart, nil).is(http.StatusConflict, "sa copie est effacée", "Remplacer le jeton")
	if kept := s.read(`SELECT count(*) FROM tokens WHERE request = 48231 AND sealed IS NOT NULL`); kept != "0" {
		t.Error("the copy is still there")
	}
	want := "token.collected Sofia Talbot, token.shown Sofia Talbot, token.shown Leo Talbot, token.confirmed Leo Talbot"
	if got := s.acts(s.majastres); got != want {
		t.Errorf("the journal has %q", got)
	}
}

// « or 7 days »; « then only replacement ».
func TestAfterSevenDaysTheTokenIsShownNoMore(t *testing.T) {
	s := setScene(t)
	s.post(s.sofia, s.majastres+collectPart, nil).reveals()
	s.now = noon.Add(credential.ShownAgain)
	s.post(s.sofia, s.majastres+showPart, nil).reveals()
	s.now = s.now.Add(time.Second)
	s.post(s.sofia, s.majastres+showPart, nil).is(http.StatusConflict, "ne peut plus être affiché", "Le délai de 7 jours est passé", "Remplacer le jeton")
	if _, err := s.service.EraseTexts(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.get(s.sofia, s.majastres).is(http.StatusOK, "!Afficher de nouveau", "S’il est perdu, il faut le remplacer.")
}

// « Two simultaneous first reveals record one collection » (SETTLED.md, rules), of one side or
// of two: the other one reads who was faster.
func TestTwoAtOnceRecordOneCollection(t *testing.T) {
	s := setScene(t)
	other := s.granted(48300, majastres, tilleul, s.anne)
	for path, two := range map[string][2]person{s.majastres: {s.sofia, s.leo}, other: {s.sofia, s.anne}} {
		answers := s.together(func(i int) answer { return s.post(two[i], path+collectPart, nil) })
		for i, a := range answers {
			late := answers[1-i]
			if a.status != http.StatusOK {
				continue
			}
			a.reveals()
			late.is(http.StatusConflict, "Ce jeton a déjà été récupéré.", "Récupéré le 12 mars 2026 à 12 h 00 par")
		}
		if answers[0].status+answers[1].status != http.StatusOK+http.StatusConflict {
			t.Errorf("%d and %d", answers[0].status, answers[1].status)
		}
		if got := s.acts(path); strings.Count(got, "token.") != 1 || !strings.HasPrefix(got, "token.collected") {
			t.Errorf("the journal has %q", got)
		}
	}
}

// together asks twice at once.
func (s *scene) together(ask func(i int) answer) (answers [2]answer) {
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i] = ask(i) })
	}
	both.Wait()
	return answers
}

// « the town reads « Rien à faire : {éditeur} le récupère », with « J’en ai besoin moi-même »
// behind a confirmation » (PRODUCT.md 3.4).
func TestATownWithAnEditorHasNothingToDo(t *testing.T) {
	s := setScene(t)
	s.get(s.anne, s.majastres).is(http.StatusOK, "Rien à faire : Logiciels Tilleul le récupère", "J’en ai besoin moi-même", "!<form method=\"post\" action=\""+s.majastres+collectPart)
	s.get(s.anne, s.majastres+collectPart).is(http.StatusOK, "Récupérer le jeton vous-même ?", "Logiciels Tilleul ne pourra plus le voir ici", "jamais par mail")
	s.post(s.anne, s.majastres+collectPart, nil).reveals()
	s.get(s.sofia, s.majastres).is(http.StatusOK, "La collectivité l’a récupéré elle-même", "par Anne Talbot (collectivité)", "!Récupérer le jeton", "!Afficher de nouveau")
	s.get(s.sofia, s.majastres+collectPart).is(http.StatusConflict, "Ce jeton a déjà été récupéré.")
}

// A request of DataPass has a requester known by mail alone: an agent has the link sent that
// gives it a holder.
func TestATownWhoseRequestNobodyHoldsHasTheLinkSent(t *testing.T) {
	s := setScene(t)
	s.run(`UPDATE requests SET holder = NULL WHERE siret = $1`, sainville.Siret)
	s.get(s.paul, s.sainville).is(http.StatusOK, "Aucun compte n’est encore rattaché", `action="`+holderLinkPath+`"`, "Envoyer le lien de rattachement", "!À faire")
}

// « Town without editor: collects directly from the page. »
func TestATownWithoutEditorCollects(t *testing.T) {
	s := setScene(t)
	s.get(s.paul, s.sainville).is(http.StatusOK, "À faire : récupérez-le", "Aucun")
	if text := s.post(s.paul, s.sainville+collectPart, nil).reveals(); !s.opens(text) {
		t.Error("the token opens nothing")
	}
}

// « Only the holder (requester) acts; a colleague reads who holds it and how to take over. »
func TestAColleagueReadsWhoHoldsTheRequest(t *testing.T) {
	s := setScene(t)
	const takeOver = `href="/collectivite/demandes/48231/transfert"`
	s.get(s.ines, s.majastres).is(http.StatusOK, "Anne Talbot suit la demande D48231", takeOver, "!Rien à faire", "!Suspendre le jeton")
	refusals := 0
	for _, part := range []string{collectPart, replacementPart, suspensionPart, revocationPart, endPart} {
		s.get(s.ines, s.majastres+part).is(http.StatusForbidden, "Seule la personne qui suit la demande", takeOver)
		refusals++
	}
	for _, part := range []string{collectPart, showPart, safePart, suspensionPart, resumePart, revocationPart, endPart, replacementPart} {
		s.post(s.ines, s.majastres+part, map[string][]string{fieldReason: {"Une fuite."}, fieldOverlap: {"0"}}).is(http.StatusForbidden, "Seule la personne qui suit la demande", takeOver)
		refusals++
	}
	if got := s.read(`SELECT count(*) FROM audit_events WHERE author_id = $1::text AND act = 'access.refused'`, s.ines.id); got != "13" || refusals != 13 {
		t.Errorf("the journal has %s refusals of %d", got, refusals)
	}
	if got := s.acts(s.majastres); got != "" {
		t.Errorf("something was done: %q", got)
	}
}
