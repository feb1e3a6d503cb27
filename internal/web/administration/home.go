package administration

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
)

// Waiting counts what waits for somebody of the administration.
type Waiting struct {
	DeadOrders          int // abandoned
	LateOrders          int // tried for too long, or not at all
	BouncedMails        int // with an address to correct
	FailedJobs          int // whose last run failed
	ExpiringInvitations int // without an answer, and soon worth nothing
	QuarantinedDossiers int // HubEE knows them and we do not know their folder
	ClosedOrganisations int // closed in the register and still in use here
	// Subscriptions at HubEE: nothing happens until somebody acts; awaited for more than a
	// day; stopped by HubEE; wanted by two.
	FailedSubscriptions    int
	AwaitedSubscriptions   int
	StoppedSubscriptions   int
	ContendedSubscriptions int
	QuarantinedEvents      int // of DataPass
	SuspendedHabilitations int // to be restored or revoked
	// Late are the prolongations to make up for.
	Late renewal.Late
	// UnmanagedEditors are those of which nobody may invite any more.
	UnmanagedEditors []account.Organisation
}

// openTo leaves out what the person may not open.
func (w Waiting) openTo(can func(object, act string) bool) Waiting {
	for _, of := range []struct {
		count       *int
		object, act string
	}{
		{&w.DeadOrders, "order", "read"},
		{&w.LateOrders, "order", "read"},
		{&w.QuarantinedDossiers, "order", "read"},
		{&w.BouncedMails, "mail", "read"},
		{&w.FailedJobs, "job", "read"},
		{&w.ExpiringInvitations, "membership", "grant"},
		{&w.ClosedOrganisations, "organisation", "read"},
		{&w.FailedSubscriptions, "subscription", "read"},
		{&w.AwaitedSubscriptions, "subscription", "read"},
		{&w.StoppedSubscriptions, "subscription", "read"},
		{&w.ContendedSubscriptions, "subscription", "read"},
		{&w.QuarantinedEvents, "datapass", "read"},
		{&w.SuspendedHabilitations, "habilitation", "read"},
	} {
		if !can(of.object, of.act) {
			*of.count = 0
		}
	}
	if !can("renewal", "watch") {
		w.Late = renewal.Late{}
	}
	if !can("membership", "grant") {
		w.UnmanagedEditors = nil
	}
	return w
}

// home says what waits for the person, and where everything is.
func (h *Handler) home(c *gin.Context) error {
	waiting, err := h.Waiting(c.Request.Context(), h.Now())
	if err != nil {
		return err
	}
	role := web.ActorOf(c).Role
	waiting = waiting.openTo(func(object, act string) bool { return h.Can(role, object, act) })
	page := newHomePage(h.Frame(c), waiting)
	page.Decides = h.Can(role, "habilitation", "suspend")
	return h.Views.home.Write(c.Writer, http.StatusOK, page)
}
