package credential

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// HubAccounts lets editors leave here, or say that they have, the pairs of their client towns.
type HubAccounts struct {
	Store HubAccountStore
	Hub   HubTester
	Vault HubVault
	Now   func() time.Time // business time
}

const (
	// testPatience is how long somebody waits for what HubEE says of a pair.
	testPatience = 4 * time.Second
	// orderedPatience is how long a worker does: others wait behind it.
	orderedPatience = 8 * time.Second
	// testAfter is when a pair is asked about by itself, should whoever deposited it be gone
	// before HubEE answers.
	testAfter = time.Minute
	// hubTries is how often a change is made anew when somebody else was faster.
	hubTries = 3
)

// Deposit keeps the pair of a town, and asks HubEE at once whether it takes it. A pair that HubEE
// has accepted stays in use until it accepts this one. Codes: those of ParseHubPair, hub_account.id_taken (Invalid),
// hub_account.unknown (NotFound), hub_account.moved (Conflict).
func (h *HubAccounts) Deposit(ctx context.Context, by Hand, siret value.Siret, id string, secret value.Secret) (HubAnswer, error) {
	pair, err := ParseHubPair(id, secret)
	if err != nil {
		return HubAnswer{}, err
	}
	recorded, err := h.change(ctx, by.Editor, siret, func(access HubAccess) (HubAccountChange, error) {
		if owners, err := h.Store.FindHubClients(ctx, by.Editor, []string{pair.ClientID}); err != nil {
			return HubAccountChange{}, fmt.Errorf("find whose a client id is: %w", err)
		} else if owner, known := owners[pair.ClientID]; known && owner != siret {
			return HubAccountChange{}, fault.New(fault.Invalid, "hub_account.id_taken")
		}
		change := access.deposited(pair, h.seal(access, pair), by, 0, h.Now())
		change.TestAt = change.At.Add(testAfter)
		return change, nil
	})
	if err != nil {
		return HubAnswer{}, fmt.Errorf("deposit a pair: %w", err)
	}
	return h.try(ctx, by, recorded, testPatience)
}

func (h *HubAccounts) seal(access HubAccess, pair HubPair) []byte {
	return h.Vault.Seal([]byte(pair.Secret.Reveal()), HubAccountPlace(access.Siret, access.Editor))
}

func (h *HubAccounts) open(access HubAccess, kept HubDeposit) (HubPair, error) {
	secret, err := h.Vault.Open(kept.Sealed, HubAccountPlace(access.Siret, access.Editor))
	if err != nil {
		return HubPair{}, fmt.Errorf("open the secret of %s: %w", access.Siret, err)
	}
	return HubPair{ClientID: kept.ClientID, Secret: value.Secret(secret)}, nil
}

// change reads a town, decides and records; once more where somebody else was faster. It gives
// the town as it is afterwards.
func (h *HubAccounts) change(ctx context.Context, editor, siret value.Siret, decide func(HubAccess) (HubAccountChange, error)) (HubAccess, error) {
	for try := 1; ; try++ {
		access, err := h.Store.FindHubAccess(ctx, editor, siret)
		if err != nil {
			return HubAccess{}, err
		}
		change, err := decide(access)
		if err != nil {
			return HubAccess{}, err
		}
		err = h.Store.RecordHubAccounts(ctx, change)
		if err == nil {
			access.Account = change.After
			access.Account.Revision++
			return access, nil
		}
		if !fault.Is(err, "hub_account.moved") || try == hubTries {
			return HubAccess{}, err
		}
	}
}

// try asks HubEE about the pair of a town as it was read, and records what it says. A pair that
// another one has replaced meanwhile is not asked about any more.
func (h *HubAccounts) try(ctx context.Context, by Hand, access HubAccess, patience time.Duration) (HubAnswer, error) {
	pair, err := h.open(access, access.Account.asked())
	if err != nil {
		return HubAnswer{}, err
	}
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var told HubAccountState
	switch err := h.Hub.TryAccount(asking, pair); {
	case err == nil:
		told = HubAccountTested
	case fault.Is(err, "hub_account.refused"):
		told = HubAccountRefused
	case fault.KindOf(err) == fault.Unavailable:
		told = HubAccountUntestable
	default:
		return HubAnswer{}, fmt.Errorf("test the pair of %s: %w", access.Siret, err)
	}
	failpoint.Hit("hub account: tested, not recorded")
	change, ok := access.tested(told, by, h.Now())
	if !ok {
		return HubAnswer{State: told}, nil
	}
	err = h.Store.RecordHubAccounts(ctx, change)
	if fault.Is(err, "hub_account.moved") {
		now, err := h.Store.FindHubAccess(ctx, access.Editor, access.Siret)
		return now.Account.answer(), err
	}
	if err != nil {
		return HubAnswer{}, fmt.Errorf("record what HubEE says of a pair: %w", err)
	}
	return change.After.answer(), nil
}

// Test asks HubEE again: about a candidate that it has not refused, else about the pair in use.
// Codes: hub_account.unknown (NotFound), hub_account.none (Conflict)
// where nothing is deposited.
func (h *HubAccounts) Test(ctx context.Context, by Hand, siret value.Siret) (HubAnswer, error) {
	access, err := h.deposit(ctx, by.Editor, siret)
	if err != nil {
		return HubAnswer{}, err
	}
	return h.try(ctx, by, access, testPatience)
}

// deposit finds a town of which the pair is here.
func (h *HubAccounts) deposit(ctx context.Context, editor, siret value.Siret) (HubAccess, error) {
	access, err := h.Find(ctx, editor, siret)
	if err == nil && !access.Account.State.Kept() {
		err = fault.New(fault.Conflict, "hub_account.none")
	}
	return access, err
}

// TestOrdered carries out an order: HubEE is asked about a pair of which it has said nothing
// yet. While it is silent the order is tried again.
func (h *HubAccounts) TestOrdered(ctx context.Context, siret value.Siret) error {
	access, err := h.Store.FindHubAccessOfReceiver(ctx, siret)
	if fault.KindOf(err) == fault.NotFound || err == nil && !access.Account.asked().State.Untold() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the access to HubEE of %s: %w", siret, err)
	}
	if _, err := h.open(access, access.Account.asked()); err != nil {
		return outbox.Hopeless(err)
	}
	told, err := h.try(ctx, portalHand, access, orderedPatience)
	if err == nil && told.State == HubAccountUntestable {
		return fault.New(fault.Unavailable, "hubee.unavailable")
	}
	if fault.KindOf(err) == fault.NotFound { // the dossiers have passed to another editor
		return nil
	}
	return err
}

// Fetched notes that the editor has the pairs of towns from HubEE itself, and counts those of
// which that was not known. A town whose pair is here stays as it is, and so does one that is
// not the editor's.
func (h *HubAccounts) Fetched(ctx context.Context, by Hand, sirets []value.Siret) (noted int, err error) {
	for try := 1; ; try++ {
		found, err := h.Store.FindHubAccesses(ctx, by.Editor, sirets)
		if err != nil {
			return 0, fmt.Errorf("find accesses to HubEE: %w", err)
		}
		var changes []HubAccountChange
		for _, access := range found {
			if change, ok := access.fetched(by, h.Now()); ok {
				changes = append(changes, change)
			}
		}
		err = h.Store.RecordHubAccounts(ctx, changes...)
		if err == nil {
			return len(changes), nil
		}
		if !anew(err) || try == hubTries {
			return 0, fmt.Errorf("note what is fetched: %w", err)
		}
	}
}

// anew tells a failure of several changes that goes away when the towns are read again.
func anew(err error) bool {
	return fault.Is(err, "hub_account.moved") || fault.Is(err, "hub_account.unknown")
}

// DepositList keeps the pairs of a list: all those of its lines that are right. It gives the
// lines with what becomes of each, and the number under which the rest is told (HubSearch):
// HubEE is asked about each afterwards. batch is 0 where no line is right.
func (h *HubAccounts) DepositList(ctx context.Context, by Hand, lines []HubLine) (told []HubLine, batch int64, err error) {
	if batch, err = h.Store.NextHubBatch(ctx); err != nil {
		return nil, 0, fmt.Errorf("number a list: %w", err)
	}
	for try := 1; ; try++ {
		told = slices.Clone(lines)
		changes, err := h.depositsOf(ctx, by, told, batch)
		if err != nil {
			return nil, 0, err
		}
		if len(changes) == 0 {
			return told, 0, nil
		}
		err = h.Store.RecordHubAccounts(ctx, changes...)
		if err == nil {
			return told, batch, nil
		}
		if !anew(err) || try == hubTries {
			return nil, 0, fmt.Errorf("deposit a list: %w", err)
		}
	}
}

// depositsOf decides what becomes of each line. It refuses those of towns that are not the
// editor's, and those with the client id of a town that the list leaves as it is: HubEE draws
// one a subscription.
func (h *HubAccounts) depositsOf(ctx context.Context, by Hand, lines []HubLine, batch int64) ([]HubAccountChange, error) {
	var sirets []value.Siret
	var clients []string
	listed := map[value.Siret]bool{}
	for _, line := range lines {
		if line.accepted() {
			sirets, clients, listed[line.Siret] = append(sirets, line.Siret), append(clients, line.Pair.ClientID), true
		}
	}
	found, err := h.Store.FindHubAccesses(ctx, by.Editor, sirets)
	if err != nil {
		return nil, fmt.Errorf("find the towns of a list: %w", err)
	}
	owners, err := h.Store.FindHubClients(ctx, by.Editor, clients)
	if err != nil {
		return nil, fmt.Errorf("find whose the client ids of a list are: %w", err)
	}
	var changes []HubAccountChange
	for i, line := range lines {
		access, known := found[line.Siret]
		switch {
		case line.Code != "":
		case !known:
			lines[i].Code, lines[i].Repeats = "hub_account.unknown", 0
		case owners[line.Pair.ClientID] != "" && !listed[owners[line.Pair.ClientID]]:
			lines[i].Code, lines[i].Repeats = "hub_account.id_taken", 0
		case line.accepted():
			change := access.deposited(line.Pair, h.seal(access, line.Pair), by, batch, h.Now())
			change.TestAt = change.At
			changes = append(changes, change)
		}
	}
	return changes, nil
}

// Reveal shows the pair in use of a town, once it is written down who saw it. Codes: as Test.
func (h *HubAccounts) Reveal(ctx context.Context, by Hand, siret value.Siret) (HubAccess, HubPair, error) {
	access, err := h.deposit(ctx, by.Editor, siret)
	if err != nil {
		return HubAccess{}, HubPair{}, err
	}
	pair, err := h.open(access, access.Account.HubDeposit)
	if err != nil {
		return HubAccess{}, HubPair{}, err
	}
	event := access.event(by, audit.HubAccountRevealed, "", h.Now())
	if err := h.Store.RecordHubReveal(ctx, access.Account, event); err != nil {
		return HubAccess{}, HubPair{}, fmt.Errorf("record that a pair is shown: %w", err)
	}
	return access, pair, nil
}

// Erase forgets what is known of the pair of a town. Nothing known is no error: it may have been
// erased twice. Code: hub_account.unknown (NotFound).
func (h *HubAccounts) Erase(ctx context.Context, by Hand, siret value.Siret) error {
	_, err := h.change(ctx, by.Editor, siret, func(access HubAccess) (HubAccountChange, error) {
		if access.Account.State == HubAccountNone {
			return HubAccountChange{}, errNothingLeft
		}
		return access.erased(by, "", h.Now()), nil
	})
	if err != nil && !fault.Is(err, errNothingLeft.Code) {
		return fmt.Errorf("erase a pair: %w", err)
	}
	return nil
}

var errNothingLeft = fault.New(fault.Conflict, "hub_account.none")

// leftLimit bounds a purge; the others go with the next one.
const leftLimit = 500

// Purge erases what is kept for subscriptions that the portal has stopped for long, and counts
// it.
func (h *HubAccounts) Purge(ctx context.Context) (erased int, err error) {
	now := h.Now()
	left, err := h.Store.ListLeftHubAccesses(ctx, now.Add(-HubAccountLeft), leftLimit)
	if err != nil {
		return 0, fmt.Errorf("list what is left of accesses to HubEE: %w", err)
	}
	for _, access := range left {
		err := h.Store.RecordHubAccounts(ctx, access.erased(portalHand, detailStopped, now))
		if err == nil {
			erased++
		} else if !anew(err) {
			return erased, fmt.Errorf("erase what is left of an access to HubEE: %w", err)
		}
	}
	return erased, nil
}
