package collectivity

import (
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// The home page leads to the requests of the town, says that messages wait, and offers to ask
// for a habilitation where nobody has: to modify it is for who holds it, colleagues claim it.
func TestTheHomePageLeadsToTheRequests(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	held, other := sampleRequest(habilitation.Validated), sampleRequest(habilitation.Validated)
	held.Source, held.Holder, held.Number = habilitation.FromPortal, agent().AccountID, 10_000_012
	other.Holder = 7
	const ask, follow = `href="/formulaires"`, `href="/collectivite/demandes"`
	for name, row := range map[string]struct {
		requests []habilitation.Request
		unread   map[habilitation.RequestNumber]int
		says     []string
	}{
		"nothing was asked": {nil, nil, []string{ask, "!" + follow}},
		"a draft":           {[]habilitation.Request{sampleRequest(habilitation.Draft)}, nil, []string{follow, "!" + ask, "!non lu"}},
		"held": {[]habilitation.Request{held}, map[habilitation.RequestNumber]int{held.Number: 2, 3: 1}, []string{
			"3 messages non lus", `href="/collectivite/demandes/10000012"`, `href="/collectivite/demandes/10000012/modification"`, "!/transfert",
		}},
		"a colleague's, from DataPass": {[]habilitation.Request{other}, map[habilitation.RequestNumber]int{1: 1}, []string{
			"1 message non lu", `href="/collectivite/demandes/48231/transfert"`, "!/modification", `!href="/collectivite/demandes/48231"`,
		}},
	} {
		frame := framed(web.ProPage{}, agent(), homePath)
		frame.Contact = "api-particulier@api.gouv.fr"
		page := newHomePage(frame, agent().Organisation, sampleTown(directory.FormOpen), nil)
		page.Address = portal + page.FormURL
		page.tell(agent(), affairs{Requests: row.requests, Unread: row.unread})
		body, err := views.home.Render(page)
		if err != nil {
			t.Fatal(err)
		}
		webtest.Check(t, body)
		for _, said := range row.says {
			unwanted, isNot := strings.CutPrefix(said, "!")
			if isNot == strings.Contains(string(body), unwanted) {
				t.Errorf("%s: the page should say %q", name, said)
			}
		}
	}
}

// « to correct: « Corriger » »: what waits for the reader is offered to him, what waits for a
// colleague says for whom, and nothing tells the town to ask for what it is asking for.
func TestTheHomePageTellsWhatIsUnderWay(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	page := newHomePage(framed(web.ProPage{}, agent(), homePath), agent().Organisation, directory.Collectivity{}, nil)
	page.tell(agent(), sampleAffairs())
	body, err := views.home.Render(page)
	if err != nil {
		t.Fatal(err)
	}
	webtest.Check(t, body)
	for said, times := range map[string]int{
		"Reprendre le brouillon": 1, ">Corriger": 2, "Terminer la modification": 1, "attend d’être instruite": 2, "modification est lue": 2, "Lire le motif": 2,
		`href="/collectivite/demandes/10000010/transfert"`: 1, "avant le": 1, "il faut une habilitation": 0, "Faire une nouvelle demande": 0, "Tilleul Enfance</dd>": 6,
		"Il pourra s’ouvrir": 1, "écrivez à": 0,
	} {
		if got := strings.Count(string(body), said); got != times {
			t.Errorf("the page says %q %d times, want %d", said, got, times)
		}
	}
	revoked := newHomePage(framed(web.ProPage{}, agent(), homePath), agent().Organisation, sampleTown(directory.FormClosed), nil)
	revoked.tell(agent(), affairs{Requests: []habilitation.Request{sampleRequest(habilitation.Revoked)}})
	if body, err = views.home.Render(revoked); err != nil || !strings.Contains(string(body), `<a class="fr-btn" href="/formulaires">Faire une nouvelle demande</a>`) {
		t.Errorf("a revoked town is not told to ask again: %v", err)
	}
}

// Whoever asked to hold a request reads on the first page that it waits, since when, and who decides:
// it is not offered again, neither to that person nor to another colleague.
func TestAClaimThatWaitsIsNotOfferedAgain(t *testing.T) {
	r, _ := aboutToLapse(7)
	claimedBy := func(account int64, ago time.Duration) affairs {
		by := request.Colleague{Person: request.Person{ID: account}, Contact: habilitation.Contact{GivenName: "Paul", FamilyName: "Vidal", Mail: "paul.vidal@majastres.example.fr"}}
		return affairs{
			Requests: []habilitation.Request{r}, Now: sampleNow(),
			Claims: map[habilitation.RequestNumber]request.Claim{r.Number: {ID: 4, Request: r.Number, Claimant: by, State: request.ClaimWaiting, At: sampleNow().Add(-ago)}},
		}
	}
	const offer, asks, see = "Demander à reprendre", "Vous demandez à reprendre la demande", `href="/collectivite/demandes/48231/transfert">Voir votre demande de reprise`
	says(t, homeWith(t, affairs{Requests: []habilitation.Request{r}, Now: sampleNow()}), offer, "!"+asks)

	own := claimedBy(agent().AccountID, 30*time.Hour)
	says(t, homeWith(t, own), asks, "depuis le 23 novembre 2026 à 4 h 30", "Inès Garnier</strong>, qui la suit, peut répondre", "sans réponse avant le 26 novembre 2026 à 4 h 30, un instructeur d’API Particulier peut décider", see, "!"+offer, "!demandez à la reprendre")
	says(t, homeWith(t, claimedBy(agent().AccountID, 80*time.Hour)), "un instructeur d’API Particulier peut décider depuis le 24 novembre 2026 à 2 h 30", "!sans réponse avant")
	says(t, homeWith(t, claimedBy(9, 30*time.Hour)), "Paul Vidal</strong>", "Voir la demande de reprise", "!"+asks, "!"+offer)
	own.Requests[0].Holder = 0
	says(t, homeWith(t, own), asks, "Aucun compte n’y est rattaché : sans réponse avant", "!qui la suit")
	own.Requests[0].Holder = 7
	own.Requests[0].State = habilitation.Draft
	says(t, homeWith(t, own), asks, see)
}
