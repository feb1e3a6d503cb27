package dossier

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
)

// Life of an attempt (SETTLED.md, time; PRODUCT.md §6).
const (
	SignInLife   = 30 * time.Minute // at FranceConnect
	IdleLife     = 15 * time.Minute // from the callback on, without a request
	AbsoluteLife = time.Hour        // whatever happens
)

// Step is how far an attempt has gone.
type Step string

// The steps, as the database's CHECK lists them.
const (
	StepStarted    Step = "commencee"  // the citizen is at FranceConnect, or came back in vain
	StepIdentified Step = "identifiee" // identity and quotient are here, to be reviewed
	StepSent       Step = "transmise"  // a dossier was recorded; only the return link is left
)

// Steps lists every step.
var Steps = [...]Step{StepStarted, StepIdentified, StepSent}

// SessionKey is the hash of the session cookie: the database never holds the cookie.
type SessionKey [32]byte

// Attempt is one citizen, one collectivity, one sign-in.
type Attempt struct {
	ID        string // UUID
	Siret     value.Siret
	Step      Step
	Reference value.Reference // once StepSent
	CreatedAt time.Time
	Held      Held
}

// Held is what an attempt holds of the citizen. It is stored sealed, and shrinks as soon as
// a part of it has served.
type Held struct {
	Arrival  Arrival
	Identity PivotIdentity
	Quotient Quotient
	IDToken  value.Secret // until logout: FranceConnect wants it back (identity.md §1.7)
}

// heldJSON is the stored form of Held: the quotient as it came, the secret in clear
// inside the seal.
type heldJSON struct {
	Arrival  Arrival         `json:"arrival"`
	Identity *PivotIdentity  `json:"identity,omitempty"`
	Quotient json.RawMessage `json:"quotient,omitempty"`
	IDToken  string          `json:"id_token,omitempty"`
}

func (j *Journey) sealHeld(h Held, attemptID string) ([]byte, error) {
	stored := heldJSON{Arrival: h.Arrival, IDToken: h.IDToken.Reveal()}
	if h.Identity.Subject != "" {
		stored.Identity = &h.Identity
		var err error
		if stored.Quotient, err = json.Marshal(h.Quotient.Data); err != nil {
			return nil, fmt.Errorf("write quotient: %w", err)
		}
	}
	plain, err := json.Marshal(stored)
	if err != nil {
		return nil, fmt.Errorf("write attempt: %w", err)
	}
	return j.Vault.Seal(plain, attemptPlace(attemptID)), nil
}

func (j *Journey) openHeld(sealed []byte, attemptID string) (Held, error) {
	plain, err := j.Vault.Open(sealed, attemptPlace(attemptID))
	if err != nil {
		return Held{}, fmt.Errorf("open attempt: %w", err)
	}
	var stored heldJSON
	if err := json.Unmarshal(plain, &stored); err != nil {
		return Held{}, fmt.Errorf("read attempt: %w", err)
	}
	held := Held{Arrival: stored.Arrival, IDToken: value.Secret(stored.IDToken)}
	if stored.Identity != nil {
		held.Identity = *stored.Identity
		if held.Quotient, err = ParseQuotient(stored.Quotient); err != nil {
			return Held{}, fmt.Errorf("read quotient: %w", err)
		}
	}
	return held, nil
}

func attemptPlace(id string) string { return "attempt " + id }

// SealedAttempt is an attempt as it is stored.
type SealedAttempt struct {
	ID        string
	Siret     value.Siret
	Step      Step
	Reference value.Reference
	CreatedAt time.Time
	Sealed    []byte
}

// AttemptStore keeps sessions and attempts. Every method takes the session, so that an
// attempt is never found from another browser; expired ones are as good as absent. Absent
// is fault.NotFound, code attempt.ended.
type AttemptStore interface {
	// RecordStarted replaces the session's attempt for this collectivity, if any, and
	// opens the session if it is new. stateHash finds the attempt again at the callback.
	RecordStarted(ctx context.Context, session SessionKey, attempt SealedAttempt, stateHash [32]byte, nonce string) error
	// TakeSignIn finds the attempt that waits for this state and consumes the state: a
	// second call finds nothing.
	TakeSignIn(ctx context.Context, session SessionKey, stateHash [32]byte, now time.Time) (SealedAttempt, string, error)
	// FindLatestStarted finds the session's newest attempt without identity, even one whose
	// sign-in took too long.
	FindLatestStarted(ctx context.Context, session SessionKey, now time.Time) (SealedAttempt, error)
	// RecordIdentified stores what a sign-in brought, gives the session its new key, and
	// erases the session's other signed-in attempts: a browser holds one person at most.
	RecordIdentified(ctx context.Context, session, renewed SessionKey, attempt SealedAttempt, now time.Time) error
	// RecordUnanswered stores what is left of a sign-in that led to no quotient.
	RecordUnanswered(ctx context.Context, session SessionKey, attempt SealedAttempt) error
	// FindAttempt finds the session's attempt for a collectivity and notes that it was
	// seen.
	FindAttempt(ctx context.Context, session SessionKey, siret value.Siret, now time.Time) (SealedAttempt, error)
	// RecordDossier stores the dossier, its payload and its delivery order, and turns the
	// attempt into what is left of it, in one transaction. An attempt that was already
	// sent gives the reference of its dossier and records nothing.
	RecordDossier(ctx context.Context, session SessionKey, dossier NewDossier) (value.Reference, error)
	// EndSession erases the session and its attempts, and returns them, the one seen last
	// first, for the logout at FranceConnect.
	EndSession(ctx context.Context, session SessionKey) ([]SealedAttempt, error)
}

// NewDossier is a dossier to record.
type NewDossier struct {
	AttemptID   string
	Reference   value.Reference
	Recipient   Recipient
	RecordedAt  time.Time
	PayloadKey  []byte // sealed key of the payload
	Payload     []byte // sealed content
	AttemptLeft []byte // what the attempt still holds, sealed
}

// CollectivityFinder finds a collectivity by its SIRET; fault.NotFound, code
// collectivity.unknown, when there is none.
type CollectivityFinder interface {
	FindCollectivity(ctx context.Context, siret value.Siret) (directory.Collectivity, error)
}

// Vault seals what is personal (package seal). place binds a sealed text to its row.
type Vault interface {
	Seal(plain []byte, place string) []byte
	Open(sealed []byte, place string) ([]byte, error)
	SealRow(plain []byte, place string) (key, sealed []byte)
	SealWithRowKey(key, plain []byte, place string) ([]byte, error)
	OpenRow(key, sealed []byte, place string) ([]byte, error)
}
