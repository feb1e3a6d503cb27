package audit

import (
	"strings"
	"time"
	"unicode"
)

// Author is who acted, by id and by the name that was theirs then.
type Author struct{ ID, Display, Role string }

// ProgramPrefix begins the id of an author that is a program of an editor.
const ProgramPrefix = "client:"

// Program tells that the author is a program of an editor, and nobody.
func (a Author) Program() bool { return strings.HasPrefix(a.ID, ProgramPrefix) }

// System is the portal acting by itself, Operator somebody at its command line, Datapass
// the existing system of habilitations, whose decisions arrive signed.
var (
	System   = Author{ID: "system", Display: "Le portail", Role: "system"}
	Operator = Author{ID: "operator", Display: "Exploitation (ligne de commande)", Role: "operator"}
	Datapass = Author{ID: "datapass", Display: "DataPass", Role: "datapass"}
	// Directory is the existing back-office, which adds the towns that it has seen to.
	Directory = Author{ID: "directory", Display: "Back-office existant", Role: "directory"}
)

// Object is what was acted on. A citizen is never named: a dossier is known by its
// identifier.
type Object struct {
	Kind    string // "account", "membership", "invitation", "session", "route", …
	ID      string
	Display string
}

// Act is what was done, past participle last: "role.granted". Its French is in
// templates/messages under "audit." and the act.
type Act string

// The acts of accounts, and of those who watch over the portal.
const (
	SignInAccepted      Act = "signin.accepted"
	SignInRefused       Act = "signin.refused"
	StepUpAccepted      Act = "stepup.accepted"
	StepUpRefused       Act = "stepup.refused"
	SignedOut           Act = "session.signed_out"
	SessionEnded        Act = "session.ended"
	AccountChanged      Act = "account.changed"
	AccessRefused       Act = "access.refused"
	InvitationSent      Act = "invitation.sent"
	InvitationAccepted  Act = "invitation.accepted"
	InvitationWithdrawn Act = "invitation.withdrawn"
	RoleGranted         Act = "role.granted"
	RoleWithdrawn       Act = "role.withdrawn"
	RoleLeft            Act = "role.left"
	OrganisationAdded   Act = "organisation.added"
	OrganisationAsked   Act = "organisation.refreshed"
	OrderRetried        Act = "order.retried"
	MailReaddressed     Act = "mail.readdressed"
	JobStarted          Act = "job.started"
	DossierLookedUp     Act = "dossier.looked_up"

	HabilitationApproved  Act = "habilitation.approved"
	HabilitationRefused   Act = "habilitation.refused"
	HabilitationSuspended Act = "habilitation.suspended"
	HabilitationRestored  Act = "habilitation.restored"
	HabilitationRevoked   Act = "habilitation.revoked"
	RequesterChanged      Act = "habilitation.transferred"
	HabilitationAdopted   Act = "habilitation.adopted" // granted by another system

	MailsSwitched  Act = "habilitation.mails_switched" // who writes them
	HolderLinkSent Act = "habilitation.link_sent"      // to the requester of another system
	HolderLinked   Act = "habilitation.linked"

	RequestBegun          Act = "request.begun"
	RequestFiled          Act = "request.filed"
	RequestReturned       Act = "request.returned" // changes are asked
	RequestWithdrawn      Act = "request.withdrawn"
	RequestReopened       Act = "request.reopened"
	RequestCancelled      Act = "request.cancelled" // a modification
	RequestClaimed        Act = "request.claimed"   // by a colleague of the holder
	RequestUnclaimed      Act = "request.unclaimed"
	ClaimRefused          Act = "request.claim_refused"
	RequestAssigned       Act = "request.assigned"
	MessageSent           Act = "request.message_sent"
	DraftErased           Act = "request.erased"
	ReasonTemplateChanged Act = "reason_template.changed"

	SubscriptionActive     Act = "subscription.active"
	SubscriptionRelaunched Act = "subscription.relaunched"
	SubscriptionCorrected  Act = "subscription.corrected"
	SubscriptionHandedOver Act = "subscription.handed_over"
	SubscriptionSuspended  Act = "subscription.suspended_at_hub"

	TokenIssued         Act = "token.issued"
	TokenCollected      Act = "token.collected"
	TokenShown          Act = "token.shown" // again, to whoever collected it
	TokenSafe           Act = "token.confirmed"
	TokenReplaced       Act = "token.replaced"
	TokenOverlapEnded   Act = "token.overlap_ended"
	TokenSuspended      Act = "token.suspended"
	TokenResumed        Act = "token.resumed"
	TokenRevoked        Act = "token.revoked"
	HubAccountDeposited Act = "hub_account.deposited"
	HubAccountFetched   Act = "hub_account.fetched" // the editor has it from HubEE itself
	HubAccountTested    Act = "hub_account.tested"
	HubAccountRevealed  Act = "hub_account.revealed"
	HubAccountErased    Act = "hub_account.erased"
	TokenProlonged      Act = "token.prolonged"
	ProlongationAmended Act = "token.amended"           // a modification begins, for a prolongation
	ProlongationNudged  Act = "token.nudged"            // the editor asks the requester to prolong
	RemindersChosen     Act = "editor.reminders_chosen" // which reminders its technical contact receives
	TokenAdopted        Act = "token.adopted"           // issued by another system
	TokenCorrected      Act = "token.corrected"         // by its newer list

	DatapassReplayed  Act = "datapass.replayed"
	DatapassDismissed Act = "datapass.dismissed"

	CollectivityAdded Act = "collectivity.added"

	APIClientCreated  Act = "api_client.created"
	APIClientChanged  Act = "api_client.changed"
	APIClientRevoked  Act = "api_client.revoked"
	APISecretAdded    Act = "api_client.secret_added"
	APISecretEnded    Act = "api_client.secret_ended"
	APIAddressRefused Act = "api_client.address_refused" // it called from where it may not
)

// Acts lists every act, for the filter of the journal and for the test that each has its
// French.
var Acts = [...]Act{
	SignInAccepted, SignInRefused, StepUpAccepted, StepUpRefused, SignedOut, SessionEnded, AccountChanged, AccessRefused,
	InvitationSent, InvitationAccepted, InvitationWithdrawn, RoleGranted, RoleWithdrawn, RoleLeft,
	OrganisationAdded, OrganisationAsked, OrderRetried, MailReaddressed, JobStarted, DossierLookedUp,
	HabilitationApproved, HabilitationRefused, HabilitationSuspended, HabilitationRestored, HabilitationRevoked, RequesterChanged, HabilitationAdopted,
	MailsSwitched, HolderLinkSent, HolderLinked,
	RequestBegun, RequestFiled, RequestReturned, RequestWithdrawn, RequestReopened, RequestCancelled,
	RequestClaimed, RequestUnclaimed, ClaimRefused, RequestAssigned, MessageSent, DraftErased, ReasonTemplateChanged,
	SubscriptionActive, SubscriptionRelaunched, SubscriptionCorrected, SubscriptionHandedOver, SubscriptionSuspended,
	TokenIssued, TokenCollected, TokenShown, TokenSafe, TokenReplaced, TokenOverlapEnded, TokenSuspended, TokenResumed, TokenRevoked, TokenAdopted, TokenCorrected,
	TokenProlonged, ProlongationAmended, ProlongationNudged, RemindersChosen,
	HubAccountDeposited, HubAccountFetched, HubAccountTested, HubAccountRevealed, HubAccountErased,
	DatapassReplayed, DatapassDismissed, CollectivityAdded,
	APIClientCreated, APIClientChanged, APIClientRevoked, APISecretAdded, APISecretEnded, APIAddressRefused,
}

// Event is one line of the journal.
type Event struct {
	At     time.Time // business time
	Author Author
	Act    Act
	Object Object
	// Organisation is the SIRET of the editor or town whose affair it is; "" for the
	// operator's own.
	Organisation string
	// Detail says how or why in a code or a few words, nothing personal: "acr_missing".
	Detail    string
	RequestID string // "" for what no request asked for
}

// TextLimit is how many characters of each text the journal keeps; the schema says so too.
const TextLimit = 256

// Storable is the event as the journal takes it: whatever a text was made of, a hostile
// address included, it is cut and cleaned rather than refused, since a refusal would undo
// the change that the event tells.
func (e Event) Storable() Event {
	act := string(e.Act)
	for _, text := range []*string{
		&e.Author.ID, &e.Author.Display, &e.Author.Role, &act,
		&e.Object.Kind, &e.Object.ID, &e.Object.Display, &e.Organisation, &e.Detail, &e.RequestID,
	} {
		*text = storable(*text)
	}
	e.Act = Act(act)
	return e
}

// storable replaces what is not a character that people see, such as a line feed, a mark
// that turns the line round, or a byte that is no UTF-8; and cuts what is too long.
func storable(text string) string {
	runes := []rune(text)
	if len(runes) > TextLimit {
		runes = append(runes[:TextLimit-1], '…')
	}
	for i, r := range runes {
		if !unicode.IsGraphic(r) {
			runes[i] = unicode.ReplacementChar
		}
	}
	return string(runes)
}
