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
	Batch       int64 // 1 for the first
	FirstID     int64
	LastID      int64
	Events      int
	LinesDigest []byte    // SHA-256 of the lines of the events
	Digest      []byte    // SHA-256 of everything else here but PurgedAt
	Previous    []byte    // digest of the seal before; empty for the first
	SealedAt    time.Time // to the microsecond
	// PurgedAt is when the events went, having passed the retention; zero while they are
	// there. It comes after the digest, which therefore cannot hold it: it is believed no
	// further than the present.
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

// digest makes the digest again from what the seal keeps, as the schema made it
// (audit_digest). It needs no event, so that a purged batch is still under its digest.
func (s Seal) digest() []byte {
	hash := sha256.New()
	hash.Write(s.Previous)
	fmt.Fprintf(hash, "%d %d %d %d %d", s.Batch, s.FirstID, s.LastID, s.Events, s.SealedAt.UnixMicro())
	hash.Write(s.LinesDigest)
	return hash.Sum(nil)
}

// content is what the events of a batch come to.
type content struct {
	events          int
	firstID, lastID int64
	linesDigest     []byte
}

// breach tells what is wrong with a batch whose events come to found; "" when nothing is.
// The seal is looked at first: what it says of its events is worth what it is.
func (s Seal) breach(found content, now time.Time) Breach {
	switch {
	case !bytes.Equal(s.digest(), s.Digest):
		return SealAltered
	case !s.PurgedAt.IsZero() && found.events > 0:
		return EventsAdded
	case !s.PurgedAt.IsZero() && s.purgedTooSoon(now):
		return PurgedTooSoon
	case !s.PurgedAt.IsZero():
		return ""
	case found.events < s.Events:
		return EventsMissing
	case found.events > s.Events:
		return EventsAdded
	case !bytes.Equal(found.linesDigest, s.LinesDigest):
		return EventsAltered
	case found.firstID != s.FirstID || found.lastID != s.LastID:
		return SealAltered
	}
	return ""
}

// purgedTooSoon tells whether the events went before they had passed the retention. A purge
// dated in the future has taken place by now.
func (s Seal) purgedTooSoon(now time.Time) bool {
	gone := s.PurgedAt
	if gone.After(now) {
		gone = now
	}
	return s.SealedAt.After(gone.UTC().AddDate(-RetentionYears, 0, 0))
}
