package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// The models of DataPass that are ours (api-particulier.md §1.2, formulaire-qf.md §3.5).
const (
	modelAPI  = "authorization_request/api_particulier"
	modelForm = "authorization_request/formulaire_qf"
)

// Event is what DataPass tells of a request (api-particulier.md §1.2, datapass.md §5.6).
type Event struct {
	Trial        bool // of DataPass's test button: nothing else is told
	Name         string
	FiredAt      int64 // seconds since 1970, DataPass's clock
	Model        string
	Request      habilitation.RequestNumber
	State        string // of the request, in DataPass's words
	FormUID      string
	Siret        value.Siret
	Organisation string
	Title        string
	Modalities   habilitation.Modalities
	Scopes       []string
	Contacts     habilitation.Contacts
	Provider     Provider
}

// Provider is the editor whose form was used, as DataPass knows it.
type Provider struct {
	ID       string // "3d_ouest"
	Siret    value.Siret
	IsEditor bool
	Known    bool // it is an editor, with a SIRET
}

// Limits on what is kept of an event, in characters.
const (
	nameLimit  = 255
	titleLimit = 500
	maxScopes  = 200
	// maxDepth is far more than DataPass nests: the INSEE payload has five levels.
	maxDepth = 40
)

// wireEvent is the body, reduced to what is used.
type wireEvent struct {
	Test      bool        `json:"test"`
	Event     string      `json:"event"`
	FiredAt   json.Number `json:"fired_at"`
	ModelType string      `json:"model_type"`
	ModelID   json.Number `json:"model_id"`
	Data      wireRequest `json:"data"`
}

type wireRequest struct {
	State        string `json:"state"`
	FormUID      string `json:"form_uid"`
	Organization struct {
		Name  string `json:"name"`
		Siret string `json:"siret"`
	} `json:"organization"`
	Applicant struct {
		Email      string `json:"email"`
		GivenName  string `json:"given_name"`
		FamilyName string `json:"family_name"`
		Phone      string `json:"phone_number"`
		Job        string `json:"job_title"`
	} `json:"applicant"`
	ServiceProvider struct {
		ID    string `json:"id"`
		Type  string `json:"type"`
		Siret string `json:"siret"`
	} `json:"service_provider"`
	Data wireFields `json:"data"`
}

// wireFields are the fields of the form. A contact is spread over five of them.
type wireFields map[string]json.RawMessage

// ReadEvent understands the body of a webhook. The error says what is wrong by its code,
// the event what could be read all the same. Codes, all fault.Invalid: datapass.unreadable,
// datapass.too_deep, datapass.duplicate_key, datapass.incomplete, datapass.number_invalid,
// datapass.event_unknown, datapass.siret_invalid, datapass.requester_missing,
// datapass.mail_invalid.
func ReadEvent(body []byte) (Event, error) {
	if err := checkShape(body); err != nil {
		return Event{}, err
	}
	var wire wireEvent
	if err := json.Unmarshal(body, &wire); err != nil {
		return Event{}, fault.Because(fault.Invalid, "datapass.unreadable", errors.New("a member is not of its type"))
	}
	if wire.Test {
		return Event{Trial: true}, nil
	}
	event := Event{Name: cut(wire.Event, 40), Model: cut(wire.ModelType, 80), State: wire.Data.State, FormUID: cut(wire.Data.FormUID, nameLimit)}
	if err := event.readNumbers(wire); err != nil {
		return event, err
	}
	if !event.ours() {
		return event, nil // what it says is not our affair
	}
	if _, known := ranks[event.Name]; !known {
		return event, invalid("datapass.event_unknown")
	}
	err := event.readRequest(wire.Data)
	if event.Name == eventRevoke { // it ends a right, whatever it lacks: the number says which
		err = nil
	}
	return event, err
}

// ours tells whether the request is for the quotient.
func (e Event) ours() bool { return e.Model == modelAPI || e.Model == modelForm }

func invalid(code string) error { return fault.New(fault.Invalid, code) }

func (e *Event) readNumbers(wire wireEvent) error {
	if e.Name == "" || e.Model == "" || wire.ModelID == "" || wire.FiredAt == "" {
		return invalid("datapass.incomplete")
	}
	id, errID := strconv.ParseInt(wire.ModelID.String(), 10, 64)
	fired, errFired := strconv.ParseInt(wire.FiredAt.String(), 10, 64)
	if errID != nil || errFired != nil || id < 1 || fired < 1 || fired > maxFired {
		return invalid("datapass.number_invalid")
	}
	if e.ours() && id >= firstOwn {
		return invalid("datapass.number_invalid")
	}
	e.Request, e.FiredAt = habilitation.RequestNumber(id), fired
	return nil
}

const (
	// maxFired is the year 9999: later is no time.
	maxFired = 253402300799
	// firstOwn is the first number of our own requests (SETTLED.md, names): one of DataPass
	// beyond would be taken for ours.
	firstOwn = 10_000_000
)

func (e *Event) readRequest(data wireRequest) error {
	siret, err := value.ParseSiret(data.Organization.Siret)
	if err != nil {
		return invalid("datapass.siret_invalid")
	}
	e.Siret, e.Organisation = siret, line(data.Organization.Name, nameLimit)
	e.Title = line(data.Data.text("intitule"), titleLimit)
	e.Scopes = data.Data.list("scopes")
	e.Modalities = modalities(e.Model, data.Data)
	a := data.Applicant
	e.Contacts = habilitation.Contacts{
		Requester:  contact(a.GivenName, a.FamilyName, a.Email, a.Phone, a.Job),
		Technical:  data.Data.contact("contact_technique"),
		Business:   data.Data.contact("contact_metier"),
		DPD:        data.Data.contact("delegue_protection_donnees"),
		Controller: data.Data.contact("responsable_traitement"),
	}
	e.readProvider(data)
	switch {
	case e.Name != eventApprove && e.Name != transfer: // nobody has to be written to yet
	case strings.TrimSpace(a.Email) == "":
		return invalid("datapass.requester_missing")
	case e.Contacts.Requester.Mail == "":
		return invalid("datapass.mail_invalid")
	}
	return nil
}

// readProvider keeps an editor; DataPass has providers of other types too.
func (e *Event) readProvider(data wireRequest) {
	p := data.ServiceProvider
	e.Provider = Provider{ID: cut(p.ID, nameLimit), IsEditor: p.Type == "editor"}
	if siret, err := value.ParseSiret(p.Siret); err == nil && e.Provider.IsEditor {
		e.Provider.Siret, e.Provider.Known = siret, true
	}
}

// modalities reads the ways to the data: absent, they are the token's alone (SETTLED.md);
// the definition "formulaire_qf" has but the form.
func modalities(model string, fields wireFields) habilitation.Modalities {
	if model == modelForm {
		return habilitation.Modalities{Form: true}
	}
	listed := fields.list("modalities")
	if len(listed) == 0 {
		return habilitation.Modalities{Token: true}
	}
	var granted habilitation.Modalities
	for _, modality := range listed {
		switch modality {
		case "params":
			granted.Token = true
		case "formulaire_qf":
			granted.Form = true
		}
	}
	return granted
}

// text reads a field that holds a text, "" otherwise.
func (f wireFields) text(name string) string {
	var text string
	if raw, found := f[name]; found && json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// list reads a field that holds texts, or one text; none otherwise.
func (f wireFields) list(name string) []string {
	var listed []string
	if raw, found := f[name]; found && json.Unmarshal(raw, &listed) != nil {
		listed = []string{f.text(name)}
	}
	kept := listed[:0]
	for _, text := range listed[:min(len(listed), maxScopes)] {
		if text != "" {
			kept = append(kept, cut(text, nameLimit))
		}
	}
	return kept
}

func (f wireFields) contact(role string) habilitation.Contact {
	return contact(f.text(role+"_given_name"), f.text(role+"_family_name"), f.text(role+"_email"),
		f.text(role+"_phone_number"), f.text(role+"_job_title"))
}

// contact keeps what can be used: an address that no mail can be sent to is none.
func contact(given, family, mail, phone, job string) habilitation.Contact {
	address, err := notice.ParseAddress(mail)
	if err != nil {
		address = ""
	}
	return habilitation.Contact{
		GivenName: line(given, nameLimit), FamilyName: line(family, nameLimit), Mail: address,
		Phone: line(phone, 40), Job: line(job, nameLimit),
	}
}

// line brings a text of somebody else onto one line of visible characters.
func line(text string, limit int) string { return strings.TrimSpace(notice.OneLine(text, limit)) }

func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) > limit {
		return string([]rune(text)[:limit])
	}
	return text
}

// checkShape refuses what two readers might read in two ways: a key given twice, bytes that
// are no UTF-8, something after the end; and what nests too deep to be DataPass's.
func checkShape(body []byte) error {
	if !utf8.Valid(body) || !json.Valid(body) {
		return invalid("datapass.unreadable")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	first, err := decoder.Token()
	if first != json.Delim('{') || err != nil {
		return invalid("datapass.unreadable")
	}
	return checkObject(decoder, 1)
}

// checkObject goes through an object whose brace was read.
func checkObject(decoder *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return invalid("datapass.unreadable")
		}
		name := folded(fmt.Sprint(key))
		if seen[name] {
			return invalid("datapass.duplicate_key")
		}
		seen[name] = true
		if err := checkValue(decoder, depth); err != nil {
			return err
		}
	}
	return skipEnd(decoder)
}

// folded is a key as encoding/json compares it: "Event", and "ſiret", are read as "event"
// and "siret".
func folded(key string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, key)
}

func checkValue(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	switch {
	case err != nil:
		return invalid("datapass.unreadable")
	case token != json.Delim('{') && token != json.Delim('['):
		return nil
	case depth == maxDepth:
		return invalid("datapass.too_deep")
	case token == json.Delim('{'):
		return checkObject(decoder, depth+1)
	}
	for decoder.More() {
		if err := checkValue(decoder, depth+1); err != nil {
			return err
		}
	}
	return skipEnd(decoder)
}

func skipEnd(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil && !errors.Is(err, io.EOF) {
		return invalid("datapass.unreadable")
	}
	return nil
}

// Moment is when the event happened, by DataPass's clock.
func (e Event) Moment() time.Time {
	if e.FiredAt == 0 {
		return time.Time{}
	}
	return time.Unix(e.FiredAt, 0)
}
