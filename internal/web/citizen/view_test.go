package citizen

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// rendered gives a page as the browser receives it.
func rendered[T any](t *testing.T, view web.View[T], content T) string {
	t.Helper()
	body, err := view.Render(content)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// "Never says « transmis » before HubEE has accepted everything" (PRODUCT.md 3.7).
func TestADossierOnItsWayIsNeverCalledTransmitted(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, state := range []dossier.State{dossier.Recorded, dossier.Quarantined} {
		for _, age := range []time.Duration{time.Minute, 6 * 24 * time.Hour} {
			page := newFollowUpStatePage(web.Page{}, sampleStatus(state, age), sampleNow())
			body := rendered(t, views.followUpState, page)
			if !strings.Contains(body, "En cours d’envoi") {
				t.Errorf("%s after %s: the page does not say « En cours d’envoi »", state, age)
			}
			for _, early := range []string{">Transmis<", ">Transmis,", ">Transmis le<", "à la disposition"} {
				if strings.Contains(body, early) {
					t.Errorf("%s after %s: the page says %q", state, age, early)
				}
			}
		}
	}
}

// A dossier waits while the form of its town is not open (domain/dossier, dossier.held): no
// page promises that it leaves in a few minutes, and each says what to do meanwhile.
func TestADossierThatWaitsForItsTownSaysSo(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, form := range directory.FormStates {
		for _, age := range []time.Duration{time.Minute, 6 * 24 * time.Hour} {
			status := sampleStatus(dossier.Recorded, age)
			status.Collectivity.Form = form
			for page, body := range map[string]string{
				"follow-up":    rendered(t, views.followUpState, newFollowUpStatePage(web.Page{}, status, sampleNow())),
				"confirmation": rendered(t, views.confirmation, newConfirmationPage(web.Page{}, status, sampleReturn(), sampleNow())),
			} {
				want := form != directory.FormOpen
				for _, said := range []string{">En attente<", "est fermé pour le moment", "part de lui-même", "7 jours au plus", "/sans-franceconnect"} {
					if got := strings.Contains(body, said); got != want {
						t.Errorf("%s, form %s, after %s: says %q: %v", page, form, age, said, got)
					}
				}
				if strings.Contains(body, "En cours d’envoi") == want || want && strings.Contains(body, "quelques minutes") {
					t.Errorf("%s, form %s, after %s: promises what does not come", page, form, age)
				}
			}
		}
	}
}

// « Recommencer » leads to a form: there must be one.
func TestAFailedDossierIsBegunAgainOnlyWhereTheFormIsOpen(t *testing.T) {
	for _, form := range directory.FormStates {
		status := sampleStatus(dossier.Failed, 20*time.Hour)
		status.Collectivity.Form = form
		body := rendered(t, webtest.Views(t, ParseViews).followUpState, newFollowUpStatePage(web.Page{}, status, sampleNow()))
		if got := strings.Contains(body, "recommencer</a>"); got != (form == directory.FormOpen) {
			t.Errorf("form %s: offers to begin again: %v", form, got)
		}
	}
}

// "Transmitted and not received after 48 h: « pas encore relevé par votre collectivité »"
// (PRODUCT.md 3.8), and not a minute before.
func TestADossierLeftAtHubEESaysSoAfterTwoDays(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for age, want := range map[time.Duration]bool{47 * time.Hour: false, 49 * time.Hour: true} {
		page := newConfirmationPage(web.Page{}, sampleStatus(dossier.Transmitted, age), sampleReturn(), sampleNow())
		body := rendered(t, views.confirmation, page)
		if got := strings.Contains(body, "pas encore relevé par votre collectivité"); got != want {
			t.Errorf("after %s: said %v, want %v", age, got, want)
		}
	}
}

// A state without words would leave the citizen with an empty page.
func TestEveryStateHasItsBadgeAndItsText(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	seen := map[string]string{}
	for _, named := range sampleStatuses() {
		body := rendered(t, views.followUpState, newFollowUpStatePage(web.Page{}, named.status, sampleNow()))
		_, after, _ := strings.Cut(body, "Où en est le dossier</h2>")
		said, _, found := strings.Cut(after, "<dl")
		if !found || !strings.Contains(said, "fr-badge--") || strings.Count(said, "<p>") < 2 {
			t.Errorf("%s: no badge or no text in %q", named.name, said)
		}
		// A quarantined dossier is, for the citizen, one that takes long; and one that waits
		// does, whatever the reason of its town.
		alike := named.status.State == dossier.Quarantined || named.status.Held()
		if other := seen[said]; other != "" && !alike {
			t.Errorf("%s and %s say the same thing", named.name, other)
		}
		seen[said] = named.name
	}
}

// The dates of a dossier come once each, in order.
func TestStepsAreTheStatesThatTheDossierReached(t *testing.T) {
	for state, want := range map[dossier.State][]dossier.State{
		dossier.Recorded:    {dossier.Recorded},
		dossier.Quarantined: {dossier.Recorded},
		dossier.Transmitted: {dossier.Recorded, dossier.Transmitted},
		dossier.Received:    {dossier.Recorded, dossier.Transmitted, dossier.Received},
		dossier.Processed:   {dossier.Recorded, dossier.Transmitted, dossier.Received, dossier.Processed},
		dossier.Failed:      {dossier.Recorded, dossier.Failed},
	} {
		var got []dossier.State
		for _, step := range newProgress(sampleStatus(state, 20*time.Hour), sampleNow()).Steps {
			got = append(got, step.State)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", state, diff)
		}
	}
}

// "Bientôt disponible, alternatives, no FranceConnect button" (PRODUCT.md 3.4); the same
// when the form is closed or FranceConnect is down: no dead button.
func TestThereIsAFranceConnectButtonOnlyWhereItWorks(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, sample := range formSamples(web.Page{}) {
		page := sample.Content
		body := rendered(t, views.form, page)
		want := !page.Town.Soon && !page.Town.Closed && !page.FranceConnectDown
		if got := strings.Contains(body, `class="fr-connect"`); got != want {
			t.Errorf("%s: button %v, want %v", sample.Name, got, want)
		}
		if !strings.Contains(body, "/sans-franceconnect") {
			t.Errorf("%s: no alternative", sample.Name)
		}
	}
}

// "Markup fixed: div.fr-connect-group > button.fr-connect > span login + span brand, then
// the link" (reference/identity.md §1.9).
func TestTheFranceConnectButtonFollowsItsRules(t *testing.T) {
	page := formPage{Visit: sampleVisit()}
	body := rendered(t, webtest.Views(t, ParseViews).form, page)
	for _, wanted := range []string{
		`<form method="post" action="/collectivites/21040107100019/demarrer">`,
		`<input type="hidden" name="lien" value="bGllbi1zY2VsbGU">`,
		`<span class="fr-connect__login">S’identifier avec</span>`,
		`<span class="fr-connect__brand">FranceConnect</span>`,
		`href="https://franceconnect.gouv.fr/" target="_blank" rel="noopener" title="Qu’est-ce que FranceConnect` + "\u202f" + `? - nouvelle fenêtre"`,
	} {
		if !strings.Contains(body, wanted) {
			t.Errorf("the page lacks %s", wanted)
		}
	}
	if strings.Index(body, "fr-connect-group") > strings.Index(body, "Faire la démarche sans FranceConnect") {
		t.Error("FranceConnect does not come first")
	}
}

// "A page opened without lien starts without either" (SETTLED.md, web): no empty field.
func TestAFormWithoutLinkSendsNone(t *testing.T) {
	body := rendered(t, webtest.Views(t, ParseViews).form, formPage{Visit: bareVisit()})
	if strings.Contains(body, `name="lien"`) {
		t.Error("the form sends a link")
	}
}

// "QF with its month (or « non connu »)": not knowing is not zero, and a month is never
// guessed (formulaire-qf.md §7, W15).
func TestTheReviewNeverInventsAFigure(t *testing.T) {
	attempt := sampleAttempt()
	attempt.Held.Quotient = dossier.Quotient{}
	body := rendered(t, webtest.Views(t, ParseViews).review, newReviewPage(web.Page{}, sampleVisit(), attempt, samplePlace, samplePlace))
	if !strings.Contains(body, "<dt>Quotient familial (mois non connu)</dt><dd>Non connu</dd>") {
		t.Error("an unknown quotient is not called « Non connu »")
	}
}

// Names come from outside: they are text, whatever they contain.
func TestTheReviewShowsNamesAsText(t *testing.T) {
	attempt := sampleAttempt()
	attempt.Held.Identity.FamilyName = "<script>alert(1)</script>--><b>"
	body := rendered(t, webtest.Views(t, ParseViews).review, newReviewPage(web.Page{}, sampleVisit(), attempt, samplePlace, samplePlace))
	if strings.Contains(body, "<script>") || strings.Contains(body, "--><b>") {
		t.Error("a name became markup")
	}
}

// "Absent: « Adressez-vous à l’accueil de {commune} »" (SETTLED.md, web).
func TestTheContactIsTheTowns(t *testing.T) {
	for name, row := range map[string]struct {
		contact directory.Contact
		want    string
	}{
		"none":            {directory.Contact{}, "Adressez-vous à l’accueil de Majastres."},
		"label alone":     {directory.Contact{Label: "Service enfance"}, "Adressez-vous à l’accueil de Majastres."},
		"phone":           {directory.Contact{Phone: "+33 (0)4 00.00"}, `href="tel:&#43;3340000"`},
		"mail":            {directory.Contact{Mail: "enfance@majastres.example.fr"}, `href="mailto:enfance@majastres.example.fr"`},
		"address":         {directory.Contact{URL: "https://majastres.example.fr/a"}, `title="majastres.example.fr - nouvelle fenêtre"`},
		"no real address": {directory.Contact{URL: "javascript:alert(1)"}, "Adressez-vous à l’accueil de Majastres."},
	} {
		t.Run(name, func(t *testing.T) {
			c := sampleTown()
			c.Contact = row.contact
			page := alternativesPage{Visit: NewVisit(c, "", directory.Return{})}
			if body := rendered(t, webtest.Views(t, ParseViews).alternatives, page); !strings.Contains(body, row.want) {
				t.Errorf("the page lacks %s", row.want)
			}
		})
	}
}

// "Errors in plain words, one per cause, each with next step" (A.9.5): each says that
// nothing was kept, gives the alternatives, the town's contact and the way back.
func TestEveryFailureSaysWhatWasKeptAndWhatToDo(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, why := range causes {
		body := rendered(t, views.failures[why], failurePage{Visit: sampleVisit()})
		for _, wanted := range []string{
			`href="/collectivites/21040107100019/sans-franceconnect?lien=bGllbi1zY2VsbGU"`,
			`href="https://portail.example.fr/retour?famille=12" rel="noopener">Retourner sur portail.example.fr</a>`,
			"Service enfance",
		} {
			if !strings.Contains(body, wanted) {
				t.Errorf("%s lacks %s", why, wanted)
			}
		}
		if !strings.Contains(body, "rien gardé") && !strings.Contains(body, "effacées") {
			t.Errorf("%s does not say what was kept", why)
		}
		for _, jargon := range []string{"Erreur", "erreur 5", "API", "HubEE", "fr-alert--error"} {
			if strings.Contains(body, jargon) {
				t.Errorf("%s says %q", why, jargon)
			}
		}
	}
}

func TestEveryCodeOfTheJourneyHasItsCause(t *testing.T) {
	for code, want := range map[string]cause{
		"signin.cancelled":       causeSignInCancelled,
		"signin.expired":         causeSessionEnded,
		"signin.refused":         causeSignInRefused,
		"signin.unavailable":     causeSignInDown,
		"quotient.not_found":     causeNotFound,
		"quotient.suspended":     causeSuspended,
		"quotient.unavailable":   causeFundDown,
		"quotient.slow":          causeFundSlow,
		"quotient.token_expired": causeSessionEnded,
		"attempt.ended":          causeSessionEnded,
		"collectivity.closed":    causeFormClosed,
	} {
		got, ok := causeOf(fmt.Errorf("sign in: %w", fault.New(fault.Unavailable, code)))
		if !ok || got != want {
			t.Errorf("%s: %q, %v, want %q", code, got, ok, want)
		}
	}
	if why, ok := causeOf(errors.New("disk full")); ok {
		t.Errorf("a defect of ours is explained as %q", why)
	}
}

// "Nothing is preselected" and "too many results" (formulaire-qf.md §8, 2025-09-24).
func TestSearchLeadsOnlyToLinks(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, sample := range searchSamples(web.Page{}) {
		body := rendered(t, views.search, sample.Content)
		if strings.Contains(body, "<select") || strings.Contains(body, "checked") {
			t.Errorf("%s: something is selected", sample.Name)
		}
		if got := strings.Contains(body, "Précisez le nom"); got != sample.Content.TooMany {
			t.Errorf("%s: says to be more precise: %v", sample.Name, got)
		}
	}
}

// "No personal data" on the confirmation, and the host of the way back is visible (A.9.6).
func TestTheConfirmationShowsTheReferenceAndTheWayBack(t *testing.T) {
	page := newConfirmationPage(web.Page{}, sampleStatus(dossier.Received, 20*time.Hour), sampleReturn(), sampleNow())
	body := rendered(t, webtest.Views(t, ParseViews).confirmation, page)
	for _, wanted := range []string{
		">K7RM-42XP-Q9TBH<", `href="/suivi/K7RM42XPQ9TBH"`,
		`href="/collectivites/21040107100019/confirmation/K7RM42XPQ9TBH/recu.pdf"`,
		`href="https://portail.example.fr/retour?famille=12" rel="noopener">Retourner sur portail.example.fr</a>`,
	} {
		if !strings.Contains(body, wanted) {
			t.Errorf("the page lacks %s", wanted)
		}
	}
	for _, absent := range []string{"Me déconnecter", "Je donne mon avis"} {
		if strings.Contains(body, absent) {
			t.Errorf("the page offers %q to nobody", absent)
		}
	}
}
