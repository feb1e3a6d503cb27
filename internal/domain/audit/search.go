package audit

import "time"

// Entry is an event as the journal holds it.
type Entry struct {
	Event
	ID    int64
	Batch int64 // of its seal; 0 until sealed
}

// Search says which events are wanted. A field at its zero wants them all; fields add up.
type Search struct {
	AuthorID string
	// Author holds beginnings of words of the author's name, accents and case apart.
	Author string
	// ObjectID is of an object of ObjectKind, which is then needed.
	ObjectKind, ObjectID string
	// Object holds beginnings of words of the object's name or id.
	Object       string
	Act          Act
	Organisation string
	From         time.Time // included
	To           time.Time // excluded
}

// SearchLimit is how many events a search reads, newest first: a journal of millions is
// read by narrowing the period, not by turning pages.
const SearchLimit = 1_000

// Page is a part of what a search found, newest first.
type Page struct {
	Entries []Entry
	Total   int  // at most SearchLimit
	More    bool // there are more than SearchLimit
}

// typed cuts and cleans what somebody typed as the journal does what it stores, so that
// both meet.
func (s Search) typed() Search {
	act := string(s.Act)
	for _, text := range []*string{&s.AuthorID, &s.Author, &s.ObjectKind, &s.ObjectID, &s.Object, &act, &s.Organisation} {
		*text = storable(*text)
	}
	s.Act = Act(act)
	return s
}
