package directory

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

// Registration is what the existing back-office says of a collectivity for which it has
// seen to everything (api-particulier.md §1.4). The département is not asked: it follows
// from the COG code.
type Registration struct {
	Name, Siret, COG string
	Status           Status
	// Editor may be the SIRET of one of our editors. Whatever else it is, such as an id of
	// DataPass, tells us of none.
	Editor string
}

// Status is how the existing back-office says where a form stands.
type Status string

// The statuses. StatusActive means that HubEE is ready: the form opens.
const (
	StatusActive   Status = "active"
	StatusInactive Status = "inactive"
)

// Form is what the status means for the form.
func (s Status) Form() FormState {
	if s == StatusActive {
		return FormOpen
	}
	return FormSoon
}

// Wrong is a fault of one field of a registration.
type Wrong struct {
	Field Field
	Why   Fault
}

// Field is a field of a registration.
type Field string

// The fields that may be wrong.
const (
	FieldName   Field = "name"
	FieldSiret  Field = "siret"
	FieldCOG    Field = "code_cog"
	FieldStatus Field = "status"
)

// Fault is what is wrong with a field.
type Fault string

// The faults.
const (
	FaultMissing Fault = "missing"
	FaultInvalid Fault = "invalid"
	FaultTooLong Fault = "too_long"
	FaultUnknown Fault = "unknown" // not one of the values that exist
)

// Refusal tells everything that is wrong with a registration at once. Its kind is
// fault.Invalid.
type Refusal []Wrong

// Error names the faults and quotes no value.
func (r Refusal) Error() string {
	told := make([]string, len(r))
	for i, wrong := range r {
		told[i] = string(wrong.Field) + " " + string(wrong.Why)
	}
	return "the registration is wrong: " + strings.Join(told, ", ")
}

// Unwrap classifies the refusal.
func (Refusal) Unwrap() error { return fault.New(fault.Invalid, "collectivity.invalid") }

// maxName is more than the longest name of a collectivity, in characters.
const maxName = 255

// Check lists what is wrong with the registration.
func (r Registration) Check() Refusal {
	var refusal Refusal
	refuse := func(field Field, given string, why Fault) {
		if strings.TrimSpace(given) == "" {
			why = FaultMissing
		}
		if why != "" {
			refusal = append(refusal, Wrong{field, why})
		}
	}
	refuse(FieldName, r.Name, faultOfName(r.Name))
	refuse(FieldSiret, r.Siret, faultWhen(!isSiret(r.Siret), FaultInvalid))
	_, isCommune := place.Departement(r.COG)
	refuse(FieldCOG, r.COG, faultWhen(!isCommune || !cogFormat.MatchString(r.COG), FaultInvalid))
	refuse(FieldStatus, string(r.Status), faultWhen(r.Status != StatusActive && r.Status != StatusInactive, FaultUnknown))
	return refusal
}

func faultWhen(wrong bool, why Fault) Fault {
	if wrong {
		return why
	}
	return ""
}

func isSiret(text string) bool {
	_, err := value.ParseExactSiret(text)
	return err == nil
}

// faultOfName accepts what is made of visible characters. What could not be read as UTF-8
// arrives as the replacement character.
func faultOfName(name string) Fault {
	switch {
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return FaultInvalid
	case utf8.RuneCountInString(name) > maxName:
		return FaultTooLong
	}
	return ""
}

// entry is the collectivity as it is kept; the registration was checked.
func (r Registration) entry() Entry {
	name := strings.Join(strings.Fields(r.Name), " ")
	departement, _ := place.Departement(r.COG)
	editor := value.Siret("")
	if isSiret(r.Editor) {
		editor = value.Siret(r.Editor)
	}
	return Entry{
		Collectivity: Collectivity{
			Siret: value.Siret(r.Siret), Name: name, COG: r.COG, Departement: departement, Form: r.Status.Form(), EditorSiret: editor,
		},
		FoldedName: place.Fold(name), FormGiven: true,
	}
}

// RegistrationStore keeps the collectivities that are registered.
type RegistrationStore interface {
	// RecordRegistration adds a collectivity and returns it as it is kept, without an editor
	// that is not one of ours, with its line in the journal; fault.Conflict, code
	// collectivity.taken, when there is one of that SIRET. What HubEE has for one whose form
	// is open is looked at from then on.
	RecordRegistration(ctx context.Context, entry Entry, event audit.Event) (Collectivity, error)
}

// Register adds a collectivity. Codes: collectivity.invalid (fault.Invalid, a Refusal),
// collectivity.taken (fault.Conflict).
func (s *Service) Register(ctx context.Context, r Registration) (Collectivity, error) {
	if refusal := r.Check(); refusal != nil {
		return Collectivity{}, refusal
	}
	entry := r.entry()
	event := audit.Event{
		At: s.Now(), Author: audit.Directory, Act: audit.CollectivityAdded, Organisation: entry.Siret.String(), Detail: string(entry.Form),
		Object: audit.Object{Kind: "collectivity", ID: entry.Siret.String(), Display: entry.Name},
	}
	kept, err := s.Store.RecordRegistration(ctx, entry, event)
	if fault.Is(err, "subscription.moved") { // a decision about the town came in between
		kept, err = s.Store.RecordRegistration(ctx, entry, event)
	}
	if err != nil {
		return Collectivity{}, fmt.Errorf("register collectivity: %w", err)
	}
	return kept, nil
}
