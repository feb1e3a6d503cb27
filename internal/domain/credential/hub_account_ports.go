package credential

import (
	"context"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/value"
)

// HubAccountStore keeps the pairs. Every finder takes the editor, and finds nothing of a town
// whose dossiers another one receives.
type HubAccountStore interface {
	// ListHubAccesses lists the towns that match, what calls for somebody first, and tells how
	// many there are in all.
	ListHubAccesses(ctx context.Context, query HubQuery) ([]HubAccess, int, error)
	// CountHubAccesses counts the towns of an editor; of one list when batch is not 0.
	CountHubAccesses(ctx context.Context, editor value.Siret, batch int64) (HubCounts, error)
	// FindHubAccess finds a town. fault.NotFound, code hub_account.unknown.
	FindHubAccess(ctx context.Context, editor, siret value.Siret) (HubAccess, error)
	// FindHubAccesses finds towns; those that it does not find are left out.
	FindHubAccesses(ctx context.Context, editor value.Siret, sirets []value.Siret) (map[value.Siret]HubAccess, error)
	// FindHubClients tells which of an editor's towns have each of some client ids; those that
	// nobody deposited are left out.
	FindHubClients(ctx context.Context, editor value.Siret, ids []string) (map[string][]value.Siret, error)
	// FindHubAccessOfReceiver finds a town for whichever editor receives its dossiers at present.
	// fault.NotFound, code hub_account.unknown.
	FindHubAccessOfReceiver(ctx context.Context, siret value.Siret) (HubAccess, error)
	// ListLeftHubAccesses lists towns of which something is kept although the portal wants the
	// subscription stopped since before a time.
	ListLeftHubAccesses(ctx context.Context, before time.Time, limit int) ([]HubAccess, error)
	// RecordHubAccounts records changes of an editor, all or none. Codes: hub_account.moved
	// (Conflict) when one has changed since it was read, or when two towns would have one client
	// id; hub_account.unknown (NotFound) when the dossiers of a town have passed to another editor.
	RecordHubAccounts(ctx context.Context, changes ...HubAccountChange) error
	// RecordHubReveal records that a pair was shown, unless it has changed since it was read:
	// codes as RecordHubAccounts.
	RecordHubReveal(ctx context.Context, shown HubAccount, event audit.Event) error
	// NextHubBatch draws the number of a list.
	NextHubBatch(ctx context.Context) (int64, error)
}

// HubTester asks HubEE whether it takes a pair.
type HubTester interface {
	// TryAccount asks for a token in the name of a town's software, and keeps none. Codes:
	// hub_account.refused (fault.Invalid) when HubEE does not take the pair; hubee.unavailable
	// (fault.Unavailable) when nobody knows.
	TryAccount(ctx context.Context, pair HubPair) error
}

// HubVault seals the secrets (package seal).
type HubVault interface {
	Seal(plain []byte, place string) []byte
	Open(sealed []byte, place string) ([]byte, error)
}
