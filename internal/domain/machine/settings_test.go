package machine

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// « names bounded; CIDR errors beside the field »: all that is wrong is told at once.
func TestSettingsAreCheckedWhole(t *testing.T) {
	many := make([]netip.Prefix, MaxNetworks+1)
	for i := range many {
		many[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}), 32)
	}
	for name, test := range map[string]struct {
		settings Settings
		want     Refusal
	}{
		"nothing":                 {Settings{}, Refusal{{FieldName, "api_client.name_required"}, {FieldScopes, "api_client.scope_required"}}},
		"too much":                {Settings{Name: strings.Repeat("é", 61), Scopes: Usual(), Networks: many}, Refusal{{FieldName, "api_client.name_long"}, {FieldNetworks, "api_client.networks_many"}}},
		"scopes that are none":    {Settings{Name: "Essai", Scopes: []Scope{"admin", "*"}}, Refusal{{FieldScopes, "api_client.scope_required"}}},
		"what turns a line round": {Settings{Name: "Essai\u202etset", Scopes: Usual()}, Refusal{{FieldName, "api_client.name_invalid"}}},
	} {
		var got Refusal
		if !errors.As(test.settings.Check(), &got) || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	right := Settings{Name: "  Serveur  \tde nuit ", Scopes: []Scope{ScopeTokens, ScopeClients, ScopeTokens}, Networks: append(many[:1:1], many[0])}
	if err := right.Check(); err != nil {
		t.Error(err)
	}
	if tidied := right.tidy(); tidied.Name != "Serveur de nuit" || !slices.Equal(tidied.Scopes, []Scope{ScopeClients, ScopeTokens}) || len(tidied.Networks) != 1 {
		t.Errorf("kept as %+v", tidied)
	}
	networks, wrong := ReadNetworks(" 203.0.113.7 \r\n\n2001:db8::/48\n10.0.0.0/99\n<script>\n")
	if len(networks) != 2 || !slices.Equal(wrong, []Line{{4, "10.0.0.0/99"}, {5, "<script>"}}) {
		t.Errorf("read %v, wrong %v", networks, wrong)
	}
}

// What may become of a client, by what it is.
func TestWhatMayBecomeOfAClient(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	by := account.Actor{AccountID: 1, Name: "Camille", Role: account.EditorAdmin, RequestID: "01JCXN3Z8G5Q"}
	one := Client{ID: "qf_client_0000000000000000", Editor: account.Organisation{Siret: "90511200900014"}, Name: "Serveur", Scopes: Usual(), Revision: 4, Secrets: []Secret{{ID: 7}}}
	two, cut := one, one
	two.Secrets = []Secret{{ID: 7}, {ID: 8}}
	cut.RevokedAt = at
	settings := func(seen int, name string) func(Client) error {
		return func(c Client) error {
			_, _, err := decideSettings(c, seen, Settings{Name: name, Scopes: Usual()}, by, at)
			return err
		}
	}
	add := func(c Client) error { _, err := decideSecret(c, Kept{At: at}, by); return err }
	end := func(id int64) func(Client) error {
		return func(c Client) error { _, err := decideEnd(c, id, by, at); return err }
	}
	revoke := func(c Client) error { _, err := decideRevocation(c, by, at); return err }
	for name, test := range map[string]struct {
		client Client
		act    func(Client) error
		code   string
	}{
		"changed":                        {one, settings(4, "Autre"), ""},
		"changed by an old form":         {one, settings(3, "Autre"), "api_client.moved"},
		"left as it is, by an old form":  {one, settings(3, " Serveur "), ""},
		"changed once cut":               {cut, settings(4, "Autre"), "api_client.revoked"},
		"given a second secret":          {one, add, ""},
		"given a third secret":           {two, add, "api_client.two_secrets"},
		"given a secret once cut":        {cut, add, "api_client.revoked"},
		"its secret ended":               {two, end(8), ""},
		"its last secret ended":          {one, end(7), ""},
		"a secret ended that it has not": {one, end(8), "api_client.secret_ended"},
		"cut":                            {one, revoke, ""},
		"cut twice":                      {cut, revoke, "api_client.revoked"},
	} {
		if err := test.act(test.client); fault.CodeOf(err) != test.code {
			t.Errorf("%s: %v, want %q", name, err, test.code)
		}
	}
	change, err := decideRevocation(one, by, at)
	if err != nil || change.Client.RevokedBy != "Camille" || change.Event.Organisation != "90511200900014" || change.Event.Author.ID != "1" || change.Event.RequestID == "" {
		t.Errorf("told: %+v, %v", change.Event, err)
	}
}

// « recognisable prefix + checksum »: a slip is told without asking the database.
func TestATextIsReadAsItWasDrawn(t *testing.T) {
	body := secretPrefix + strings.Repeat("a", value.DrawnSecret)
	right := body + value.Checksum(body)
	if !wellFormed(value.Secret(right), secretPrefix) || wellFormed(value.Secret(right), accessPrefix) {
		t.Error("a right secret is not read as one")
	}
	for i := range right {
		for _, slip := range []string{right[:i] + "b" + right[i+1:], right[:i] + right[i+1:], right[:i] + "é" + right[i:]} {
			if slip != right && wellFormed(value.Secret(slip), secretPrefix) {
				t.Errorf("a slip at %d is not told", i)
			}
		}
	}
	for _, id := range []string{"", "qf_client_", "qf_client_000000000000000", "qf_client_00000000000000000", "qf_client_000000000000000é", "QF_CLIENT_0000000000000000", " qf_client_0000000000000000"} {
		if KnownID(id) {
			t.Errorf("%q passes for an id", id)
		}
	}
}
