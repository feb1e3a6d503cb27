package tokens

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	renewalPart  = "/prolongation"
	nudgePart    = "/relance"
	transferPart = "/transfert"     // package requests
	summaryPart  = "/recapitulatif" // likewise
	reopenPart   = "/modification"  // likewise
	fieldExpiry  = "expiration"     // as the page showed it
	fieldUntil   = "jusqu_au"       // likewise, the day that the click gives
	fieldBack    = "retour"         // the list from which a requester was asked
	fieldCharge  = "en_charge"
	fieldPurpose = "usage"
	fieldPeople  = "contacts"
	yes, no      = "oui", "non"
)

// RenewedBy tells which token an address prolongs; ok is false for any other address.
func RenewedBy(address string) (id string, ok bool) {
	path, _, _ := strings.Cut(address, "?")
	id, isToken := strings.CutPrefix(path, rootPath+"/")
	id, isRenewal := strings.CutSuffix(id, renewalPart)
	return id, isToken && isRenewal && value.IsUUID(id)
}

// renewalFile is all that the page of a prolongation is made from.
type renewalFile struct {
	renewal.File
	Next credential.TokenFile // which replaced the token; without ID where there is none within reach
}

// findRenewal finds the token of an address with what its prolongation needs.
func (h *Handler) findRenewal(c *gin.Context) (renewalFile, error) {
	ctx, by := c.Request.Context(), web.ActorOf(c)
	found, err := h.Renewals.Find(ctx, by, c.Param("id"))
	if err != nil {
		return renewalFile{}, err
	}
	next, err := h.near(ctx, credential.CallerOf(by), found.Successor)
	return renewalFile{File: found, Next: next}, err
}

// beforeProlonging asks the requester three questions on one page, and tells everybody else how
// far the prolongation is.
func (h *Handler) beforeProlonging(c *gin.Context) error {
	page, err := h.renewalPage(c)
	if err != nil {
		return err
	}
	return h.Views.renewal.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) renewalPage(c *gin.Context) (renewalPage, error) {
	found, err := h.findRenewal(c)
	if err != nil {
		return renewalPage{}, err
	}
	return h.Views.newRenewalPage(h.Frame(c), found, h.reader(c), h.moment()), nil
}

// refuseRenewal answers with the same page, as things are now, and why nothing was done.
func (h *Handler) refuseRenewal(c *gin.Context, status int, code string) error {
	page, err := h.renewalPage(c)
	if err != nil {
		return err
	}
	page.Refusal = code
	return h.Views.renewal.Write(c.Writer, status, page)
}

// questions are what the requester answers.
type questions struct{ Charge, Purpose, People form.Field }

// unchanged are the answers that a page proposes: nothing has changed.
func unchanged() questions {
	return questions{form.Field{Name: fieldCharge, Value: yes}, form.Field{Name: fieldPurpose, Value: yes}, form.Field{Name: fieldPeople, Value: yes}}
}

func readQuestions(sent url.Values) questions {
	answered := func(name string) form.Field {
		field := form.OneOf(sent, name, yes, no)
		if field.Value == "" {
			return field.Refused("form.choice")
		}
		return field
	}
	return questions{answered(fieldCharge), answered(fieldPurpose), answered(fieldPeople)}
}

func (q questions) problems() []form.Problem {
	problems := form.Problems(q.Charge, q.Purpose, q.People)
	for i := range problems {
		problems[i].Label = "renewal.question." + problems[i].FieldID
	}
	return problems
}

func (q questions) answers() renewal.Answers {
	return renewal.Answers{InCharge: q.Charge.Value == yes, SamePurpose: q.Purpose.Value == yes, RightContacts: q.People.Value == yes}
}

// prolong takes the answers. The expiry that the page showed comes with them: however often a
// form is sent, it prolongs once.
func (h *Handler) prolong(c *gin.Context) error {
	ctx, by, id := c.Request.Context(), web.ActorOf(c), c.Param("id")
	asked := readQuestions(c.Request.PostForm)
	if len(asked.problems()) > 0 {
		return h.askAnswers(c, asked)
	}
	expiry, _ := time.Parse(time.RFC3339Nano, c.PostForm(fieldExpiry)) // none is the expiry of no token
	var until time.Time
	if day, err := time.Parse(time.DateOnly, c.PostForm(fieldUntil)); err == nil {
		until = value.DayBegins(day.Date())
	}
	done, err := h.Renewals.Confirm(ctx, by, id, renewal.Asked{Expiry: expiry, Until: until, Answers: asked.answers()})
	if err != nil {
		return err
	}
	if !done.HandOver && !done.Amended {
		return web.SeeOther(c, pathOf(id)+renewalPart)
	}
	found, err := h.Renewals.Find(ctx, by, id)
	switch {
	case err != nil:
		return err
	case done.HandOver:
		return web.Done(c, requestOf(found.Request)+transferPart, "jeton-a-transmettre")
	case found.Amendment.Filed(): // the page tells where it is
		return web.SeeOther(c, pathOf(id)+renewalPart)
	}
	return web.Done(c, requestOf(found.Request)+summaryPart, "modification-pour-prolonger")
}

// askAnswers shows the page again to whoever left a question out, with what was answered.
// Whoever may not answer is told that first.
func (h *Handler) askAnswers(c *gin.Context, asked questions) error {
	found, err := h.findRenewal(c)
	if err != nil {
		return err
	}
	if _, err := found.Decide(web.ActorOf(c), unchanged().answers(), h.Tokens.Now()); err != nil {
		return err
	}
	page := h.Views.newRenewalPage(h.Frame(c), found, h.reader(c), h.moment())
	page.Questions, page.Problems = asked, asked.problems()
	return h.Views.renewal.Write(c.Writer, http.StatusUnprocessableEntity, page)
}

// nudge asks the requester to prolong, in the editor's name.
func (h *Handler) nudge(c *gin.Context) error {
	id := c.Param("id")
	if err := h.Renewals.Nudge(c.Request.Context(), web.ActorOf(c), id); err != nil {
		return err
	}
	back := account.LocalPath(c.PostForm(fieldBack))
	space := h.reader(c).Space.Path()
	if path, _, _ := strings.Cut(back, "?"); path != space+listPart && path != space+renewalsPart {
		back = pathOf(id)
	}
	return web.Done(c, back, "collectivite-relancee")
}

// requestOf is where a request is followed (package requests).
func requestOf(number habilitation.RequestNumber) string {
	return townRequestsPath + "/" + strconv.FormatInt(int64(number), 10)
}
