package collectivity

import (
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// aboutToLapse is a request of the town, and its token, cut since nine days.
func aboutToLapse(holder int64) (habilitation.Request, renewal.File) {
	r := sampleRequest(habilitation.Validated)
	r.Source, r.Holder = habilitation.FromPortal, holder
	r.Requester = habilitation.Contact{GivenName: "Inès", FamilyName: "Garnier", Mail: "ines.garnier@majastres.example.fr"}
	return r, renewal.File{TokenFile: credential.TokenFile{
		Token: credential.Token{
			ID: sampleToken, PublicID: "7Yk2pQe9RwLx", Request: r.Number, FirstUse: sampleNow(), ExpiresAt: value.MonthsLater(sampleNow().AddDate(0, 0, -9), 0),
			Collection: credential.Collection{Side: credential.SideEditor},
		},
		Holder: holder, RequesterName: "Inès Garnier",
	}}
}

// homeOf is what the home page says of a request and its token.
func homeOf(t *testing.T, r habilitation.Request, phase request.Phase, f renewal.File) string {
	t.Helper()
	return homeWith(t, affairs{
		Requests: []habilitation.Request{r}, Written: []request.Application{{Request: r, Phase: phase}},
		Tokens:  map[habilitation.RequestNumber]web.TokenView{r.Number: web.NewTokenView(f.Token, credential.LivePrefix, sampleNow())},
		Lapsing: map[habilitation.RequestNumber]renewal.File{r.Number: f}, Now: sampleNow(),
	})
}

// homeWith is what the home page says of the requests of a town.
func homeWith(t *testing.T, of affairs) string {
	t.Helper()
	return homeAs(t, directory.FormOpen, of)
}

// homeAs is the same, with the form of the town as it is.
func homeAs(t *testing.T, form directory.FormState, of affairs) string {
	t.Helper()
	views := webtest.Views(t, ParseViews)
	frame := framed(web.ProPage{}, agent(), homePath)
	frame.Contact = "api-particulier@api.gouv.fr"
	page := newHomePage(frame, agent().Organisation, sampleTown(form), nil)
	page.Address = portal + page.FormURL
	page.tell(agent(), of)
	body, err := views.home.Render(page)
	if err != nil {
		t.Fatal(err)
	}
	webtest.Check(t, body)
	return strings.ReplaceAll(string(body), "\u00a0", " ")
}

// says checks what a page says, and what it does not ("!…").
func says(t *testing.T, page string, said ...string) {
	t.Helper()
	for _, sentence := range said {
		unwanted, isNot := strings.CutPrefix(sentence, "!")
		if isNot == strings.Contains(page, unwanted) {
			t.Errorf("the page should say %q", sentence)
		}
	}
}

// Once its modification is deposited there is nothing to press: the holder reads all the same that
// the token is cut, and what it waits for.
func TestACutTokenIsToldWhileItsModificationWaits(t *testing.T) {
	const cut, task = "Votre jeton est coupé depuis le 15 novembre 2026 au soir.", "À faire"
	r, f := aboutToLapse(agent().AccountID)
	says(t, homeOf(t, r, request.Closed, f), cut, task, "Prolonger")
	r.State = habilitation.Reopened
	f.Amendment = renewal.Amendment{ID: 1, BegunAt: sampleNow().Add(-50 * time.Hour)}
	says(t, homeOf(t, r, request.Writing, f), cut, task, "Une modification est commencée.", "!à l’étude")
	f.Amendment.FiledAt = sampleNow().Add(-30 * time.Hour)
	says(t, homeOf(t, r, request.Filed, f), cut, "Votre modification est à l’étude : le jeton sera prolongé quand elle sera validée", "Une modification est à l’étude.", "!"+task, "!Une modification est commencée")
}

// From the day when silence about it is a refusal (the law's two months), the home page does not have
// anybody wait for it: its holder reads the way out, a colleague what became of it.
func TestTheHomePageTellsWhenAModificationCountsAsRefused(t *testing.T) {
	const yours, theirs = "Sans réponse depuis le 24 novembre 2026, votre modification est considérée comme refusée. Annulez-la sur la page de la demande, puis prolongez le jeton sans rien changer.", "La modification qui devait le prolonger est restée sans réponse : depuis le 24 novembre 2026, elle est considérée comme refusée."
	r, f := aboutToLapse(agent().AccountID)
	r.State = habilitation.Reopened
	filed := sampleNow().AddDate(0, -2, 0)
	f.Amendment = renewal.Amendment{ID: 1, BegunAt: filed, FiledAt: filed, LastFiledAt: filed.AddDate(0, 0, 1)} // deposited again
	says(t, homeOf(t, r, request.Filed, f), "Votre modification est à l’étude", "!considérée comme refusée")
	f.Amendment.LastFiledAt = filed
	page := homeOf(t, r, request.Filed, f)
	says(t, page, yours, `href="/jetons/`+sampleToken+`/prolongation">Voir où en est la prolongation`, "!à l’étude", "!sera validée", "!D’ici là")
	if strings.Count(page, yours) != 2 {
		t.Error("at the top and with the habilitation, the page should say the same")
	}
	r.Holder, f.Holder = 7, 7
	says(t, homeOf(t, r, request.Filed, f), theirs, "!votre modification", "!Annulez-la", "!à l’étude")
}

// « refused → told, the token keeps its date » (issue 7): where the deadline is told, until another
// modification begins.
func TestARefusedModificationIsToldWithTheDeadline(t *testing.T) {
	const refused = "Votre modification a été refusée le 23 novembre 2026 : le jeton reste coupé."
	r, f := aboutToLapse(agent().AccountID)
	f.RefusedAt = sampleNow().Add(-30 * time.Hour)
	says(t, homeOf(t, r, request.Closed, f), refused, `href="/collectivite/demandes/48231">Lire le motif`, "Prolonger")
	colleague, his := r, f
	colleague.Holder, his.Holder = 7, 7
	says(t, homeOf(t, colleague, request.Closed, his), "La modification qui devait le prolonger a été refusée le 23 novembre 2026.", "!"+refused)
	r.State, f.Amendment = habilitation.Reopened, renewal.Amendment{ID: 2, BegunAt: sampleNow()}
	says(t, homeOf(t, r, request.Writing, f), "!refusée")
}

// « Seule la personne de la collectivité ayant effectué la demande initiale » may prolong: whoever made
// it and signs in for the first time is told how to attach it first, not that somebody of that name may.
func TestWhoeverMadeARequestIsToldFirstHowToAttachIt(t *testing.T) {
	const attach, claim, offer = "Rattachez votre demande à votre compte", "Demander à reprendre", `id="rattachement"`
	r, f := aboutToLapse(0)
	r.Requester = habilitation.Contact{GivenName: "Hélène", FamilyName: "d'Orvault", Mail: "mairie@majastres.example.fr"}
	f.RequesterName = "Hélène d'Orvault"
	page := homeOf(t, r, request.Closed, f)
	says(t, page, attach, "Votre jeton est coupé depuis le 15 novembre 2026 au soir.", "Vous pourrez alors prolonger le jeton", claim, "!Seule la personne", "!d’Orvault</span>.")
	if strings.Index(page, offer) > strings.Index(page, claim) || strings.Index(page, offer) > strings.Index(page, "Votre formulaire") {
		t.Error("the claim comes before the link")
	}

	r.Requester.GivenName, f.RequesterName = "Inès", "Inès Garnier"
	says(t, homeOf(t, r, request.Closed, f), "Avez-vous fait la demande d’habilitation", offer, "Seule la personne qui a fait la demande peut prolonger le jeton", "Inès Garnier", "Aucun compte n’y est encore rattaché", "!"+attach)
	r.Mails = habilitation.MailsByExisting // there is no link to ask for
	says(t, homeOf(t, r, request.Closed, f), claim, "Aucun compte n’y est encore rattaché", "!rattachement")
	r.Holder, f.Holder = 7, 7
	says(t, homeOf(t, r, request.Closed, f), claim, "Seule la personne qui suit la demande peut prolonger le jeton", "!rattach")
}

// « token cut: the form still works » (guide, 6.b), where there is a form that works.
func TestAFormIsSaidToGoOnWhereItIsOpen(t *testing.T) {
	r, f := aboutToLapse(agent().AccountID)
	f.Right.Form = true
	for form, said := range map[directory.FormState]string{
		directory.FormOpen:   "Le formulaire, l’habilitation et les dépôts dans HubEE continuent.",
		directory.FormSoon:   "L’habilitation reste valide. Le formulaire n’est pas encore ouvert",
		directory.FormClosed: "L’habilitation reste valide. Le formulaire est fermé, mais pas à cause du jeton.",
		"":                   "L’habilitation reste valide. Le formulaire n’est pas encore ouvert",
	} {
		f.Right.TownForm = form
		says(t, homeAs(t, form, affairs{Requests: []habilitation.Request{r}, Lapsing: map[habilitation.RequestNumber]renewal.File{r.Number: f}, Now: sampleNow()}), said)
	}
	f.Right.Form = false
	says(t, homeAs(t, directory.FormOpen, affairs{Requests: []habilitation.Request{r}, Lapsing: map[habilitation.RequestNumber]renewal.File{r.Number: f}, Now: sampleNow()}),
		"Cela n’arrête ni l’habilitation, ni le formulaire, ni les dépôts dans HubEE.")
}
