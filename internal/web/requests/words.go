package requests

import (
	"slices"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
)

// chosen lists the values that are true.
func chosen(values map[string]bool) []string {
	var names []string
	for name, is := range values {
		if is {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func newPersonCard(c habilitation.Contact) personCard {
	return personCard{Name: web.Typographic(c.Name()), Job: web.Typographic(c.Job), Mail: c.Mail, Phone: c.Phone}
}
