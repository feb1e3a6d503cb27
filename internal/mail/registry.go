package mail

import (
	"encoding/json"
	"fmt"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/notice"
)

// registry lists every automatic mail, in the order of the catalogue.
var registry = [...]entry{
	typed[account.Invited]{sample: account.Invited{
		Mail: "lea.fontaine@logiciel-exemple.fr", Inviter: "Camille Ferrand", Role: account.EditorAdmin,
		OrganisationName: "Logiciel Exemple SAS", Token: "EXEMPLE7K2QX", ExpiresAt: time.Date(2026, 3, 16, 12, 0, 0, 0, time.UTC),
	}},
	typed[account.AccessGranted]{sample: account.AccessGranted{
		AccountID: 12, Mail: "hugo.marchal@numerique.exemple.fr", Role: account.Support, By: "Camille Ferrand",
		Organisation: "13002526500013", OrganisationName: "Direction interministérielle du numérique",
		GrantedAt: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC),
	}},
	typed[account.AccessWithdrawn]{sample: account.AccessWithdrawn{
		MembershipID: 12, Mail: "lea.fontaine@logiciel-exemple.fr", Role: account.EditorMember, By: "Camille Ferrand",
		OrganisationName: "Logiciel Exemple SAS",
	}},
}

// entry is a kind of mail, whatever its Go type.
type entry interface {
	// exampleNotice is the notice that the catalogue shows.
	exampleNotice() notice.Notice
	// write makes the mail of a notice from its stored JSON, for the address that it is for.
	write(t *texts, plain []byte, to string) (written, error)
	// parse reads the templates of the kind.
	parse(w *wording) (*texts, error)
}

// typed is a kind of mail whose templates print a T.
type typed[T notice.Notice] struct{ sample T }

// page is what the templates of a mail print.
type page[T notice.Notice] struct {
	Notice  T
	To      string // the first address, corrected or not
	Portal  string // address of the portal, without a final slash
	Contact string // mail address of those who answer
	Subject string // "" while the subject itself is written
}

func (e typed[T]) exampleNotice() notice.Notice { return e.sample }

func (e typed[T]) parse(w *wording) (*texts, error) { return w.parse(e.sample.Kind()) }

func (e typed[T]) write(t *texts, plain []byte, to string) (written, error) {
	content := page[T]{To: to, Portal: t.frame.Portal, Contact: t.frame.Contact}
	if err := json.Unmarshal(plain, &content.Notice); err != nil {
		// The library's words may quote the content.
		return written{}, fmt.Errorf("read %s: its content is no %T", e.sample.Kind(), content.Notice)
	}
	subject, err := t.writeSubject(content)
	if err != nil {
		return written{}, err
	}
	content.Subject = subject
	return t.writeBody(subject, content)
}
