package proconnect

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"portail-qf/internal/sim/oidc"
)

// person is who signs in: claims by name, passed on as they are.
type person map[string]any

// subjectSalt never changes: a person keeps the same sub from one run of the demo to the
// next.
const subjectSalt = "simulateur ProConnect"

// subject is the person's sub: a UUID, the same for every service. ProConnect knows an
// account again by its e-mail (§2.4); who has none is known by her other claims.
func (p person) subject() any {
	if given, found := p["sub"]; found {
		return given
	}
	known := p.email()
	if known == "" {
		// What cannot be encoded cannot be sent either: sealing the claims tells it.
		content, _ := json.Marshal(oidc.Pick(p, "uid", "given_name", "usual_name"))
		known = string(content)
	}
	digest := sha256.Sum256([]byte(subjectSalt + "\n" + known))
	id := digest[:16]
	id[6] = id[6]&0x0f | 0x40 // version 4
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	text := hex.EncodeToString(id)
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// email is the address in small letters, by which persons are compared.
func (p person) email() string { return strings.ToLower(p.text("email")) }

// level is what the person's provider answers. An unknown acr is reported as eidas1 (§2.5).
func (p person) level() string {
	if level := p.text("acr"); slices.Contains(levels, level) {
		return level
	}
	return "eidas1"
}

func (p person) amr() any { return oidc.Or(p, "amr", []string{"pwd"}) }

func (p person) idp() string {
	if idp := p.text("idp_id"); idp != "" {
		return idp
	}
	return proConnectIdentite
}

func (p person) isPublic() bool { return slices.Contains(p.texts("roles"), "agent_public") }

// organizations are those for which the person may log in: one log-in = one siret (§2.4).
func (p person) organizations() []person {
	var list []map[string]json.RawMessage
	p.decode("organizations", &list)
	organizations := make([]person, len(list))
	for i, members := range list {
		organizations[i] = person{}
		for name, value := range members {
			organizations[i][name] = value
		}
	}
	return organizations
}

// within is the person as she logs in for one of her organizations.
func (p person) within(organization person) person {
	whole := person{}
	maps.Copy(whole, p)
	delete(whole, "organizations")
	maps.Copy(whole, organization)
	return whole
}

// hinted is the person within the organization of that siret, else the first, where nobody
// is there to choose.
func (p person) hinted(siret string) person {
	organizations := p.organizations()
	if len(organizations) == 0 {
		return p.within(nil)
	}
	i := slices.IndexFunc(organizations, func(o person) bool { return o.text("siret") == siret })
	return p.within(organizations[max(i, 0)])
}

// siret is the person's, or where it is missing or invalid the default of her provider, if
// the identity names one (§2.4).
func (p person) siret() (value any, found bool) {
	value, found = p["siret"]
	if usual, has := p["idp_default_siret"]; has && !isSiret(p.text("siret")) {
		return usual, true
	}
	return value, found
}

// isSiret checks 14 digits and Luhn, which La Poste's establishments do not follow.
func isSiret(text string) bool {
	if len(text) != 14 || strings.Trim(text, "0123456789") != "" {
		return false
	}
	sum := 0
	for i, c := range text {
		digit := int(c - '0')
		if i%2 == 0 {
			digit *= 2
		}
		sum += digit/10 + digit%10
	}
	return sum%10 == 0 || strings.HasPrefix(text, "356000000")
}

// text reads a claim that should be a text; "" if it is something else.
func (p person) text(name string) string {
	var text string
	p.decode(name, &text)
	return text
}

// texts reads a claim that should be a list of texts.
func (p person) texts(name string) []string {
	var list []string
	p.decode(name, &list)
	return list
}

// decode reads a claim, raw JSON or not, into target, which stays as it is if the claim has
// another shape.
func (p person) decode(name string, target any) {
	content, err := json.Marshal(p[name])
	if err == nil {
		_ = json.Unmarshal(content, target)
	}
}
