package requests

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// Handler answers the people of a town who ask for a habilitation.
type Handler struct {
	Views         Views
	Requests      *request.Service
	Templates     *editor.Templates
	Catalogue     *habilitation.Catalogue // what was granted, by DataPass too
	Access        *account.Access         // who the colleagues are
	Organisations *directory.Organisations
	Journal       *audit.Journal
	Recovery      *request.Recovery
	// Frame is what every page of a request shows; Recognise tells who is signed in where a
	// route is public; NoteRefused journals a refusal that has a page of its own.
	Frame       func(c *gin.Context) web.ProPage
	Recognise   func(c *gin.Context) (account.Actor, error)
	NoteRefused func(c *gin.Context) error
}

const (
	formsPath       = "/formulaires"
	modelPath       = formsPath + "/deliberation"
	townPath        = "/collectivite"
	homePath        = townPath + "/demandes"
	recoverPath     = "/habilitations/retrouver"
	renewPart       = "/nouveau-lien"
	askLinkPath     = townPath + "/lien-du-demandeur"
	beginPath       = homePath + "/nouvelle"
	grantedPath     = townPath + "#habilitations" // what DataPass made is on the home page of the town
	summaryPart     = "/recapitulatif"
	depositedPart   = "/depot"
	transferPart    = "/transfert"
	claimPart       = "/reprise"
	claimAnswerPart = claimPart + "/reponse"
	claimUndonePart = claimPart + "/annulation"
	messagesPart    = "/messages"
	readPart        = messagesPart + "/lecture"
	documentsPart   = "/documents"
	stepsPart       = "/etapes/"
)

// maxDocument is the size of a délibération, in bytes: 10 MB, as package document/intake
// counts them.
const maxDocument = 10 << 20

// acts are what the holder may do of a request beside writing it, by the last part of the
// address.
var acts = [...]struct {
	part string
	act  habilitation.Act
}{
	{"/retrait", habilitation.Withdraw},
	{"/modification", habilitation.Reopen},
	{"/annulation", habilitation.Cancel},
}

// Mount registers the routes.
func (h *Handler) Mount(r *web.Router) {
	read, write := web.Can("request", "read"), web.Can("request", "write")
	r.Handle(http.MethodGet, formsPath, web.Public, h.choose)
	r.Handle(http.MethodGet, formsPath+"/:uid/demande/nouveau", web.Public, h.start)
	r.Handle(http.MethodGet, modelPath, web.Public, h.model)

	r.Handle(http.MethodGet, recoverPath+"/:jeton", web.Public, h.recoverPage)
	r.Handle(http.MethodPost, recoverPath+"/:jeton", web.Can("request", "recover"), h.recover)
	r.Handle(http.MethodPost, recoverPath+"/:jeton"+renewPart, web.Public, h.renewLink)
	r.Handle(http.MethodPost, askLinkPath, web.Can("request", "recover"), h.askLink)

	const one = homePath + "/:numero"
	r.Handle(http.MethodGet, homePath, read, h.list)
	r.Handle(http.MethodPost, homePath, write, h.begin)
	r.Handle(http.MethodGet, beginPath, write, h.confirm)
	r.Handle(http.MethodGet, one, read, h.one)
	for _, block := range editor.Blocks {
		path := one + stepsPart + string(block)
		r.Handle(http.MethodGet, path, write, h.showStep(block))
		if block == editor.BlockDeliberation {
			r.HandleUpload(path, write, maxDocument, h.saveStep(block))
			continue
		}
		r.Handle(http.MethodPost, path, write, h.saveStep(block))
	}
	r.Handle(http.MethodGet, one+summaryPart, write, h.orClaim(h.summary))
	r.Handle(http.MethodPost, one+summaryPart, write, h.orClaim(h.submit))
	r.Handle(http.MethodGet, one+depositedPart, read, h.deposited)
	for _, a := range acts {
		r.Handle(http.MethodGet, one+a.part, write, h.ask(a.act))
		r.Handle(http.MethodPost, one+a.part, write, h.do(a.act))
	}
	r.Handle(http.MethodGet, one+transferPart, read, h.transferPage)
	r.Handle(http.MethodPost, one+transferPart, write, h.orClaim(h.transfer))
	r.Handle(http.MethodPost, one+claimPart, write, h.claim)
	r.Handle(http.MethodPost, one+claimAnswerPart, write, h.orClaim(h.answerClaim))
	r.Handle(http.MethodPost, one+claimUndonePart, write, h.withdrawClaim)
	r.Handle(http.MethodGet, one+messagesPart, read, h.messages)
	r.Handle(http.MethodPost, one+messagesPart, write, h.write)
	r.Handle(http.MethodPost, one+readPart, write, h.markRead)
	r.Handle(http.MethodGet, one+documentsPart+"/:id", read, h.document)
}

// number reads the number of the request in the address.
func number(c *gin.Context) (habilitation.RequestNumber, error) {
	id, err := web.ID(c, "numero", "request.unknown")
	return habilitation.RequestNumber(id), err
}

func pathOf(number habilitation.RequestNumber) string {
	return homePath + "/" + strconv.FormatInt(int64(number), 10)
}

func stepPath(number habilitation.RequestNumber, block editor.Block) string {
	return pathOf(number) + stepsPart + string(block)
}

// actPath is the address of the page of an act.
func actPath(number habilitation.RequestNumber, act habilitation.Act) string {
	for _, a := range acts {
		if a.act == act {
			return pathOf(number) + a.part
		}
	}
	return pathOf(number)
}

// documentsOf shows the files of an application, opened here.
func documentsOf(a request.Application) web.DocumentsOf {
	return func(id int64) web.DocumentView {
		return web.NewDocumentView(a.Document(id), pathOf(a.Request.Number)+documentsPart+"/"+strconv.FormatInt(id, 10))
	}
}
