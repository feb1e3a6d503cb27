package editorspace

import (
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// remindersPage says which reminders of prolongation the technical contact receives, and lets
// those who manage the space choose.
type remindersPage struct {
	web.ProPage
	Technical string // its address; "" for none
	Present   string // code of the words of the present choice
	Copies    form.Field
	Options   []dsfr.Option
	CanChoose bool
}

func newRemindersPage(page web.ProPage, chosen renewal.CopyChoice, copies form.Field, can bool) remindersPage {
	p := remindersPage{
		ProPage: page, Technical: chosen.Technical, Present: "renewal.copies." + string(chosen.Copies), Copies: copies, CanChoose: can,
	}
	p.Problems = form.Problems(copies)
	for _, choice := range renewal.AllCopies {
		code := "renewal.copies." + string(choice)
		p.Options = append(p.Options, dsfr.Option{Value: string(choice), Code: code, HintCode: code + ".hint"})
	}
	return p
}
