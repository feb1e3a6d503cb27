package operations

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// subscriptionListing is the list of the subscriptions at HubEE, what asks for somebody
// first, and the filter likewise.
var subscriptionListing = web.Listing{
	Path: subscriptionsPath,
	Filters: []web.Filter{
		web.ChoiceFilter("etat", "subscription.state", string(credential.Failed), string(credential.StoppedByHub), string(credential.Contended),
			string(credential.AwaitedTooLong), string(credential.Awaiting), string(credential.Inactive), string(credential.OrganisationCreated),
			string(credential.ToCreate), string(credential.Suspended), string(credential.Active)),
	},
	Sorts: []string{"etat", "-date", "nom"},
}

// subscriptions lists how far the towns are at HubEE.
func (h *Handler) subscriptions(c *gin.Context) error {
	asked, ctx := subscriptionListing.Read(c.Request.URL.Query()), c.Request.Context()
	listed, total, err := h.Watch.List(ctx, credential.WatchSearch{
		Text: asked.Search, Selection: credential.Selection(asked.Filter("etat")), Order: credential.WatchOrder(asked.Sort),
		Descending: asked.Descending, Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	counts, err := h.Watch.Counts(ctx)
	if err != nil {
		return err
	}
	page := h.Views.newSubscriptionsPage(h.Frame(c), asked.List(total), listed, h.subscriptionRights(c))
	page.Counts = newStateCounts(counts)
	return h.Views.subscriptions.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) subscriptionRights(c *gin.Context) subscriptionRights {
	return subscriptionRights{
		Relaunch: h.may(c, "subscription", "relaunch"), Correct: h.may(c, "subscription", "correct"), HandOver: h.may(c, "subscription", "hand_over"),
		ReadHabilitations: h.may(c, "habilitation", "read"), ReadTowns: h.may(c, "collectivity", "read"),
	}
}

// subscribedTown reads the SIRET of the address. One that cannot exist is as unknown as one
// that does not.
func subscribedTown(c *gin.Context) (value.Siret, error) {
	siret, err := value.ParseExactSiret(c.Param("siret"))
	if err != nil {
		return "", fault.Because(fault.NotFound, "subscription.unknown", err)
	}
	return siret, nil
}

// subscription shows how far one town is, and what was asked for it.
func (h *Handler) subscription(c *gin.Context) error {
	page, err := h.subscriptionPage(c)
	if err != nil {
		return err
	}
	return h.Views.subscription.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) subscriptionPage(c *gin.Context) (subscriptionPage, error) {
	siret, err := subscribedTown(c)
	if err != nil {
		return subscriptionPage{}, err
	}
	watched, err := h.Watch.Find(c.Request.Context(), siret)
	if err != nil {
		return subscriptionPage{}, err
	}
	calls, err := h.Watch.Calls(c.Request.Context(), siret)
	if err != nil {
		return subscriptionPage{}, err
	}
	return h.Views.newSubscriptionPage(h.Frame(c), watched, calls, h.subscriptionRights(c)), nil
}

// relaunch has the saga of a town start again.
func (h *Handler) relaunch(c *gin.Context) error {
	siret, err := subscribedTown(c)
	if err != nil {
		return err
	}
	if err := h.Provisioning.Relaunch(c.Request.Context(), web.ActorOf(c), siret); err != nil {
		return err
	}
	return web.Done(c, subscriptionPath(siret), "abonnement-relance")
}

// Limits of what is read of a field: HubEE's own are checked as the words were typed.
const (
	maxContactMail  = 400
	maxContactPhone = 60
	maxContactText  = 300
)

// administratorForm is the local administrator, as somebody corrects it.
type administratorForm struct {
	Mail, Phone, GivenName, FamilyName, Job form.Field
}

func newAdministratorForm(c habilitation.Contact) administratorForm {
	return administratorForm{
		Mail: form.Field{Name: credential.FieldMail, Value: c.Mail}, Phone: form.Field{Name: credential.FieldPhone, Value: c.Phone},
		GivenName:  form.Field{Name: credential.FieldGivenName, Value: c.GivenName},
		FamilyName: form.Field{Name: credential.FieldFamilyName, Value: c.FamilyName}, Job: form.Field{Name: credential.FieldJob, Value: c.Job},
	}
}

func readAdministratorForm(sent url.Values) administratorForm {
	return administratorForm{
		Mail: form.Text(sent, credential.FieldMail, maxContactMail), Phone: form.Text(sent, credential.FieldPhone, maxContactPhone),
		GivenName:  form.Text(sent, credential.FieldGivenName, maxContactText),
		FamilyName: form.Text(sent, credential.FieldFamilyName, maxContactText), Job: form.Text(sent, credential.FieldJob, maxContactText),
	}
}

func (f administratorForm) contact() habilitation.Contact {
	return habilitation.Contact{
		GivenName: f.GivenName.Value, FamilyName: f.FamilyName.Value, Mail: strings.ToLower(f.Mail.Value), Phone: f.Phone.Value, Job: f.Job.Value,
	}
}

// fields are those of the form, in its order.
func (f *administratorForm) fields() []*form.Field {
	return []*form.Field{&f.Mail, &f.GivenName, &f.FamilyName, &f.Job, &f.Phone}
}

// checked marks what HubEE would refuse, and tells whether it would take the rest.
func (f administratorForm) checked() (_ administratorForm, accepted bool) {
	faults := credential.CheckAdministrator(f.contact())
	for _, field := range f.fields() {
		for _, wrong := range faults {
			if wrong.Field == field.Name {
				field.Error = wrong.Code
			}
		}
	}
	return f, len(faults) == 0
}

func (f administratorForm) problems() []form.Problem {
	var problems []form.Problem
	for _, field := range f.fields() {
		problems = append(problems, form.Problems(*field)...)
	}
	return problems
}

// correct changes the local administrator that HubEE is told of.
func (h *Handler) correct(c *gin.Context) error {
	page, err := h.subscriptionPage(c)
	if err != nil {
		return err
	}
	typed, accepted := readAdministratorForm(c.Request.PostForm).checked()
	if !accepted {
		page.Administrator, page.CanCorrect, page.Problems = typed, true, typed.problems()
		return h.Views.subscription.Write(c.Writer, http.StatusUnprocessableEntity, page)
	}
	if err := h.Provisioning.Correct(c.Request.Context(), web.ActorOf(c), page.siret, typed.contact()); err != nil {
		return err
	}
	return web.Done(c, subscriptionPath(page.siret), "gestionnaire-corrige")
}

// confirmHandOver asks whether another software receives the dossiers of a town.
func (h *Handler) confirmHandOver(c *gin.Context) error {
	siret, err := subscribedTown(c)
	if err != nil {
		return err
	}
	watched, err := h.Watch.Find(c.Request.Context(), siret)
	switch {
	case err != nil:
		return err
	case watched.Contender == 0:
		return h.writeUndecided(c, siret, "subscription.uncontended")
	}
	return h.Views.handOver.Write(c.Writer, http.StatusOK, newHandOverPage(h.Frame(c), watched))
}

// handOver has the dossiers of a town go to the software that contends for them.
func (h *Handler) handOver(c *gin.Context) error {
	siret, err := subscribedTown(c)
	if err != nil {
		return err
	}
	err = h.Decisions.HandOver(c.Request.Context(), web.ActorOf(c), siret)
	switch {
	case fault.KindOf(err) == fault.Conflict:
		return h.writeUndecided(c, siret, fault.CodeOf(err))
	case err != nil:
		return err
	}
	return web.Done(c, subscriptionPath(siret), "dossiers-confies")
}

// writeUndecided says why the dossiers of a town are not handed over, and leads to what is
// true now.
func (h *Handler) writeUndecided(c *gin.Context, siret value.Siret, code string) error {
	watched, err := h.Watch.Find(c.Request.Context(), siret)
	if err != nil {
		return err
	}
	page := newHandOverPage(h.Frame(c), watched)
	page.Conflict = code
	return h.Views.handOver.Write(c.Writer, http.StatusConflict, page)
}

func subscriptionPath(siret value.Siret) string { return subscriptionsPath + "/" + siret.String() }
