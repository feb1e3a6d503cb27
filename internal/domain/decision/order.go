package decision

import "portail-qf/internal/domain/habilitation"

// The names of DataPass's events (api-particulier.md §1.2).
const (
	eventApprove = "approve"
	eventRevoke  = "revoke"
	eventRefuse  = "refuse"
	eventArchive = "archive"
	transfer     = "transfer"
)

// ranks orders the events of one second: revoke comes after approve, and both after the
// others (SETTLED.md, rules), which are in the order in which a request meets them.
var ranks = map[string]int{
	"create": 1, "create_by_api": 1, "reopen": 2, "update": 3, "update_by_api": 3, "submit": 4,
	"request_changes": 5, "cancel_reopening": 6, eventRefuse: 7, eventArchive: 8, transfer: 9,
	eventApprove: 20, eventRevoke: 21,
}

// filings is where each event leaves the file of a request that has no habilitation.
var filings = map[string]habilitation.State{
	"create": habilitation.Draft, "create_by_api": habilitation.Draft,
	"update": habilitation.Draft, "update_by_api": habilitation.Draft, "reopen": habilitation.Draft,
	"submit": habilitation.Submitted, "request_changes": habilitation.ChangesRequested, "cancel_reopening": habilitation.Draft,
	eventRefuse: habilitation.Refused, eventArchive: habilitation.Archived,
}

// Mark is the place of an event in the order of a request.
type Mark struct {
	FiredAt int64 // seconds since 1970, DataPass's clock
	Rank    int
}

// before tells whether the event of a mark comes before another's.
func (m Mark) before(other Mark) bool {
	return m.FiredAt < other.FiredAt || m.FiredAt == other.FiredAt && m.Rank < other.Rank
}

func (e Event) mark() Mark { return Mark{e.FiredAt, ranks[e.Name]} }

// Track keeps of the events of DataPass what the next ones are compared with, so that the
// order of arrival does not count: of each of three sorts the newest holds. It is the same
// whatever order the same events arrive in.
type Track struct {
	Decided   Mark // the newest approval or revocation
	Filed     Mark // the newest event of the file itself
	Filing    habilitation.State
	Requester Mark   // the newest event that named who holds the request
	Named     string // the address that it named; "" for none
}

// decide notes an approval or a revocation; false when a newer one is known.
func (t *Track) decide(e Event) bool {
	if !t.Decided.before(e.mark()) {
		return false
	}
	t.Decided = e.mark()
	return true
}

// file notes what became of the file; false when something newer is known, or when the
// event is of another sort.
func (t *Track) file(e Event) bool {
	filing, isFiling := filings[e.Name]
	if !isFiling || isTouch(e) || !t.Filed.before(e.mark()) {
		return false
	}
	// An update leaves what waits for changes as it is.
	if filing == habilitation.Draft && e.State == "changes_requested" {
		filing = habilitation.ChangesRequested
	}
	t.Filed, t.Filing = e.mark(), filing
	return true
}

// isTouch tells an update of a request that stays validated: nothing was reopened.
func isTouch(e Event) bool { return e.mark().Rank == ranks["update"] && e.State == "validated" }

// name notes who holds the request. Whoever filed it last does, until it was approved or
// transferred: from then on only an approval or a transfer changes it, since a modification
// under way changes nothing yet (api-particulier.md §1.3).
func (t *Track) name(e Event) bool {
	mark := e.mark()
	if mark.Rank == ranks[eventRevoke] || e.Contacts.Requester.Mail == "" || mark.binds() != t.Requester.binds() && !mark.binds() {
		return false
	}
	if mark.binds() == t.Requester.binds() && !t.Requester.before(mark) {
		return false
	}
	t.Requester, t.Named = mark, e.Contacts.Requester.Mail
	return true
}

// binds tells the events that name the holder of what is approved.
func (m Mark) binds() bool { return m.Rank == ranks[transfer] || m.Rank == ranks[eventApprove] }

// state is where the request stands: what was decided last, and what became of the file
// since. A suspension by somebody here holds until somebody here ends it, or DataPass
// revokes.
func (t Track) state(now habilitation.State) habilitation.State {
	switch {
	case t.Decided.Rank == ranks[eventRevoke]:
		return habilitation.Revoked
	case now == habilitation.Suspended:
		return habilitation.Suspended
	case t.Decided.Rank == 0:
		if t.Filing == "" {
			return habilitation.Draft
		}
		return t.Filing
	case t.Filed.before(t.Decided):
		return habilitation.Validated
	}
	switch t.Filing {
	case habilitation.Draft, habilitation.Submitted, habilitation.ChangesRequested:
		if t.Filed.Rank != ranks["cancel_reopening"] {
			return habilitation.Reopened
		}
	case habilitation.Validated, habilitation.Refused, habilitation.Reopened, habilitation.Suspended, habilitation.Revoked, habilitation.Archived:
	}
	return habilitation.Validated
}
