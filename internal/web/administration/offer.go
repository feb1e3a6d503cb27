package administration

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// offerForm asks which role is offered, and for whom where the role needs it. Nothing else
// of what was sent is read.
type offerForm struct {
	Role, Editor, Siret form.Field
	Roles, Editors      []dsfr.Option
	// RegisterDown: nobody can tell for now who the organisation is.
	RegisterDown bool
}

// maxSiret is the 14 digits of a SIRET, and room for spaces and mistakes.
const maxSiret = 40

// readOffer reads an offer among the roles that the actor may give and the editors that
// there are.
func (h *Handler) readOffer(c *gin.Context, sent url.Values) (offerForm, error) {
	editors, err := h.Access.Editors(c.Request.Context())
	if err != nil {
		return offerForm{}, err
	}
	return newOfferForm(sent, web.ActorOf(c).Role.Grantable(), editors), nil
}

func newOfferForm(sent url.Values, grantable []account.Role, editors []account.Organisation) offerForm {
	offer := offerForm{Siret: form.Text(sent, "siret", maxSiret)}
	var roles, sirets []string
	for _, role := range grantable {
		roles = append(roles, string(role))
		code := "role." + string(role)
		offer.Roles = append(offer.Roles, dsfr.Option{Value: string(role), Code: code, HintCode: code + ".hint"})
	}
	for _, editor := range editors {
		sirets = append(sirets, editor.Siret.String())
		offer.Editors = append(offer.Editors, dsfr.Option{Value: editor.Siret.String(), Text: editor.Display()})
	}
	offer.Role, offer.Editor = form.OneOf(sent, "role", roles...), form.OneOf(sent, "editeur", sirets...)
	if sent.Get("role") != "" && offer.Role.Value == "" {
		offer.Role = offer.Role.Refused("membership.not_grantable")
	}
	return offer
}

func (f offerForm) role() account.Role { return account.Role(f.Role.Value) }

// checked refuses what is missing, cannot be right, or was filled in for another role than
// the chosen one: all at once. Whoever named a town and chose « Administration » means one
// of them only.
func (f offerForm) checked() offerForm {
	if f.Role.Value == "" && f.Role.Error == "" {
		f.Role = f.Role.Refused("role.required")
	}
	switch role := f.role(); {
	case role == "": // nobody knows yet what it needs
	case role.Editor() && f.Editor.Value == "":
		f.Editor = f.Editor.Refused("editor.required")
	case !role.Editor() && f.Editor.Value != "":
		f.Editor = f.Editor.Refused("editor.unneeded")
	}
	switch _, err := value.ParseSiret(f.Siret.Value); {
	case f.role() == "":
	case f.role() != account.Town && f.Siret.Value != "":
		f.Siret = f.Siret.Refused("siret.unneeded")
	case f.role() == account.Town && f.Siret.Value == "":
		f.Siret = f.Siret.Refused("siret.required")
	case f.role() == account.Town && err != nil:
		f.Siret = f.Siret.Refused("siret.invalid")
	}
	return f
}

// isRight tells whether no field is refused, and nothing else bars the way.
func (f offerForm) isRight() bool {
	return len(form.Problems(f.Role, f.Editor, f.Siret)) == 0 && !f.RegisterDown
}

// made is the offer of a form that is right. The organisation is the one that the role asks
// for.
func (f offerForm) made() account.Offer {
	offer := account.Offer{Role: f.role()}
	switch {
	case offer.Role.Editor():
		offer.Organisation = value.Siret(f.Editor.Value)
	case offer.Role == account.Town:
		offer.Organisation, _ = value.ParseSiret(f.Siret.Value)
	}
	return offer
}

// refusedFor puts the sentence of an error beside the field that it is about; an error
// about none of them leaves the form as it is.
func (f offerForm) refusedFor(err error) offerForm {
	switch code := fault.CodeOf(err); code {
	case "membership.not_grantable", "membership.already":
		f.Role = f.Role.Refused(code)
	case "editor.unknown":
		f.Editor = f.Editor.Refused(code)
	case "organisation.unknown", "organisation.closed", "organisation.not_local_authority":
		f.Siret = f.Siret.Refused(code)
	case "registry.unavailable":
		f.RegisterDown = true // the field is right
	}
	return f
}

// statusOf is the status of a form that is shown again: nil for what the form itself found
// wrong.
func statusOf(err error) int {
	if fault.KindOf(err) == fault.Unavailable {
		return http.StatusServiceUnavailable
	}
	return http.StatusUnprocessableEntity
}
