package credential

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// Client is a collectivity of an editor, as the editor's programs read it: how far it is, never
// who its people are (PRODUCT.md §1).
type Client struct {
	Siret value.Siret
	Name  string
	// Form is where its public form stands; "" where the directory does not know it.
	Form directory.FormState
	// Request is the state of its request with this editor, the valid one of several, else the
	// one that moved last; "" where there is none.
	Request      habilitation.State
	Habilitation habilitation.Number // the newest of that request; 0 before the first approval
	ApprovedAt   time.Time
	Modalities   habilitation.Modalities
	// Token is the one with this editor that goes on, else the last one; nil where there is none.
	Token *Token
	// Subscription is "" where there is none, or where another editor receives the dossiers.
	Subscription   State
	SuspendedAtHub bool
}

// ClientStage is how far a collectivity is with its editor (users-reliability-security.md A.10).
type ClientStage string

// The stages.
const (
	StageNone      ClientStage = "sans_demande" // it has the form, and no request with this editor
	StageBegun     ClientStage = "demande_commencee"
	StageSubmitted ClientStage = "deposee"
	StageToCorrect ClientStage = "a_corriger"
	StageRefused   ClientStage = "refusee"
	StageGranted   ClientStage = "habilitee" // nothing to collect, and nothing that works yet
	StageToCollect ClientStage = "jeton_a_recuperer"
	StageInService ClientStage = "en_service"
	StageSuspended ClientStage = "suspendue"
	StageRevoked   ClientStage = "revoquee"
)

// ClientStages lists every stage, in the order of the road.
var ClientStages = [...]ClientStage{
	StageNone, StageBegun, StageSubmitted, StageToCorrect, StageRefused, StageGranted, StageToCollect, StageInService, StageSuspended, StageRevoked,
}

// Stage tells how far the collectivity is at a time. A token that waits to be collected comes
// before a form that works: it is what the editor has to do.
func (c Client) Stage(now time.Time) ClientStage {
	switch c.Request {
	case habilitation.Draft:
		return StageBegun
	case habilitation.Submitted:
		return StageSubmitted
	case habilitation.ChangesRequested:
		return StageToCorrect
	case habilitation.Refused:
		return StageRefused
	case habilitation.Suspended:
		return StageSuspended
	case habilitation.Revoked:
		return StageRevoked
	case habilitation.Validated, habilitation.Reopened:
		return c.stageOfGranted(now)
	case habilitation.Archived:
	}
	if c.Form == directory.FormOpen { // known before there were requests here
		return StageInService
	}
	return StageNone
}

func (c Client) stageOfGranted(now time.Time) ClientStage {
	token := TokenState("")
	if c.Token != nil && c.Modalities.Token {
		token = c.Token.State(now)
	}
	switch {
	case token == TokenToCollect:
		return StageToCollect
	case token.Opens(), c.Modalities.Form && c.Subscription == Active && !c.SuspendedAtHub:
		return StageInService
	}
	return StageGranted
}

// Hub is where the subscription of the collectivity stands: a state of Subscription, or
// NoSubscription.
func (c Client) Hub() State {
	switch {
	case c.Subscription == "":
		return NoSubscription
	case c.SuspendedAtHub:
		return Suspended
	}
	return c.Subscription
}

// NoSubscription stands where the dossiers of a collectivity do not come to its editor.
const NoSubscription State = "aucun"

// ClientStore reads the collectivities of an editor.
type ClientStore interface {
	// ListClients lists those after a SIRET, in the order of SIRETs, without their tokens; with
	// only, that one at most.
	ListClients(ctx context.Context, editor, only, after value.Siret, limit int) ([]Client, error)
	// ListCurrent lists the token that goes on of each of some towns, with an editor.
	ListCurrent(ctx context.Context, editor value.Siret, towns []value.Siret) (map[value.Siret]Token, error)
}

// Clients tells the programs of editors how far their collectivities are: those whose software
// they make, by the directory, and those of a request with them.
type Clients struct{ Store ClientStore }

// maxClients bounds a page of the list; one more tells whether there is another page.
const maxClients = 101

// List lists collectivities of an editor after a SIRET, in the order of SIRETs: a list that is
// read page by page repeats and forgets none, whatever is added meanwhile.
func (s *Clients) List(ctx context.Context, editor, after value.Siret, limit int) ([]Client, error) {
	return s.list(ctx, editor, "", after, min(max(limit, 1), maxClients))
}

// Find finds one. Code: client.unknown (NotFound), for another editor's too.
func (s *Clients) Find(ctx context.Context, editor, siret value.Siret) (Client, error) {
	found, err := s.list(ctx, editor, siret, "", 1)
	if err != nil {
		return Client{}, err
	}
	if len(found) == 0 {
		return Client{}, fault.New(fault.NotFound, "client.unknown")
	}
	return found[0], nil
}

func (s *Clients) list(ctx context.Context, editor, only, after value.Siret, limit int) ([]Client, error) {
	found, err := s.Store.ListClients(ctx, editor, only, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the collectivities of an editor: %w", err)
	}
	towns := make([]value.Siret, len(found))
	for i, client := range found {
		towns[i] = client.Siret
	}
	tokens, err := s.Store.ListCurrent(ctx, editor, towns)
	if err != nil {
		return nil, fmt.Errorf("list the tokens of the collectivities of an editor: %w", err)
	}
	for i, client := range found {
		if token, has := tokens[client.Siret]; has {
			found[i].Token = &token
		}
	}
	return found, nil
}
