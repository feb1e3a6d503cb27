package requests

import (
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// messagesPage shows the thread of a request.
type messagesPage struct {
	web.ProPage
	Number, PageURL, URL, ReadURL string
	Thread                        []web.MessageView // oldest first
	Unread                        int
	UpTo                          int64 // the newest message that the page shows
	Text                          form.Field
}

func newMessagesPage(page web.ProPage, asked habilitation.RequestNumber, thread []request.Message) messagesPage {
	p := messagesPage{
		ProPage: page, Number: asked.String(), PageURL: pathOf(asked), URL: pathOf(asked) + messagesPart, ReadURL: pathOf(asked) + readPart,
		Thread: web.NewMessageViews(thread, request.SideTown), Text: form.Field{Name: fieldMessage},
	}
	for _, message := range p.Thread {
		if message.Unread {
			p.Unread++
		}
		p.UpTo = message.ID
	}
	return p
}
