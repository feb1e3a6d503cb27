package editorspace

import (
	"strings"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

func remindersSamples(page web.ProPage) []web.Sample[remindersPage] {
	show := func(by account.Actor, chosen renewal.CopyChoice, copies form.Field) remindersPage {
		return newRemindersPage(framed(page, by, remindersPath), chosen, copies, by.Role == account.EditorAdmin)
	}
	field := func(copies renewal.Copies) form.Field { return form.Field{Name: fieldCopies, Value: string(copies)} }
	each := renewal.CopyChoice{Copies: renewal.EachReminder, Technical: "integration@tilleul.example.fr"}
	weekly := renewal.CopyChoice{Copies: renewal.WeeklyList, Technical: strings.Repeat("integration", 20) + "@tilleul.example.fr"}
	done := show(manager(), each, field(renewal.EachReminder))
	done.Flash = "done.rappels-enregistres"
	return []web.Sample[remindersPage]{
		{Name: "chacun", Content: show(manager(), each, field(renewal.EachReminder))},
		{Name: "semaine", Content: show(manager(), weekly, field(renewal.WeeklyList))},
		{Name: "enregistre", Content: done},
		{Name: "sans-reponse", Content: show(manager(), each, field("").Refused("form.choice"))},
		{Name: "membre", Content: show(member(), each, field(renewal.EachReminder))},
		{Name: "sans-contact", Content: show(member(), renewal.CopyChoice{Copies: renewal.WeeklyList}, field(renewal.WeeklyList))},
	}
}
