package instruction

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// Handler answers the instructors.
type Handler struct {
	Views       Views
	Instruction *request.Instruction
	Decisions   Deciding
	// Compose writes a mail as its recipients will read it.
	Compose func(n notice.Notice) (Mail, error)
	// NextNumber draws the number of a habilitation to come, which its mail tells.
	NextNumber func(ctx context.Context) (habilitation.Number, error)
	Templates  *editor.Templates
	Access     *account.Access // who names the editors
	Clients    *directory.Clients
	// Catalogue knows the requests that DataPass made too.
	Catalogue *habilitation.Catalogue
	Watch     *credential.Watch
	Journal   *audit.Journal
	// Can tells whether a role may do an act (authz.Policy): pages offer nothing that the
	// route would refuse.
	Can func(role account.Role, object, act string) bool
	Now func() time.Time // business time
	// Frame is what every page of a request shows.
	Frame func(c *gin.Context) web.ProPage
}

// Deciding is what becomes of a deposit (package decision).
type Deciding interface {
	// ApproveNoted and RefuseNoted decide as the actor's note of that act says. Codes:
	// request.unknown (NotFound), request.moved (Conflict), reason.required (Invalid).
	ApproveNoted(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error
	RefuseNoted(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error
	// Foresee composes, without recording anything, the mails that the decision of the note
	// will send now, and what becomes of the subscription of the town. Same codes.
	Foresee(ctx context.Context, by account.Actor, number habilitation.RequestNumber, act habilitation.Act) (decision.Foreseen, error)
}

// Mail is a mail as its recipients will read it.
type Mail struct {
	Subject, Text string
	To, CC        []string
}

// The addresses of the space.
const (
	homePath          = "/instruction"
	queuePath         = homePath + "/demandes"
	modelsPath        = homePath + "/modeles"
	habilitationsPath = homePath + "/habilitations" // package habilitations
)

// acts are what an instructor may decide of a deposit, by the last part of the address.
var acts = [...]struct {
	path   string
	act    habilitation.Act
	object string
	needs  string
}{
	{"/validation", habilitation.Approve, "habilitation", string(habilitation.Approve)},
	{"/modifications", habilitation.RequestChanges, "request", "instruct"},
	{"/refus", habilitation.Refuse, "habilitation", string(habilitation.Refuse)},
}

// sheetPatience is how long a sheet of every request may take.
const sheetPatience = 30 * time.Second

// Mount registers the routes of the instructors.
func (h *Handler) Mount(r *web.Router) {
	r.Handle(http.MethodGet, homePath, web.Can("space.instruction", "enter"), h.home)

	instructs := web.Can("request", "instruct")
	r.Handle(http.MethodGet, queuePath, instructs, h.queue)
	r.HandleWithin(sheetPatience, http.MethodGet, queuePath+"/export.csv", instructs, h.sheet)
	r.Handle(http.MethodPost, queuePath+"/filtres", instructs, h.saveFilter)
	r.Handle(http.MethodPost, queuePath+"/filtres/:id/suppression", instructs, h.eraseFilter)

	const one = queuePath + "/:numero"
	r.Handle(http.MethodGet, one, instructs, h.one)
	r.Handle(http.MethodPost, one+"/attribution", instructs, h.assign)
	r.Handle(http.MethodGet, one+"/messages", instructs, h.messages)
	r.Handle(http.MethodPost, one+"/messages", instructs, h.write)
	r.Handle(http.MethodPost, one+"/messages/lecture", instructs, h.markRead)
	r.Handle(http.MethodGet, one+"/reprise", instructs, h.claim)
	r.Handle(http.MethodPost, one+"/reprise", instructs, h.decideClaim)
	r.Handle(http.MethodGet, one+"/documents/:id", instructs, h.document)
	for _, a := range acts {
		decides := web.Can(a.object, a.needs)
		r.Handle(http.MethodGet, one+a.path, decides, h.ask(a.act))
		r.Handle(http.MethodPost, one+a.path, decides, h.draft(a.act))
		r.Handle(http.MethodPost, one+a.path+"/modeles", decides, h.insert(a.act))
		r.Handle(http.MethodGet, one+a.path+"/apercu", decides, h.preview(a.act))
		r.Handle(http.MethodPost, one+a.path+"/apercu", decides, h.decide(a.act))
	}
	h.mountModels(r)
}

// mountModels registers the routes of the models of texts.
func (h *Handler) mountModels(r *web.Router) {
	writes := web.Can("reason_template", "write")
	r.Handle(http.MethodGet, modelsPath, writes, h.models)
	r.Handle(http.MethodGet, modelsPath+"/nouveau", writes, h.newModel)
	r.Handle(http.MethodPost, modelsPath+"/nouveau", writes, h.addModel)
	r.Handle(http.MethodGet, modelsPath+"/:id", writes, h.model)
	r.Handle(http.MethodPost, modelsPath+"/:id", writes, h.changeModel)
	r.Handle(http.MethodGet, modelsPath+"/:id/suppression", writes, h.modelErasure)
	r.Handle(http.MethodPost, modelsPath+"/:id/suppression", writes, h.eraseModel)
}

// may tells whether the person may do an act of acts.
func (h *Handler) may(c *gin.Context, act habilitation.Act) bool {
	for _, a := range acts {
		if a.act == act {
			return h.Can(web.ActorOf(c).Role, a.object, a.needs)
		}
	}
	return false
}

// number reads the number of the request in the address.
func number(c *gin.Context) (habilitation.RequestNumber, error) {
	id, err := web.ID(c, "numero", "request.unknown")
	return habilitation.RequestNumber(id), err
}

// numberText is the number of a request in an address, and in the journal.
func numberText(number habilitation.RequestNumber) string {
	return strconv.FormatInt(int64(number), 10)
}

func pathOf(number habilitation.RequestNumber) string { return queuePath + "/" + numberText(number) }

// actPath is the address of the page of an act.
func actPath(number habilitation.RequestNumber, act habilitation.Act) string {
	for _, a := range acts {
		if a.act == act {
			return pathOf(number) + a.path
		}
	}
	return pathOf(number)
}

func previewPath(number habilitation.RequestNumber, act habilitation.Act) string {
	return actPath(number, act) + "/apercu"
}
