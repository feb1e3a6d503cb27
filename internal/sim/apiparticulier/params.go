package apiparticulier

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// codeFrance is France's code among the countries of birth.
const codeFrance = "99100"

// Params are the parameters of a request, whatever its route calls them
// (reference/api-particulier.md §7.2). An empty field is an absent parameter; FirstNames is
// nil when absent, and holds blanks as they came.
type Params struct {
	BirthName, UsualName            string
	FirstNames                      []string
	BirthYear, BirthMonth, BirthDay string
	Sex                             string // M or F
	Country, Commune                string // COG codes
	CommuneName, Departement        string // the commune by its name
	Year, Month                     string // the quotient asked for
}

// parameter is one parameter under its two names.
type parameter struct {
	v3, v2 string
	field  func(*Params) *string
}

// parameters lists all but recipient and the list of first names.
func parameters() []parameter {
	return []parameter{
		{"nomNaissance", "nomNaissance", func(p *Params) *string { return &p.BirthName }},
		{"nomUsage", "nomUsage", func(p *Params) *string { return &p.UsualName }},
		{"anneeDateNaissance", "anneeDateDeNaissance", func(p *Params) *string { return &p.BirthYear }},
		{"moisDateNaissance", "moisDateDeNaissance", func(p *Params) *string { return &p.BirthMonth }},
		{"jourDateNaissance", "jourDateDeNaissance", func(p *Params) *string { return &p.BirthDay }},
		{"sexeEtatCivil", "sexe", func(p *Params) *string { return &p.Sex }},
		{"codeCogInseePaysNaissance", "codePaysLieuDeNaissance", func(p *Params) *string { return &p.Country }},
		{"codeCogInseeCommuneNaissance", "codeInseeLieuDeNaissance", func(p *Params) *string { return &p.Commune }},
		{"nomCommuneNaissance", "nomCommuneNaissance", func(p *Params) *string { return &p.CommuneName }},
		{"codeCogInseeDepartementNaissance", "codeInseeDepartementNaissance", func(p *Params) *string { return &p.Departement }},
		{"annee", "annee", func(p *Params) *string { return &p.Year }},
		{"mois", "mois", func(p *Params) *string { return &p.Month }},
	}
}

// name is what dialect d calls the parameter.
func (p parameter) name(d dialect) string {
	if d == v2 {
		return p.v2
	}
	return p.v3
}

// asked reads the parameters of a request in dialect d. Surrounding spaces do not count.
func asked(query url.Values, d dialect) Params {
	var p Params
	for _, known := range parameters() {
		*known.field(&p) = strings.TrimSpace(query.Get(known.name(d)))
	}
	switch list, scalar := query["prenoms[]"], query.Has("prenoms"); {
	case list != nil:
		p.FirstNames = list
	case scalar: // not a list: refused as a list of blanks is
		p.FirstNames = []string{""}
	}
	return p
}

// Query asks for these parameters on a route of civil identity, as its clients write them.
func (p Params) Query(route Route) url.Values {
	d, query := v3, url.Values{}
	if route == RouteV2 {
		d = v2
	}
	for _, known := range parameters() {
		if text := *known.field(&p); text != "" {
			query.Set(known.name(d), text)
		}
	}
	if p.FirstNames != nil {
		query["prenoms[]"] = p.FirstNames
	}
	return query
}

// misspelt is how two official v2 files write nomNaissance (SETTLED.md, Rules).
const misspelt = "nomNaissange"

// readParams reads the params of a family, numbers or text, under the names of either
// dialect; old tells that a name of v2 alone was among them. recipient is left out.
func readParams(written map[string]any) (p Params, old bool, err error) {
	known := map[string]parameter{}
	for _, each := range parameters() {
		known[each.v2], known[each.v3] = each, each
	}
	known[misspelt] = known["nomNaissance"]
	for _, name := range slices.Sorted(maps.Keys(written)) {
		value := written[name]
		switch name {
		case "recipient":
			continue
		case "prenoms", "prenoms[]":
			if p.FirstNames, err = textList(value); err != nil {
				return Params{}, false, fmt.Errorf("parameter %s: %w", name, err)
			}
			continue
		}
		parameter, found := known[name]
		if !found {
			return Params{}, false, fmt.Errorf("unknown parameter %s", name)
		}
		if *parameter.field(&p), err = text(value); err != nil {
			return Params{}, false, fmt.Errorf("parameter %s: %w", name, err)
		}
		old = old || name != parameter.v3 && name != misspelt
	}
	return p, old, nil
}

// text reads a scalar of YAML or JSON.
func text(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case uint64:
		return strconv.FormatUint(value, 10), nil
	case float64:
		if whole := int64(value); float64(whole) == value {
			return strconv.FormatInt(whole, 10), nil
		}
	case nil:
		return "", nil
	}
	return "", errors.New("a text or a whole number is expected")
}

func textList(value any) ([]string, error) {
	written, ok := value.([]any)
	if !ok {
		return nil, errors.New("a list is expected")
	}
	list := make([]string, 0, len(written))
	for _, item := range written {
		name, err := text(item)
		if err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, nil
}

// reduced drops what the service drops before it calls the provider, so that two requests
// for the same answer compare equal (§7.2 and the descriptions of the OpenAPI file).
func (p Params) reduced() Params {
	for _, number := range []*string{&p.BirthYear, &p.BirthMonth, &p.BirthDay, &p.Year, &p.Month} {
		*number = strings.TrimLeft(*number, "0")
	}
	if p.BirthYear == "" {
		p.BirthMonth = ""
	}
	if p.BirthMonth == "" {
		p.BirthDay = ""
	}
	if p.Country != codeFrance {
		p.Commune, p.CommuneName, p.Departement = "", "", ""
	}
	return p
}

// key is equal for the parameters that the same family answers to.
func (p Params) key() string {
	p = p.reduced()
	var key strings.Builder
	for _, known := range parameters() {
		key.WriteString(*known.field(&p) + "\n")
	}
	key.WriteString(strings.Join(p.FirstNames, "\n"))
	return strings.ToLower(key.String())
}

// pivotKey is the key without what FranceConnect's pivot identity does not hold.
func (p Params) pivotKey() string {
	p.UsualName = ""
	return p.key()
}
