package launch

import "time"

// Step is something that must be done before a software serves its first town.
type Step string

// The steps (editors' guide, 1 to 4).
const (
	FormPublished      Step = "formulaire"
	ContactVerified    Step = "contact"
	TownHabilitated    Step = "habilitation"
	TokenCollected     Step = "jeton"
	CallAnswered       Step = "appel"
	SubscriptionActive Step = "abonnement"
	HubAccountHeld     Step = "acces-hubee"
	DossierFetched     Step = "dossier"
	ClientCreated      Step = "api"
	WebhookAnswered    Step = "webhook"
)

// Steps are all of them, in the order of the guide.
var Steps = [...]Step{
	FormPublished, ContactVerified, TownHabilitated, TokenCollected, CallAnswered,
	SubscriptionActive, HubAccountHeld, DossierFetched, ClientCreated, WebhookAnswered,
}

// Owner is who does a step.
type Owner string

// The owners.
const (
	OfEditor   Owner = "editeur"
	OfOperator Owner = "operateur"
	OfTown     Owner = "collectivite"
)

// Owner tells who does a step. The others wait for it.
func (s Step) Owner() Owner {
	switch s {
	case FormPublished, SubscriptionActive:
		return OfOperator
	case TownHabilitated:
		return OfTown
	case ContactVerified, TokenCollected, CallAnswered, HubAccountHeld, DossierFetched, ClientCreated, WebhookAnswered:
	}
	return OfEditor
}

// ToCome tells of a step that nobody can do yet.
func (s Step) ToCome() bool { return s == WebhookAnswered }

// State is how far a step is.
type State string

// The states of a step.
const (
	Done   State = "fait"
	Todo   State = "a_faire"
	Untold State = "non_suivi" // no Source knows of it
	ToCome State = "bientot"
)

// Fact is what is known of a step.
type Fact struct {
	Done bool
	At   time.Time // zero where nobody noted when
}

// Facts are what is known of the steps of an editor. A step that is not among them is one of
// which nothing is known.
type Facts map[Step]Fact

// State tells how far a step is.
func (f Facts) State(s Step) State {
	fact, told := f[s]
	switch {
	case s.ToCome():
		return ToCome
	case !told:
		return Untold
	case fact.Done:
		return Done
	}
	return Todo
}

// Count counts the steps that are done, among those that can be.
func (f Facts) Count() (done, all int) {
	for _, step := range Steps {
		switch f.State(step) {
		case Done:
			done++
			all++
		case Todo, Untold:
			all++
		case ToCome:
		}
	}
	return done, all
}
