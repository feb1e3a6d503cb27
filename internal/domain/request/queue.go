package request

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

// Assigned restricts a queue by who is in charge.
type Assigned string

// Who is in charge, as a criterion.
const (
	AssignedAnyhow   Assigned = ""
	AssignedToMe     Assigned = "moi"
	AssignedToNobody Assigned = "personne"
	AssignedToOther  Assigned = "autre"
)

// Stage restricts a queue by how far applications are.
type Stage string

// The stages; what waits for the instructors is the usual one.
const (
	StageToInstruct Stage = ""
	StageReturned   Stage = "a_modifier"
	StageWriting    Stage = "redaction"
	StageClosed     Stage = "close"
	StageClaimed    Stage = "transfert" // somebody claims it, and its holder has not answered in time
	StageUnread     Stage = "message"   // its town wrote
	StageAny        Stage = "toutes"
	// StageModification is what waits and modifies what is granted.
	StageModification Stage = "modification"
	// StageRenewal is what waits and prolongs a token.
	StageRenewal Stage = "prolongation"
)

// Stages lists every stage that is not the usual one.
var Stages = [...]Stage{StageRenewal, StageModification, StageReturned, StageUnread, StageClaimed, StageWriting, StageClosed, StageAny}

// Search is what an instructor asks of the queue. What is empty does not restrict, the stage
// apart.
type Search struct {
	Text          string // see habilitation.ReadNamed
	Stage         Stage
	Editor        value.Siret
	FormUID       string
	Departement   string
	Assigned      Assigned
	Assignee      int64 // the account that is in charge; 0 for any
	Oldest        bool  // what has waited the longest comes first, whatever presses
	Offset, Limit int
}

// Query is the search as understood.
type Query struct {
	habilitation.Named
	Stage         Stage
	Editor        value.Siret
	FormUID       string
	Departement   string
	Assigned      Assigned
	Assignee      int64
	Account       int64     // who asks
	RipeBefore    time.Time // claims of before wait for an instructor
	Oldest        bool
	Offset, Limit int
}

const maxQueue = 100

func (i *Instruction) understood(by account.Actor, s Search) (Query, bool) {
	named, mayMatch := habilitation.ReadNamed(s.Text)
	q := Query{
		Named: named, Assignee: max(s.Assignee, 0), Account: by.AccountID, RipeBefore: i.Now().Add(-ClaimPatience), Oldest: s.Oldest,
		Offset: max(s.Offset, 0), Limit: min(max(s.Limit, 1), maxQueue),
	}
	if slices.Contains(Stages[:], s.Stage) {
		q.Stage = s.Stage
	}
	if siret, err := value.ParseSiret(s.Editor.String()); err == nil {
		q.Editor = siret
	}
	if editor.ValidUID(s.FormUID) {
		q.FormUID = s.FormUID
	}
	if slices.ContainsFunc(place.Departements(), func(d place.Division) bool { return d.Code == s.Departement }) {
		q.Departement = s.Departement
	}
	if q.Stage == StageToInstruct && (named.Request != 0 || named.Habilitation != 0) {
		q.Stage = StageAny // a number that somebody quotes is found wherever it is
	}
	switch s.Assigned {
	case AssignedToMe, AssignedToNobody, AssignedToOther:
		q.Assigned = s.Assigned
	case AssignedAnyhow:
	}
	return q, mayMatch
}

// Queued is an application in the queue.
type Queued struct {
	Number       habilitation.RequestNumber
	Siret        value.Siret
	Organisation string
	Departement  string // "" where it is not known
	State        habilitation.State
	Phase        Phase
	Software     string // "" on the generic form
	Editor       string // name; "" on the generic form
	FormUID      string
	FiledAt      time.Time // the last deposit; zero before
	FirstFiledAt time.Time
	EditedAt     time.Time
	Assignee     Person
	Unread       int // messages of the town
	Claimed      bool
	Renewal      Renewal
}

// Renewal is the prolongation of a token that waits for a modification; zero for none. It was
// begun because the answers of the requester had changed (editors' guide, 6.c).
type Renewal struct {
	TokenID                    string
	Expiry                     time.Time // of the token
	SamePurpose, RightContacts bool      // as the requester answered
}

// IsZero tells that there is none.
func (r Renewal) IsZero() bool { return r.TokenID == "" }

// Modification tells that it modifies what is granted: those come first (editors' guide, 6.c).
func (q Queued) Modification() bool { return q.State == habilitation.Reopened }

// Deadline is when silence becomes a refusal; zero before a deposit.
func (q Queued) Deadline() time.Time { return DeadlineOf(q.FiledAt) }

// Counts are what waits for the instructors.
type Counts struct {
	ToInstruct, Mine, Unassigned, Modifications, Unread, RipeClaims int
	// Renewals are those of the Modifications that prolong a token.
	Renewals int
}

// Queue lists a page of the applications that match: the modifications that prolong a token
// first, in the order of its expiry, then the other modifications, then the rest, each from the
// oldest deposit on. It tells how many there are in all. A criterion that does not exist does not
// restrict.
func (i *Instruction) Queue(ctx context.Context, by account.Actor, search Search) ([]Queued, int, error) {
	query, mayMatch := i.understood(by, search)
	if !mayMatch {
		return nil, 0, nil
	}
	found, total, err := i.Desk.ListQueue(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list the queue: %w", err)
	}
	return found, total, nil
}

// Next is the request to instruct after another one, in the usual order of the queue: what is
// the actor's or nobody's. 0 for none.
func (i *Instruction) Next(ctx context.Context, by account.Actor, after habilitation.RequestNumber) (habilitation.RequestNumber, error) {
	query, _ := i.understood(by, Search{})
	next, err := i.Desk.FindNext(ctx, query, after)
	if err != nil {
		return 0, fmt.Errorf("find the next request: %w", err)
	}
	return next, nil
}

// Renewal finds the prolongation that waits for a request; zero for none.
func (i *Instruction) Renewal(ctx context.Context, number habilitation.RequestNumber) (Renewal, error) {
	renewal, err := i.Desk.FindPendingRenewal(ctx, number)
	if err != nil {
		return Renewal{}, fmt.Errorf("find the prolongation that waits for a request: %w", err)
	}
	return renewal, nil
}

// Counts counts what waits.
func (i *Instruction) Counts(ctx context.Context, by account.Actor) (Counts, error) {
	counts, err := i.Desk.CountQueue(ctx, by.AccountID)
	if err != nil {
		return Counts{}, fmt.Errorf("count the queue: %w", err)
	}
	if counts.RipeClaims, err = i.Claims.CountRipe(ctx, i.Now().Add(-ClaimPatience)); err != nil {
		return Counts{}, fmt.Errorf("count claims: %w", err)
	}
	return counts, nil
}

// Export lists every application that matches, for a sheet: maxExport at most.
func (i *Instruction) Export(ctx context.Context, by account.Actor, search Search) ([]Queued, error) {
	query, mayMatch := i.understood(by, search)
	if !mayMatch {
		return nil, nil
	}
	query.Offset, query.Limit = 0, maxExport
	found, _, err := i.Desk.ListQueue(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list for a sheet: %w", err)
	}
	return found, nil
}

// maxExport bounds a sheet, in rows: more than a year of requests.
const maxExport = 20_000

// Filter is a search that an instructor keeps.
type Filter struct {
	ID    int64
	Name  string
	Query string // as in the address of the queue
}

const (
	filterNameLimit  = 40
	filterQueryLimit = 1000
)

// SaveFilter keeps a search under a name. Codes: filter.name_required (Invalid),
// filter.too_many (Conflict).
func (i *Instruction) SaveFilter(ctx context.Context, by account.Actor, filter Filter) error {
	filter.Name = tidy(filter.Name, Text{Limit: filterNameLimit})
	if filter.Name == "" || len(filter.Query) > filterQueryLimit {
		return fault.New(fault.Invalid, "filter.name_required")
	}
	if err := i.Desk.RecordFilter(ctx, by.AccountID, filter); err != nil {
		return fmt.Errorf("record filter: %w", err)
	}
	return nil
}

// SaveReason adds a model, or changes it. Codes: reason_template.title_required,
// reason.required, reason.too_long, reason_template.act_required (Invalid),
// reason_template.unknown (NotFound), reason_template.too_many (Conflict).
func (i *Instruction) SaveReason(ctx context.Context, by account.Actor, reason Reason) (int64, error) {
	reason.Title = tidy(reason.Title, Text{Limit: reasonTitleLimit})
	reason.Text = tidy(reason.Text, Text{Lines: true})
	switch {
	case reason.Title == "":
		return 0, fault.New(fault.Invalid, "reason_template.title_required")
	case reason.Act != habilitation.Approve && reason.Act != habilitation.RequestChanges && reason.Act != habilitation.Refuse:
		return 0, fault.New(fault.Invalid, "reason_template.act_required")
	case reason.Text == "":
		return 0, fault.New(fault.Invalid, "reason.required")
	case len([]rune(reason.Text)) > reasonLimit:
		return 0, fault.New(fault.Invalid, "reason.too_long")
	}
	id, err := i.Desk.RecordReason(ctx, reason, reasonEvent(by, reason, i.Now()))
	if err != nil {
		return 0, fmt.Errorf("record model: %w", err)
	}
	return id, nil
}

// EraseReason takes a model away. Code: reason_template.unknown (NotFound).
func (i *Instruction) EraseReason(ctx context.Context, by account.Actor, id int64) error {
	reason, err := i.Desk.FindReason(ctx, id)
	if err != nil {
		return fmt.Errorf("find model: %w", err)
	}
	if err := i.Desk.EraseReason(ctx, id, reasonEvent(by, reason, i.Now())); err != nil {
		return fmt.Errorf("erase model: %w", err)
	}
	return nil
}

func reasonEvent(by account.Actor, reason Reason, at time.Time) audit.Event {
	return audit.Event{
		At: at, Author: by.Author(), Act: audit.ReasonTemplateChanged, RequestID: by.RequestID, Detail: string(reason.Act),
		Object: audit.Object{Kind: "reason_template", ID: fmt.Sprint(reason.ID), Display: reason.Title},
	}
}
