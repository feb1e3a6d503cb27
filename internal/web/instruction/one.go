package instruction

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// objectKind is what the journal calls a request, known by its number.
const objectKind = "habilitation"

// historyShown bounds the acts of the journal that a page tells.
const historyShown = 30

// file is all that the page of a request is made from.
type file struct {
	request.Application
	// Facts are about what was deposited; zero where nothing was.
	Facts        request.Facts
	Earlier      *request.Answers // the deposit before, in the exchange under way
	Elsewhere    request.Receiver // another software that receives the dossiers
	Subscription credential.Watched
	Claim        request.Claim
	Renewal      request.Renewal
	Lapsing      request.Lapsing // where somebody claims the request
	Thread       []request.Message
	History      []audit.Entry // newest first
	Instructors  []request.Person
	Next         habilitation.RequestNumber
}

// deposited are the answers that the instructors know: what was sent, else what is granted;
// nil where there is nothing but a draft, which is its town's alone.
func deposited(a request.Application) *request.Answers {
	if a.Sent != nil {
		return a.Sent
	}
	return a.Granted
}

// asDeposited is the application without what the town is writing now.
func asDeposited(a request.Application) request.Application {
	if answers := deposited(a); answers != nil {
		a.Answers = *answers
	} else {
		a.Answers = request.Answers{}
	}
	return a
}

// one shows a request.
func (h *Handler) one(c *gin.Context) error {
	page, err := h.onePage(c)
	if err != nil {
		return err
	}
	return h.Views.one.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) onePage(c *gin.Context) (onePage, error) {
	asked, err := number(c)
	if err != nil {
		return onePage{}, err
	}
	read, err := h.file(c.Request.Context(), web.ActorOf(c), asked)
	if err != nil {
		return onePage{}, err
	}
	may := reader{
		ID: web.ActorOf(c).AccountID, Now: h.Now(), Approve: h.may(c, habilitation.Approve),
		Changes: h.may(c, habilitation.RequestChanges), Refuse: h.may(c, habilitation.Refuse),
	}
	return h.Views.newOnePage(h.Frame(c), read, may), nil
}

// file reads all that is known about a request.
func (h *Handler) file(ctx context.Context, by account.Actor, number habilitation.RequestNumber) (f file, err error) {
	found, err := h.Instruction.Find(ctx, number)
	if err != nil {
		return file{}, err
	}
	f.Application = asDeposited(found)
	if err := h.compare(ctx, &f); err != nil {
		return file{}, err
	}
	if f.Claim, err = h.Instruction.Claim(ctx, number); err != nil {
		return file{}, err
	}
	if f.Lapsing, err = h.lapsingOf(ctx, f.Claim); err != nil {
		return file{}, err
	}
	if f.Renewal, err = h.Instruction.Renewal(ctx, number); err != nil {
		return file{}, err
	}
	if f.Thread, err = h.Instruction.Thread(ctx, number); err != nil {
		return file{}, err
	}
	if f.History, err = h.history(ctx, number); err != nil {
		return file{}, err
	}
	if f.Instructors, err = h.Instruction.Instructors(ctx); err != nil {
		return file{}, err
	}
	f.Next, err = h.Instruction.Next(ctx, by, number)
	return f, err
}

// compare reads what the answers of a deposit are compared with.
func (h *Handler) compare(ctx context.Context, f *file) (err error) {
	if deposited(f.Application) == nil {
		return nil
	}
	if f.Facts, err = h.Instruction.FactsOf(ctx, f.Application); err != nil {
		return err
	}
	if f.Earlier, err = h.Instruction.Earlier(ctx, f.Application); err != nil {
		return err
	}
	if f.Elsewhere, err = h.Instruction.Elsewhere(ctx, f.Application); err != nil {
		return err
	}
	f.Subscription, err = h.subscriptionOf(ctx, f.Request.Siret)
	return err
}

// subscriptionOf finds the subscription of a town; zero without one.
func (h *Handler) subscriptionOf(ctx context.Context, siret value.Siret) (credential.Watched, error) {
	watched, err := h.Watch.Find(ctx, siret)
	if fault.KindOf(err) == fault.NotFound {
		return credential.Watched{}, nil
	}
	return watched, err
}

// history reads what was done of a request, newest first.
func (h *Handler) history(ctx context.Context, number habilitation.RequestNumber) ([]audit.Entry, error) {
	found, err := h.Journal.Search(ctx, audit.Search{ObjectKind: objectKind, ObjectID: numberText(number)}, 0, historyShown)
	return found.Entries, err
}

const (
	fieldInstructor = "instructeur"
	fieldRead       = "lu" // who was in charge, as the page said

	nobodyRead = -1 // no page of ours leaves it out
)

// assign puts somebody in charge of a request, or nobody.
func (h *Handler) assign(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	to, err := strconv.ParseInt(c.PostForm(fieldInstructor), 10, 64)
	if err != nil {
		return h.refuseAssignment(c)
	}
	read, err := strconv.ParseInt(c.PostForm(fieldRead), 10, 64)
	if err != nil {
		read = nobodyRead
	}
	by := web.ActorOf(c)
	err = h.Instruction.Assign(c.Request.Context(), by, asked, to, read)
	if fault.Is(err, "request.assigned_meanwhile") {
		return h.assignedMeanwhile(c, asked, to)
	}
	if err != nil {
		return err
	}
	return web.Done(c, pathOf(asked), assignedDone(by, to))
}

// assignedDone is what has just been done, as the page that follows says it.
func assignedDone(by account.Actor, to int64) string {
	switch to {
	case 0:
		return "demande-rendue"
	case by.AccountID:
		return "demande-prise"
	}
	return "demande-attribuee"
}

// assignedMeanwhile says who is in charge since the page was read. Where that is who was meant,
// nothing is left to do: the form was sent twice.
func (h *Handler) assignedMeanwhile(c *gin.Context, asked habilitation.RequestNumber, to int64) error {
	now, err := h.Instruction.Find(c.Request.Context(), asked)
	switch {
	case err != nil:
		return err
	case now.Assignee.ID == to:
		return web.Done(c, pathOf(asked), assignedDone(web.ActorOf(c), to))
	}
	page, err := h.onePage(c)
	if err != nil {
		return err
	}
	page.Assignment.Meanwhile = "request.assigned_meanwhile"
	return h.Views.one.Write(c.Writer, http.StatusConflict, page)
}

// refuseAssignment asks again who is to be in charge.
func (h *Handler) refuseAssignment(c *gin.Context) error {
	page, err := h.onePage(c)
	if err != nil {
		return err
	}
	return h.Views.one.Write(c.Writer, http.StatusUnprocessableEntity, page.withoutInstructor())
}
