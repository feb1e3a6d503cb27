package audit

import (
	"bytes"
	"crypto/sha256"
	"iter"
	"time"
)

// Breach is how the chain is broken.
type Breach string

// The breaches, each found at its batch.
const (
	SealMissing   Breach = "seal_missing"    // a batch has no seal
	LinkBroken    Breach = "link_broken"     // the seal does not hold the digest of the one before: that one was rewritten
	EventsMissing Breach = "events_missing"  // fewer events than were sealed, without a purge
	EventsAdded   Breach = "events_added"    // more events than were sealed
	EventsAltered Breach = "events_altered"  // as many events, which are not those that were sealed
	SealAltered   Breach = "seal_altered"    // the seal is not what its digest is of, or its bounds are not those of its events
	PurgedTooSoon Breach = "purged_too_soon" // marked as purged before its events had passed the retention
	AnchorDiffers Breach = "anchor_differs"  // the digest kept elsewhere is another one: this batch or one before was rewritten
	Unsealed      Breach = "unsealed"        // events wait for their seal since too long: the job does not run
)

// Breaches lists every breach, for the test that each has its French.
var Breaches = [...]Breach{
	SealMissing, LinkBroken, EventsMissing, EventsAdded, EventsAltered, SealAltered, PurgedTooSoon, AnchorDiffers, Unsealed,
}

// Broken is the first broken link.
type Broken struct {
	Breach Breach
	Batch  int64 // 0 for events that have none
	// FirstID and LastID bound the events to look at; 0 where none is known. A seal is of
	// a whole batch: it does not tell which event of the batch was touched.
	FirstID, LastID int64
	Sealed, Found   int // number of events
}

// Verdict is what a verification found.
type Verdict struct {
	Batches int
	Purged  int    // batches whose events have passed the retention
	Events  int    // sealed and verified
	Waiting int    // not sealed yet
	End     Anchor // of the chain; zero when nothing is sealed
	Broken  *Broken
}

// SealingDelay is how long an event may wait for its seal. The job runs every quarter of an hour; a
// transaction left open or an outage may keep it from sealing for some of them.
const SealingDelay = 6 * time.Hour

// Verify follows the chain from its first seal and stops at the first broken link. known
// are ends of the chain that were kept elsewhere. The error is of reading alone.
func Verify(chain Chain, now time.Time, known ...Anchor) (Verdict, error) {
	lines, stop, err := open(chain.Lines)
	if err != nil {
		return Verdict{}, err
	}
	defer stop()
	var verdict Verdict
	for _, seal := range chain.Seals {
		if verdict.Broken = outOfPlace(seal, verdict.End); verdict.Broken != nil {
			return verdict, nil
		}
		found, err := lines.take(seal)
		if err != nil {
			return verdict, err
		}
		verdict.Broken = seal.broken(found, now, known)
		if verdict.Broken != nil {
			return verdict, nil
		}
		verdict.Batches++
		verdict.Events += found.events
		if !seal.PurgedAt.IsZero() {
			verdict.Purged++
		}
		verdict.End = seal.anchor()
	}
	for _, anchor := range known {
		if anchor.Batch > verdict.End.Batch { // the end of the chain was cut off
			verdict.Broken = &Broken{Breach: SealMissing, Batch: verdict.End.Batch + 1}
			return verdict, nil
		}
	}
	verdict.Waiting, verdict.Broken, err = lines.rest(now.Add(-SealingDelay))
	return verdict, err
}

// outOfPlace tells whether a seal does not follow the end of the chain before it.
func outOfPlace(seal Seal, end Anchor) *Broken {
	switch {
	case seal.Batch != end.Batch+1:
		return &Broken{Breach: SealMissing, Batch: end.Batch + 1}
	case !bytes.Equal(seal.Previous, end.Digest):
		return &Broken{Breach: LinkBroken, Batch: seal.Batch, FirstID: seal.FirstID, LastID: seal.LastID, Sealed: seal.Events}
	}
	return nil
}

func (s Seal) broken(found content, now time.Time, known []Anchor) *Broken {
	breach := s.breach(found, now)
	for _, anchor := range known {
		if breach == "" && anchor.Batch == s.Batch && !bytes.Equal(anchor.Digest, s.Digest) {
			breach = AnchorDiffers
		}
	}
	if breach == "" {
		return nil
	}
	broken := &Broken{Breach: breach, Batch: s.Batch, FirstID: s.FirstID, LastID: s.LastID, Sealed: s.Events, Found: found.events}
	if found.events > 0 { // an event put in may lie outside
		broken.FirstID, broken.LastID = min(s.FirstID, found.firstID), max(s.LastID, found.lastID)
	}
	return broken
}

// reading is where the verification has come to in the lines.
type reading struct {
	next func() (Line, error, bool)
	line Line // not yet used
	more bool // there is such a line
}

func open(lines iter.Seq2[Line, error]) (*reading, func(), error) {
	next, stop := iter.Pull2(lines)
	r := &reading{next: next}
	if err := r.advance(); err != nil {
		stop()
		return nil, nil, err
	}
	return r, stop, nil
}

func (r *reading) advance() (err error) {
	r.line, err, r.more = r.next()
	return err
}

// take reads the events of a batch.
func (r *reading) take(seal Seal) (content, error) {
	hash := sha256.New()
	found := content{firstID: r.line.ID}
	for r.more && r.line.Batch == seal.Batch {
		hash.Write([]byte(r.line.Text))
		hash.Write([]byte{'\n'})
		found.events++
		found.lastID = r.line.ID
		if err := r.advance(); err != nil {
			return content{}, err
		}
	}
	found.linesDigest = hash.Sum(nil)
	return found, nil
}

// rest reads what no seal holds: events that wait for theirs, and must not do so since
// before late; and events of a batch whose seal is not there.
func (r *reading) rest(late time.Time) (waiting int, broken *Broken, err error) {
	if r.more && r.line.Batch != 0 {
		return 0, &Broken{Breach: SealMissing, Batch: r.line.Batch, FirstID: r.line.ID, LastID: r.line.ID, Found: 1}, nil
	}
	for r.more {
		waiting++
		if r.line.At.Before(late) {
			if broken == nil {
				broken = &Broken{Breach: Unsealed, FirstID: r.line.ID}
			}
			broken.LastID = r.line.ID
			broken.Found++
		}
		if err := r.advance(); err != nil {
			return waiting, broken, err
		}
	}
	return waiting, broken, nil
}
