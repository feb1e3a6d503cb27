package editorspace

import (
	"net/netip"
	"net/url"
	"strings"

	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

const (
	fieldSeen = "revision"
	// maxNetworks is more than the longest list that is right, in characters.
	maxNetworks = 5000
	// shownWrong is how many wrong lines are told: who pasted something else knows then.
	shownWrong = 5
)

// description is what an editor says of a program. Nothing else of what was sent is read.
type description struct {
	Name     form.Field
	Scopes   form.Choices
	Networks form.Field
	Options  []dsfr.Option
	Wrong    []machine.Line // lines of Networks that are no addresses

	networks []netip.Prefix
}

func scopeOptions() []dsfr.Option {
	options := make([]dsfr.Option, len(machine.Scopes))
	for i, scope := range machine.Scopes {
		code := scopeCode(scope)
		options[i] = dsfr.Option{Value: string(scope), Code: code, HintCode: code + ".hint"}
	}
	return options
}

func scopeCode(scope machine.Scope) string { return "api_client.scope." + string(scope) }

// describe shows what is kept of a program.
func describe(client machine.Client) description {
	d := description{
		Name: form.Field{Name: machine.FieldName, Value: client.Name}, Scopes: form.Choices{Name: machine.FieldScopes},
		Networks: form.Field{Name: machine.FieldNetworks, Value: strings.Join(networkLines(client.Networks), "\n")}, Options: scopeOptions(),
	}
	for _, scope := range client.Scopes {
		d.Scopes.Values = append(d.Scopes.Values, string(scope))
	}
	return d
}

func networkLines(networks []netip.Prefix) []string {
	lines := make([]string, len(networks))
	for i, network := range networks {
		lines[i] = value.DisplayNetwork(network)
	}
	return lines
}

// readDescription reads what was typed, and keeps it as it was typed.
func readDescription(sent url.Values) description {
	known := make([]string, len(machine.Scopes))
	for i, scope := range machine.Scopes {
		known[i] = string(scope)
	}
	d := description{
		Name:   form.Text(sent, machine.FieldName, 2*machine.MaxName), // what is too long is refused as it was typed
		Scopes: form.AnyOf(sent, machine.FieldScopes, known...), Networks: form.Text(sent, machine.FieldNetworks, maxNetworks), Options: scopeOptions(),
	}
	if d.networks, d.Wrong = machine.ReadNetworks(d.Networks.Value); len(d.Wrong) > 0 {
		d.Networks = d.Networks.Refused("api_client.network_invalid")
		d.Wrong = d.Wrong[:min(len(d.Wrong), shownWrong)]
		return d.refusedFor(d.settings().Check()) // all that is wrong, at once
	}
	return d
}

func (d description) settings() machine.Settings {
	settings := machine.Settings{Name: d.Name.Value, Networks: d.networks}
	for _, name := range d.Scopes.Values {
		settings.Scopes = append(settings.Scopes, machine.Scope(name))
	}
	return settings
}

// problems lists what is refused, in the order of the form.
func (d description) problems() []form.Problem {
	return form.Problems(d.Name, d.Scopes.Field(), d.Networks)
}

func (d description) isRight() bool { return len(d.problems()) == 0 }

// refusedFor puts the sentences of an error beside the fields that it is about; an error about
// none of them leaves the form as it is.
func (d description) refusedFor(err error) description {
	for _, wrong := range refusals(err) {
		switch wrong.Field {
		case machine.FieldName:
			d.Name = d.Name.Refused(wrong.Code)
		case machine.FieldScopes:
			d.Scopes = d.Scopes.Refused(wrong.Code)
		case machine.FieldNetworks:
			d.Networks = d.Networks.Refused(wrong.Code)
		}
	}
	return d
}
