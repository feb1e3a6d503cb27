package instruction

import (
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// messagesPage shows what was said of a request.
type messagesPage struct {
	web.ProPage
	URL, PageURL string
	Number, Name string
	To           string // who is told of a message; "" for nobody
	Messages     []web.MessageView
	Unread       int
	Last         int64 // the newest message, for what is marked as read
	Text         form.Field
}

func newMessagesPage(page web.ProPage, r habilitation.Request, thread []request.Message) messagesPage {
	p := messagesPage{
		ProPage: page, URL: pathOf(r.Number) + "/messages", PageURL: pathOf(r.Number), Number: r.Number.String(), Name: nameOf(r),
		To: r.Requester.Mail, Messages: web.NewMessageViews(thread, request.SideStaff), Text: form.Field{Name: fieldMessage},
	}
	for _, m := range p.Messages {
		p.Last = m.ID
		if m.Unread {
			p.Unread++
		}
	}
	return p
}
