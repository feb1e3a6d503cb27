package directory

import (
	"strings"

	"portail-qf/internal/domain/place"
)

// acronyms are the kinds of establishments that people know by their initials.
var acronyms = map[string]bool{"ccas": true, "cias": true, "sivu": true, "sivom": true, "sirp": true, "epci": true}

// CommonName is the name that citizens know an establishment by, from the one in capitals
// that the register gives, "COMMUNE DE MAJASTRES", and the code of its commune:
// "Majastres". What has no such name keeps the register's.
func CommonName(registered, cog string) string {
	commune, known := place.Commune(cog)
	if !known {
		return registered
	}
	folded, end := place.Fold(registered), place.Fold(commune)
	kind, found := strings.CutSuffix(folded, end)
	kind = strings.TrimSpace(kind)
	switch kind {
	case "", "commune", "commune de", "commune d", "commune du", "commune des", "ville de", "mairie de", "mairie", "ville":
		if found {
			return commune
		}
	}
	// "CENTRE COMMUNAL D ACTION SOCIALE DE VALOMBRE": the register writes neither accents nor
	// apostrophes; the kinds that lack no accent can be written as people do.
	if written, listed := kinds[kind]; found && listed {
		return written + " " + commune
	}
	if words := strings.Fields(kind); found && len(words) > 0 && acronyms[words[0]] {
		return strings.ToUpper(words[0]) + strings.TrimPrefix(kind, words[0]) + " " + commune
	}
	return registered
}

// kinds are the establishments whose name ends with that of their commune.
var kinds = map[string]string{
	"centre communal d action sociale de":      "Centre communal d’action sociale de",
	"centre communal d action sociale":         "Centre communal d’action sociale de",
	"centre communal action sociale":           "Centre communal d’action sociale de",
	"centre communal d action sociale du":      "Centre communal d’action sociale du",
	"centre intercommunal d action sociale de": "Centre intercommunal d’action sociale de",
	"caisse des ecoles de":                     "Caisse des écoles de",
	"caisse des ecoles":                        "Caisse des écoles de",
}
