package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Seal closes a batch of events: whoever changes one of them, or the seal, breaks the
// chain that the next seal holds the end of.
type Seal struct {
	Batch    int64 // 1 for the first
	FirstID  int64
	LastID   int64
	Events   int
	Digest   []byte // SHA-256 of Previous and of the lines of the events
	Previous []byte // digest of the batch before; empty for the first
	SealedAt time.Time
	// PurgedAt is when the events went, having passed the retention; zero while they are
	// there.
	PurgedAt time.Time
}

// Line is an event in its canonical text, which the schema makes (audit_line).
type Line struct {
	Batch int64 // 0 until sealed
	ID    int64
	At    time.Time
	Text  string
}

// Chain is the whole journal as verification reads it, at one moment.
type Chain struct {
	Seals []Seal // by batch
	// Lines come by batch and id; those that wait for their seal come last.
	Lines iter.Seq2[Line, error]
}

// Anchor is the end of the chain as it was once, kept elsewhere than in the database: the
// only proof against whoever rewrites events and all their seals, or cuts the end off.
type Anchor struct {
	Batch  int64
	Digest []byte
}

// String is "12:9f86d0…", as the report of the sealing shows it.
func (a Anchor) String() string { return fmt.Sprintf("%d:%x", a.Batch, a.Digest) }

// errAnchor says what an anchor looks like.
var errAnchor = errors.New("an anchor is a batch number, a colon and a SHA-256 digest in hexadecimal")

// ParseAnchor reads what String wrote.
func ParseAnchor(text string) (Anchor, error) {
	number, digits, _ := strings.Cut(strings.TrimSpace(text), ":")
	batch, err := strconv.ParseInt(number, 10, 64)
	if err != nil || batch < 1 {
		return Anchor{}, errAnchor
	}
	digest, err := hex.DecodeString(digits)
	if err != nil || len(digest) != sha256.Size {
		return Anchor{}, errAnchor
	}
	return Anchor{Batch: batch, Digest: digest}, nil
}

func (s Seal) anchor() Anchor { return Anchor{Batch: s.Batch, Digest: s.Digest} }

// content is what the events of a batch come to.
type content struct {
	events          int
	firstID, lastID int64
	digest          []byte
}

// breach tells what is wrong with a batch whose events come to found; "" when nothing is.
func (s Seal) breach(found content) Breach {
	switch {
	case !s.PurgedAt.IsZero() && found.events > 0:
		return EventsAdded
	case !s.PurgedAt.IsZero() && s.SealedAt.After(s.PurgedAt.UTC().AddDate(-RetentionYears, 0, 0)):
		return PurgedTooSoon
	case !s.PurgedAt.IsZero():
		return ""
	case found.events < s.Events:
		return EventsMissing
	case found.events > s.Events:
		return EventsAdded
	case !bytes.Equal(found.digest, s.Digest):
		return EventsAltered
	case found.firstID != s.FirstID || found.lastID != s.LastID:
		return SealAltered
	}
	return ""
}
