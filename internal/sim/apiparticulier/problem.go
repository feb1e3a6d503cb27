package apiparticulier

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// dialect is a generation of the API: its parameter names and the shape of its refusals.
type dialect int

const (
	v2 dialect = 2
	v3 dialect = 3
)

// problem is a refusal, with what each generation answers (reference/api-particulier.md
// §7.4). Titles and details are the service's own, which a client may read.
type problem struct {
	status    int // v3
	code      string
	title     string
	detail    string
	parameter string // source.parameter, none when empty
	meta      map[string]any

	oldStatus int    // v2
	oldError  string // v2's word for it; empty for a flat list of sentences
}

// Refusals of the token (§7.4). v2 answers some before its controllers run: these are flat.

func unknownToken() problem {
	return problem{
		status: http.StatusUnauthorized, code: "00101", title: "Interdit", parameter: "token",
		detail:    "Votre token n'est pas valide ou n'est pas renseigné",
		oldStatus: http.StatusUnauthorized, oldError: "access_denied",
	}
}

func expiredToken() problem {
	return problem{
		status: http.StatusUnauthorized, code: "00103", title: "Jeton expiré", parameter: "token",
		detail:    "Votre token est expiré. Vous devez refaire une demande",
		oldStatus: http.StatusUnauthorized,
	}
}

func blacklistedToken() problem {
	return problem{
		status: http.StatusUnauthorized, code: "00105", title: "Jeton sur liste noire", parameter: "token",
		detail: "Votre jeton est sur liste noire, celui-ci a certainement été divulgué sur un canal non-sécurisé. " +
			"Vous pouvez trouver un jeton valide sur votre espace personnel: https://particulier.api.gouv.fr/compte",
		oldStatus: http.StatusUnauthorized,
	}
}

func scopesMissing() problem {
	return problem{
		status: http.StatusForbidden, code: "00100", title: "Privilèges insuffisants", parameter: "token",
		detail:    "Votre token est valide mais vos privilèges sont insuffisants. Listez vos privilèges sur /api/introspect",
		oldStatus: http.StatusUnauthorized, oldError: "access_denied",
	}
}

func addressRefused() problem {
	return problem{
		status: http.StatusForbidden, code: "00107", title: "Interdit", parameter: "token",
		detail: "IP non autorisée", oldStatus: http.StatusForbidden,
	}
}

func tooManyRequests() problem {
	return problem{
		status: http.StatusTooManyRequests, code: "00429", title: "Trop de requêtes",
		detail: "Vous avez effectué trop de requêtes", oldStatus: http.StatusTooManyRequests,
	}
}

func inProgress() problem {
	return problem{
		status: http.StatusConflict, code: "00015", title: "Conflit",
		detail: "Une requête associé à votre jeton est déjà en cours de traitement pour ces paramètres. " +
			"Veuillez attendre la fin du traitement avant d'effectuer une nouvelle requête.",
		oldStatus: http.StatusConflict, oldError: "conflict",
	}
}

// citizenToken is a refusal of the FranceConnect token: codes 50001 to 50003.
func citizenToken(code, detail string) problem {
	return problem{
		status: http.StatusUnauthorized, code: code, title: "Accès non autorisé", detail: detail,
		meta:      map[string]any{"provider": "FranceConnect"},
		oldStatus: http.StatusUnauthorized, oldError: "unauthorized",
	}
}

func citizenTokenMalformed() problem {
	return citizenToken("50001", "Le jeton d'accès est mal formaté.")
}

func citizenTokenUnknown() problem {
	return citizenToken("50002", "Le jeton d'accès n'a pas été trouvé ou est expiré.")
}

func citizenTokenWithoutPivot() problem {
	return citizenToken("50003", "Le jeton d'accès ne possède pas les données pivot requises pour effectuer cet appel.")
}

// franceConnectDown is FranceConnect out of reach.
func franceConnectDown() problem {
	return problem{
		status: http.StatusBadGateway, code: "00501", title: "Erreur réseau",
		detail: "Problème de connexion au serveur distant. L'erreur peut venir soit du fournisseur, soit de API Entreprise. " +
			"Il s'agit souvent d'une erreur temporaire.",
		meta:      map[string]any{"retry_in": 10},
		oldStatus: http.StatusBadGateway, oldError: "network_error",
	}
}

// franceConnectGarbled is an answer of FranceConnect that cannot be read or trusted.
func franceConnectGarbled() problem {
	return problem{
		status: http.StatusBadGateway, code: "51999", title: "Erreur inconnue du fournisseur de données",
		detail: "La réponse retournée par le fournisseur de données est invalide et inconnue de notre service. " +
			"L'équipe technique a été notifiée de cette erreur pour investigation.",
		meta:      map[string]any{"provider": "FranceConnect"},
		oldStatus: http.StatusServiceUnavailable, oldError: "provider_unknown_error",
	}
}

// badParameter is a refusal of one parameter.
func badParameter(code, detail string) problem {
	return problem{
		status: http.StatusUnprocessableEntity, code: code, title: "Entité non traitable", detail: detail,
		oldStatus: http.StatusBadRequest, oldError: "bad_request",
	}
}

// wireProblem and wireSource are v3's shape of a refusal.
type wireProblem struct {
	Code   string         `json:"code"`
	Title  string         `json:"title"`
	Detail string         `json:"detail"`
	Source *wireSource    `json:"source"`
	Meta   map[string]any `json:"meta"`
}

type wireSource struct {
	Parameter string `json:"parameter"`
}

// oldProblem is v2's shape.
type oldProblem struct {
	Error   string `json:"error"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// refuse answers problems, one at least: all of them in v3, the first in v2.
func (d dialect) refuse(w http.ResponseWriter, problems ...problem) {
	first := problems[0]
	if d == v3 {
		list := make([]wireProblem, 0, len(problems))
		for _, p := range problems {
			list = append(list, p.wire())
		}
		write(w, first.status, typeProblem, map[string]any{"errors": list})
		return
	}
	if first.oldError == "" {
		write(w, first.oldStatus, typeJSON, map[string]any{"errors": []string{first.detail}})
		return
	}
	write(w, first.oldStatus, typeJSON, oldProblem{first.oldError, first.detail, first.detail})
}

func (p problem) wire() wireProblem {
	wire := wireProblem{Code: p.code, Title: p.title, Detail: p.detail, Meta: p.meta}
	if p.parameter != "" {
		wire.Source = &wireSource{p.parameter}
	}
	if wire.Meta == nil {
		wire.Meta = map[string]any{}
	}
	return wire
}

// The content types of answers: v3's refusals are JSON:API documents (§7.4), although the
// OpenAPI file says application/json.
const (
	typeJSON    = "application/json; charset=utf-8"
	typeProblem = "application/vnd.api+json"
)

// write answers value as JSON, characters as they are.
func write(w http.ResponseWriter, status int, contentType string, value any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		http.Error(w, "the answer cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}
