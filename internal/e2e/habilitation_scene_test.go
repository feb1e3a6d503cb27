package e2e

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/hubee"
	"portail-qf/internal/sim/stage"
)

// newTown is a town that nobody here knows yet; the register does.
type newTown struct {
	Siret, Name, COG, Postcode, Commune string
}

// clairmont is such a town, bigorne another.
var (
	clairmont = newTown{"21560124000017", "COMMUNE DE LIMERZEL", "56111", "56220", "LIMERZEL"}
	bigorne   = newTown{"21650440300017", "COMMUNE DE TARBES", "65440", "65000", "TARBES"}
)

// isRegistered has the register know a town; closed when it is not active.
func (s *scene) isRegistered(town newTown, active bool) {
	s.t.Helper()
	body, err := json.Marshal([]map[string]any{{
		"siret": town.Siret, "name": town.Name, "code_commune": town.COG, "code_postal": town.Postcode, "commune": town.Commune, "active": active,
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.put(s.registerURL+"/_sim/organizations", body)
}

func (s *scene) put(address string, body []byte) {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodPut, address, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode >= 300 {
		s.t.Fatalf("PUT %s answered %d", address, response.StatusCode)
	}
}

// fields is a JSON object under construction.
type fields = map[string]any

// told is an event of DataPass (api-particulier.md §1.2), about the first new town, by the
// form of the first editor. Changes replace members of the innermost data, of data or of
// the event itself, by their names.
func told(event string, number, firedAt int64, changes fields) fields {
	filled := fields{
		"intitule": "Restauration scolaire", "description": "Calcul des tarifs de la cantine.",
		"modalities":              []string{"params", "formulaire_qf"},
		"scopes":                  []string{"cnaf_quotient_familial", "cnaf_allocataires", "cnaf_enfants", "cnaf_adresse"},
		"contact_technique_email": "ancien@tilleul.example.fr", "contact_technique_given_name": "Tom", "contact_technique_family_name": "Vidal",
		"contact_metier_email": "enfance@limerzel.example.fr", "contact_metier_given_name": "Aline", "contact_metier_family_name": "Morvan",
		"delegue_protection_donnees_email": "dpd@syndicat.example.fr", "delegue_protection_donnees_given_name": "Luc",
		"delegue_protection_donnees_family_name": "Kerjean",
		"responsable_traitement_email":           "maire@limerzel.example.fr", "responsable_traitement_given_name": "Odile",
		"responsable_traitement_family_name": "Tanguy", "responsable_traitement_job_title": "Maire",
	}
	data := fields{
		"id": number, "public_id": "0c9b5a4e-0000-4000-8000-000000000001", "state": "validated", "form_uid": "api-particulier-tilleul",
		"organization":     fields{"id": 12, "name": clairmont.Name, "siret": clairmont.Siret, "insee_payload": fields{}},
		"applicant":        fields{"id": 7, "email": requester, "given_name": "Yves", "family_name": "Cadoret", "phone_number": "0836656565", "job_title": "DGS"},
		"service_provider": fields{"id": "tilleul", "type": "editor", "siret": "90511200900014"},
		"authorizations":   []any{},
		"data":             filled,
	}
	whole := fields{"event": event, "fired_at": firedAt, "model_type": "authorization_request/api_particulier", "model_id": number, "data": data}
	for name, value := range changes {
		for _, level := range []fields{whole, data, filled} {
			if _, has := level[name]; has {
				level[name] = value
				break
			}
		}
	}
	return whole
}

// requester is who asks for the habilitation of the first new town, tilleulContact the present
// contact of its editor.
const (
	requester      = "yves.cadoret@limerzel.example.fr"
	tilleulContact = "integration@tilleul.example.fr"
)

// tells sends an event with its signature and returns the status.
func (s *scene) tells(event fields) int {
	s.t.Helper()
	body, err := json.Marshal(event)
	if err != nil {
		s.t.Fatal(err)
	}
	status, _ := s.sendsSigned(body)
	return status
}

func (s *scene) sendsSigned(body []byte) (int, string) {
	s.t.Helper()
	return s.sendsSignedTo(s.t.Context(), body)
}

// sendsSignedTo gives up with the context: that of a portal that may die.
func (s *scene) sendsSignedTo(ctx context.Context, body []byte) (int, string) {
	mac := hmac.New(sha256.New, []byte(stage.DatapassSecret))
	mac.Write(body)
	return s.sendsRaw(ctx, body, "sha256="+hex.EncodeToString(mac.Sum(nil)))
}

func (s *scene) sendsRaw(ctx context.Context, body []byte, signature string) (int, string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.portalURL+"/api/datapass/webhook", bytes.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	if signature != "" {
		request.Header.Set("X-Hub-Signature-256", signature)
	}
	request.Close = true // a portal that was killed since answers nobody
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(answer)
}

// mustTell fails unless the portal takes an event.
func (s *scene) mustTell(event fields) {
	s.t.Helper()
	if status := s.tells(event); status != http.StatusOK {
		s.t.Fatalf("the event %q of %v was answered %d", event["event"], event["model_id"], status)
	}
}

// subscriptionsOf lists HubEE's subscriptions of a town.
func (s *scene) subscriptionsOf(town newTown) []hubee.Subscription {
	s.t.Helper()
	return slices.DeleteFunc(atHub[hubee.Subscription](s, "subscriptions"), func(sub hubee.Subscription) bool {
		return sub.Subscriber.CompanyRegister != town.Siret
	})
}

// organizationsOf lists HubEE's organisations of a town.
func (s *scene) organizationsOf(town newTown) []hubee.Organization {
	s.t.Helper()
	return slices.DeleteFunc(atHub[hubee.Organization](s, "organizations"), func(o hubee.Organization) bool {
		return o.CompanyRegister != town.Siret
	})
}

// hasOneSubscription fails unless HubEE has one organisation and one subscription of a
// town, in a status and a mode.
func (s *scene) hasOneSubscription(town newTown, status, mode string) hubee.Subscription {
	s.t.Helper()
	organisations, subscriptions := s.organizationsOf(town), s.subscriptionsOf(town)
	if len(organisations) != 1 || len(subscriptions) != 1 {
		s.t.Fatalf("HubEE has %d organisations and %d subscriptions of %s", len(organisations), len(subscriptions), town.Name)
	}
	got := subscriptions[0]
	if got.Status != status || deref(got.AccessMode) != mode {
		s.t.Errorf("the subscription is %s, %q; want %s, %q", got.Status, deref(got.AccessMode), status, mode)
	}
	return got
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// form is the state of the form of a town in the directory, "" when it is not there.
func (s *scene) formOf(town newTown) string {
	s.t.Helper()
	var state string
	rows, err := s.tables.Query(`SELECT form FROM collectivities WHERE siret = $1`, town.Siret)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&state); err != nil {
			s.t.Fatal(err)
		}
	}
	return state
}

// requestState is where a request stands, "" when it is not known.
func (s *scene) requestState(number int64) (state string) {
	s.t.Helper()
	_ = s.tables.QueryRow(`SELECT state FROM requests WHERE number = $1`, number).Scan(&state)
	return state
}

// isListed tells whether the public list has a town.
func (s *scene) isListed(town newTown) bool {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodGet, s.portalURL+"/api/collectivites", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	var listed []struct{ Siret string }
	decodeAnswer(s.t, request, http.StatusOK, &listed)
	return slices.ContainsFunc(listed, func(one struct{ Siret string }) bool { return one.Siret == town.Siret })
}

// envelope is to whom a mail went.
type envelope struct{ To, CC []string }

// envelopes lists the mails after the first ones, with their exact addressees.
func (s *scene) envelopes(since int) []envelope {
	var found []envelope
	for _, message := range s.stage.Mail.Messages()[since:] {
		found = append(found, envelope{To: sorted(message.To), CC: sorted(message.Cc)})
	}
	return found
}

// joined compares lists of addresses, none being none.
var joined = cmp.Transformer("joined", func(list []string) string { return strings.Join(list, ", ") })

func sorted(addresses []string) []string {
	list := slices.Clone(addresses)
	slices.Sort(list)
	return list
}

// typed are values that a person gives to the fields of a form.
type typed map[string]string

// fill presses the button of a form with values of one's own.
func (p *page) fill(action string, values typed) *page {
	p.visitor.t.Helper()
	target, fields := p.form(action)
	for name, value := range values {
		fields.Set(name, value)
	}
	return p.visitor.post(target, fields)
}

// becomesActive waits until the form of a town is open.
func (s *scene) becomesActive(town newTown) {
	s.t.Helper()
	eventually(s.t, 30*time.Second, "the form of "+town.Name+" is open", func() bool { return s.formOf(town) == "ouvert" })
}

// anotherTown is the n-th of many towns, with a SIRET of its own.
func anotherTown(t testing.TB, n int) newTown {
	t.Helper()
	base := fmt.Sprintf("2156%05d000", n)[:12]
	for check := range 100 {
		siret := fmt.Sprintf("%s%02d", base, check)
		if luhnValid(siret) {
			return newTown{siret, "COMMUNE DE LIMERZEL", "56111", "56220", "LIMERZEL"}
		}
	}
	t.Fatalf("no SIRET begins with %s", base)
	return newTown{}
}

func luhnValid(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
