package credential

import (
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// State is how far the subscription of a town is (PRODUCT.md 4, HubEE provisioning).
type State string

// The states, as the database's CHECK lists them.
const (
	ToCreate            State = "a_creer"
	OrganisationCreated State = "organisation_creee"
	Inactive            State = "inactif"    // the subscription exists, and nobody has asked to activate it
	Awaiting            State = "en_attente" // HubEE, or somebody there, has to activate it
	Active              State = "actif"
	Failed              State = "en_erreur" // nothing happens until somebody acts
	Suspended           State = "suspendu"  // by us, or at HubEE
)

// States lists every state, in the order of the road.
var States = [...]State{ToCreate, OrganisationCreated, Inactive, Awaiting, Active, Failed, Suspended}

// Want is what the portal wants the subscription to be.
type Want string

// The wants.
const (
	WantActive    Want = "actif"
	WantSuspended Want = "suspendu"
)

// Wants lists every want, as the database's CHECK does.
var Wants = [...]Want{WantActive, WantSuspended}

// Subscription is what stands behind the form of a town.
type Subscription struct {
	Siret value.Siret
	// Request is the one whose habilitation it serves, and HubEE's datapassId; 0 when the
	// directory's interface brought the town.
	Request habilitation.RequestNumber
	// Organisation is the name that the request gave, until the register tells it.
	Organisation string
	Editor       value.Siret // who receives the dossiers; "" for the town itself, in HubEE's portal
	// Contender is another request, valid too, whose editor would receive the dossiers
	// instead: somebody has to decide. 0 for none.
	Contender habilitation.RequestNumber
	// Administrator is the person of the town whom HubEE makes the local administrator.
	Administrator habilitation.Contact
	Want          Want
	WantedAt      time.Time // since when; retries stop some time after
	State         State
	COG           string // the branch code of HubEE's key, kept for ever; "" until located
	HubID         string // HubEE's id of the subscription; "" until known
	// AtHub is HubEE's last word of it; "" when it was never asked.
	AtHub HubStatus
	// SuspendedAtHub: HubEE says that it is suspended, although we want it active.
	SuspendedAtHub bool
	Failure        Failure // of the last try; zero when it went well
	ActiveAt       time.Time
	SeenAt         time.Time // when HubEE last told of it
	Revision       int
}

// Failure is why a step did not succeed.
type Failure struct {
	Code  string // of a sentence: "hubee.unavailable"
	Field string // of Administrator, to be corrected: "mail", "telephone", "prenom", "nom", "fonction"; "" for none
	Trace string // the technical side, nothing personal
	At    time.Time
}

// IsZero tells that nothing failed.
func (f Failure) IsZero() bool { return f.Code == "" }

// Key is HubEE's key of the organisation; zero until the town is located.
func (s Subscription) Key() OrganisationKey {
	return OrganisationKey{Type: TypeTown, Siret: s.Siret, COG: s.COG}
}

// Form is what follows for the form of the town: it opens when the subscription is active
// (PRODUCT.md 3.4), and closes when it is suspended, by whomever.
func (s Subscription) Form() directory.FormState {
	switch {
	case s.Want == WantSuspended || s.State == Suspended:
		return directory.FormClosed
	case s.State == Active:
		return directory.FormOpen
	}
	return directory.FormSoon
}
