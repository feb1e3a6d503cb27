package operations

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// mailListing is the list of the mails, newest first.
func (h *Handler) mailListing() web.Listing {
	kinds := make([]dsfr.Option, len(h.Catalogue))
	for i, sample := range h.Catalogue {
		kinds[i] = dsfr.Option{Value: string(sample.Kind), Text: sample.Name}
	}
	return web.Listing{
		Path: mailsPath,
		Filters: []web.Filter{
			web.ChoiceFilter("etat", "mail.state", texts(notice.States[:])...),
			web.OptionFilter("modele", kinds),
		},
		Sorts: []string{"-date"},
	}
}

// mails lists the mails.
func (h *Handler) mails(c *gin.Context) error {
	asked := h.mailListing().Read(c.Request.URL.Query())
	listed, total, err := h.Mails.List(c.Request.Context(), notice.MailQuery{
		Search: asked.Search, State: notice.State(asked.Filter("etat")), Kind: notice.Kind(asked.Filter("modele")),
		Descending: asked.Descending, Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	return h.Views.mails.Write(c.Writer, http.StatusOK, newMailsPage(h.Frame(c), asked.List(total), listed, h.Catalogue))
}

// mail shows one mail, with who has it and who has not.
func (h *Handler) mail(c *gin.Context) error {
	page, err := h.mailPage(c)
	if err != nil {
		return err
	}
	return h.Views.mail.Write(c.Writer, http.StatusOK, page)
}

// mailPage reads the mail of the address and the order that sends it.
func (h *Handler) mailPage(c *gin.Context) (mailPage, error) {
	id, err := web.ID(c, "id", "mail.unknown")
	if err != nil {
		return mailPage{}, err
	}
	mail, err := h.Mails.Find(c.Request.Context(), id)
	if err != nil {
		return mailPage{}, err
	}
	page := newMailPage(h.Frame(c), mail, h.Catalogue, h.may(c, "mail", "readdress"))
	if state := mail.State(); state == notice.Sent || state == notice.Withdrawn || !h.may(c, "order", "read") {
		return page, nil
	}
	order, found, err := h.Orders.Latest(c.Request.Context(), outbox.SendMail, strconv.FormatInt(id, 10))
	if err != nil || !found {
		return page, err
	}
	page.Sending = h.Views.newOrderView(order, h.orderRights(c))
	return page, nil
}

// maxAddress is more than SMTP carries: what is longer is refused as it was typed.
const maxAddress = 320

// readdress corrects the address of a recipient who was refused, and sends the mail again.
func (h *Handler) readdress(c *gin.Context) error {
	id, err := web.ID(c, "id", "mail.unknown")
	if err != nil {
		return err
	}
	position, err := strconv.Atoi(c.Param("position"))
	if err != nil {
		return fault.New(fault.NotFound, "mail.unknown")
	}
	actor, field := web.ActorOf(c), form.Text(c.Request.PostForm, addressField(position), maxAddress)
	err = h.Mails.Readdress(c.Request.Context(), actor.Author(), notice.Correction{
		MailID: id, Position: position, Address: field.Value, RequestID: actor.RequestID,
	})
	if fault.KindOf(err) == fault.Invalid {
		return h.refuseAddress(c, position, field.Refused(fault.CodeOf(err)))
	}
	if err != nil {
		return err
	}
	return web.Done(c, mailPath(id), "adresse-corrigee")
}

// refuseAddress shows the mail again with what was typed and why it was refused.
func (h *Handler) refuseAddress(c *gin.Context, position int, refused form.Field) error {
	page, err := h.mailPage(c)
	if err != nil {
		return err
	}
	return h.Views.mail.Write(c.Writer, http.StatusUnprocessableEntity, page.refused(position, refused))
}

func mailPath(id int64) string { return mailsPath + "/" + strconv.FormatInt(id, 10) }

// addressField is the field of one recipient among those of a page.
func addressField(position int) string { return "adresse-" + strconv.Itoa(position) }
