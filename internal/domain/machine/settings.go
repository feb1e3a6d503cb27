package machine

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"portail-qf/internal/domain/value"
)

// Settings are what an editor says of a client.
type Settings struct {
	Name     string
	Scopes   []Scope
	Networks []netip.Prefix
}

// The fields of a client, as Fault.Field names them.
const (
	FieldName     = "nom"
	FieldScopes   = "droits"
	FieldNetworks = "adresses"
)

const (
	// MaxName is the length of a name, in characters.
	MaxName = 60
	// MaxNetworks is how many ranges of addresses a client has.
	MaxNetworks = 50
)

// Fault is what is wrong in the settings of a client.
type Fault struct{ Field, Code string }

// Refusal is an error of all that is wrong.
type Refusal []Fault

// Error lists the codes.
func (r Refusal) Error() string {
	codes := make([]string, len(r))
	for i, f := range r {
		codes[i] = f.Code
	}
	return "settings of an API client: " + strings.Join(codes, ", ")
}

// tidy puts settings in the form in which they are kept: scopes in our order, each thing once.
func (s Settings) tidy() Settings {
	tidied := Settings{Name: strings.Join(strings.Fields(s.Name), " ")}
	for _, scope := range Scopes {
		if slices.Contains(s.Scopes, scope) {
			tidied.Scopes = append(tidied.Scopes, scope)
		}
	}
	for _, network := range s.Networks {
		if !slices.Contains(tidied.Networks, network) {
			tidied.Networks = append(tidied.Networks, network)
		}
	}
	return tidied
}

// Check says what is wrong in settings, all at once; nil for nothing.
func (s Settings) Check() error { return s.tidy().check() }

func (s Settings) check() error {
	var wrong Refusal
	refuse := func(field, code string) { wrong = append(wrong, Fault{field, code}) }
	switch {
	case s.Name == "":
		refuse(FieldName, "api_client.name_required")
	case utf8.RuneCountInString(s.Name) > MaxName:
		refuse(FieldName, "api_client.name_long")
	case strings.ContainsFunc(s.Name, func(r rune) bool { return !unicode.IsGraphic(r) }):
		refuse(FieldName, "api_client.name_invalid")
	}
	if len(s.Scopes) == 0 {
		refuse(FieldScopes, "api_client.scope_required")
	}
	if len(s.Networks) > MaxNetworks {
		refuse(FieldNetworks, "api_client.networks_many")
	}
	if wrong == nil {
		return nil
	}
	return wrong
}

// Line is a line of a text, by its place in it from 1.
type Line struct {
	Number int
	Text   string
}

// ReadNetworks reads one address or range a line; wrong are the lines that are neither, as
// they were typed.
func ReadNetworks(text string) (networks []netip.Prefix, wrong []Line) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		network, err := value.ParseNetwork(line)
		if err != nil {
			wrong = append(wrong, Line{number, line})
			continue
		}
		networks = append(networks, network)
	}
	return networks, wrong
}
