package outbox

import "time"

// State is where an order stands, as people read it.
type State string

// The states. No column holds them: they follow from the dates of the order and the time.
const (
	Abandoned State = "abandoned" // a dead letter: nothing happens until somebody acts
	Retrying  State = "retrying"  // it failed, and waits for the time of its next try
	UnderWay  State = "under_way" // a worker has it
	Due       State = "due"       // the next free worker takes it
	Waiting   State = "waiting"   // its time has not come
	Done      State = "done"
)

// States lists every state, what asks for somebody first.
var States = [...]State{Abandoned, Retrying, UnderWay, Due, Waiting, Done}

// AbandonedLife is how long a dead letter is kept: as long as the mail that it may be
// about.
const AbandonedLife = 365 * 24 * time.Hour

// Listed is an order as those who watch over them see it. A time is zero until it comes.
type Listed struct {
	ID      int64
	Kind    string
	Subject string
	// Reference is that of the dossier which the order is about, "" for none: people know
	// a dossier by it, and nobody by its id.
	Reference   string
	Attempts    int
	LastError   string // in words that hold nothing personal
	Leased      bool   // to a worker, by the database's clock
	CreatedAt   time.Time
	DueAt       time.Time
	DoneAt      time.Time
	AbandonedAt time.Time
}

// State tells where the order stands at a time.
func (l Listed) State(now time.Time) State {
	switch {
	case !l.DoneAt.IsZero():
		return Done
	case !l.AbandonedAt.IsZero():
		return Abandoned
	case l.Leased:
		return UnderWay
	case !l.DueAt.After(now):
		return Due
	case l.LastError != "":
		return Retrying
	}
	return Waiting
}

// Sort is what a list of orders is sorted by.
type Sort string

// The sorts.
const (
	ByState   Sort = "state" // in the order of States
	ByCreated Sort = "created"
	ByDue     Sort = "due"
)

// ListedDone is how many of the orders that are done a list holds, newest first: there may
// be millions, and whoever looks for one of them says what it is about.
const ListedDone = 10_000

// Query selects orders. What is empty selects all.
type Query struct {
	Subject       string // as a whole
	Reference     string // of the dossier
	Kind          string
	State         State
	Sort          Sort
	Descending    bool
	Offset, Limit int
}
