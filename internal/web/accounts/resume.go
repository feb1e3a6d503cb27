package accounts

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// heldPlace is the page of which a form waits, where people know it by more than its fields: that
// of a request, or of a prolongation.
type heldPlace struct {
	Kind   placeKind
	Step   string // the code of its title, of a step
	Number string // "D10000012"
	Until  web.Moment
	Act    string // the code of what its button does, on a page that shows or ends something; "" for none
	Siret  string // of the town that it is about; "" where the address does not tell
}

type placeKind string

// The pages of a request (package requests, which this one may not know).
const (
	placeStep     placeKind = "etapes"
	placeSummary  placeKind = "recapitulatif"
	placeMessages placeKind = "messages"
)

// placeRenewal is the page that prolongs a token (package tokens).
const placeRenewal placeKind = "prolongation"

var renewalForm = regexp.MustCompile(`^/jetons/[0-9a-f-]{36}/prolongation$`)

// The fields of that page, in its order. The day is that which it printed.
const (
	fieldFor    = "pour"
	fieldUntil  = "jusqu_au"
	answeredYes = "oui"
)

var renewalAnswers = [...]string{"en_charge", "usage", "contacts"}

// prolongs is the day until which a form that waits prolongs a token; zero where it does not.
func prolongs(held account.HeldForm) web.Moment {
	day, err := time.Parse(time.DateOnly, held.Fields.Get(fieldUntil))
	if err != nil || slices.ContainsFunc(renewalAnswers[:], func(name string) bool { return held.Fields.Get(name) != answeredYes }) {
		return web.Moment{}
	}
	return web.MomentOf(day)
}

var requestForm = regexp.MustCompile(`^/collectivite/demandes/([0-9]{1,12})/(etapes|recapitulatif|messages)(?:/([a-z]+))?$`)

// heldActs are the forms whose fields do not tell what they do (packages tokens and editorspace).
var heldActs = [...]struct {
	path *regexp.Regexp // it catches the SIRET of a town, if any
	code string
}{
	{regexp.MustCompile(`^/jetons/[0-9a-f-]{36}/(?:recuperation|affichage)$`), "held.act.jeton_affiche"},
	{regexp.MustCompile(`^/jetons/[0-9a-f-]{36}/remplacement$`), "held.act.jeton_remplace"},
	{regexp.MustCompile(`^/jetons/[0-9a-f-]{36}/revocation$`), "held.act.jeton_revoque"},
	{regexp.MustCompile(`^/editeur/hubee/([0-9]{14})/cle$`), "held.act.hubee_affiche"},
	{regexp.MustCompile(`^/editeur/api/[^/]+/secrets/nouveau$`), "held.act.secret_cree"},
	{regexp.MustCompile(`^/editeur/api/[^/]+/secrets/[0-9]+/suppression$`), "held.act.secret_supprime"},
	{regexp.MustCompile(`^/editeur/api/[^/]+/coupure$`), "held.act.acces_coupe"},
}

func placeOf(held account.HeldForm) heldPlace {
	for _, act := range heldActs {
		if found := act.path.FindStringSubmatch(held.Path); found != nil {
			return heldPlace{Act: act.code, Siret: value.Siret(strings.Join(found[1:], "")).Display()}
		}
	}
	if renewalForm.MatchString(held.Path) {
		return heldPlace{Kind: placeRenewal, Until: prolongs(held)}
	}
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

// asAsked orders the fields of a form as their page asks them: those of requests and of
// prolongations first to last, any other by name.
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
	asked = append(append(asked, fieldFor, fieldUntil), renewalAnswers[:]...)
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
