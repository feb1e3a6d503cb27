package editorspace

import (
	"net/url"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// offer asks whom to invite and as what. Nothing else of what was sent is read.
type offer struct {
	Mail, Role form.Field
	Roles      []dsfr.Option
}

// maxMail is longer than any address (RFC 5321).
const maxMail = 300

// offered are the roles of an editor's people, the one that fewer need last.
var offered = []account.Role{account.EditorMember, account.EditorAdmin}

func readOffer(sent url.Values) offer {
	o := offer{Mail: form.Text(sent, "mail", maxMail)}
	var roles []string
	for _, role := range offered {
		code := "role." + string(role)
		roles = append(roles, string(role))
		o.Roles = append(o.Roles, dsfr.Option{Value: string(role), Code: code, HintCode: code + ".hint"})
	}
	o.Role = form.OneOf(sent, "role", roles...)
	return o
}

// checked refuses what is missing or cannot be right, both at once.
func (o offer) checked() offer {
	if _, err := account.ParseMail(o.Mail.Value); err != nil {
		o.Mail = o.Mail.Refused(fault.CodeOf(err))
	}
	if o.Role.Value == "" {
		o.Role = o.Role.Refused("role.required")
	}
	return o
}

// problems lists the refused fields, in the order of the form.
func (o offer) problems() []form.Problem { return form.Problems(o.Mail, o.Role) }

func (o offer) isRight() bool { return len(o.problems()) == 0 }

// made is the offer, for the editor for which the actor acts.
func (o offer) made(actor account.Actor) account.Offer {
	return account.Offer{Mail: o.Mail.Value, Role: account.Role(o.Role.Value), Organisation: actor.Organisation.Siret}
}

// refusedFor puts the sentence of an error beside the field that it is about; an error
// about none of them leaves the form as it is.
func (o offer) refusedFor(err error) offer {
	switch code := fault.CodeOf(err); code {
	case "mail.required", "mail.invalid", "invitation.self":
		o.Mail = o.Mail.Refused(code)
	case "membership.already", "membership.not_grantable":
		o.Role = o.Role.Refused(code)
	}
	return o
}
