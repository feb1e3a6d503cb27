package accounts

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
)

// heldPlace is the page of a request of which a form waits; zero for a form of another page.
type heldPlace struct {
	Kind   placeKind
	Step   string // the code of its title, of a step
	Number string // "D10000012"
}

type placeKind string

// The pages of a request (package requests, which this one may not know).
const (
	placeStep     placeKind = "etapes"
	placeSummary  placeKind = "recapitulatif"
	placeMessages placeKind = "messages"
)

var requestForm = regexp.MustCompile(`^/collectivite/demandes/([0-9]{1,12})/(etapes|recapitulatif|messages)(?:/([a-z]+))?$`)

func placeOf(held account.HeldForm) heldPlace {
	found := requestForm.FindStringSubmatch(held.Path)
	if found == nil {
		return heldPlace{}
	}
	number, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil || (placeKind(found[2]) == placeStep) != (found[3] != "") {
		return heldPlace{}
	}
	place := heldPlace{Kind: placeKind(found[2]), Number: habilitation.RequestNumber(number).String()}
	if place.Kind == placeStep {
		place.Step = "block." + found[3]
	}
	return place
}

// fieldThen is what a step of a request does once it is saved; thenFile goes back to it, to
// choose again the file that did not wait.
const (
	fieldThen = "suite"
	thenFile  = "fichier"
)

// asAsked orders the fields of a form as their page asks them: those of requests first to last,
// any other by name.
func asAsked(names []string) []string {
	var asked []string
	for _, text := range request.Texts {
		switch text.Field {
		case "metier_prenom":
			asked = append(asked, "metier_autre")
		case "technique_prenom":
			asked = append(asked, string(request.FieldTechnicalOneself))
		}
		asked = append(asked, string(text.Field))
	}
	slices.SortFunc(names, func(a, b string) int {
		if first := slices.Index(asked, a) - slices.Index(asked, b); first != 0 {
			return first
		}
		return strings.Compare(a, b)
	})
	return names
}

// Lines are what was typed, line by line.
func (f heldField) Lines() []string {
	return strings.Split(strings.ReplaceAll(f.Value, "\r\n", "\n"), "\n")
}
