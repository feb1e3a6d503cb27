package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"time"

	"portail-qf/internal/postgres"
	"portail-qf/internal/sim/control"
	"portail-qf/internal/web/citizen"
)

const (
	duelists         = 8 // visitors without pause
	viewsInRound     = 1000
	recordingInRound = 120
)

// duel is the portal against the bare handler, round after round under the same visitors.
type duel struct{ portal, bare []measure }

// ratios says, for each round, how many requests the portal answered while the bare handler answered one, the lowest first. The
// first round, which opens connections and lets the workers begin, is left out.
func (d duel) ratios() []float64 {
	var found []float64
	for i := 1; i < len(d.portal); i++ {
		found = append(found, d.portal[i].rate()/d.bare[i].rate())
	}
	slices.Sort(found)
	return found
}

// ratio is the median of the rounds: what else the machine does in one of them changes nothing.
func (d duel) ratio() float64 {
	ratios := d.ratios()
	return ratios[len(ratios)/2]
}

// best is the highest rate of a round.
func best(measures []measure) (rate float64) {
	for _, m := range measures {
		rate = max(rate, m.rate())
	}
	return rate
}

// fight lets the two take turns. Each is asked for a number of acts, numbered on from one round to the next.
func fight(ctx context.Context, rounds, inRound int, portal, bare act) (d duel) {
	for round := range rounds {
		from := func(do act) act {
			return func(ctx context.Context, number int) error { return do(ctx, round*inRound+number) }
		}
		d.portal = append(d.portal, withoutPause(ctx, duelists, upTo(inRound), from(portal)))
		d.bare = append(d.bare, withoutPause(ctx, duelists, upTo(inRound), from(bare)))
	}
	return d
}

// compare starts the bare handler and makes it meet the portal.
func (s *scene) compare(ctx context.Context, found *results) (err error) {
	person, err := s.meet(ctx)
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, s.databaseURL(bareDatabase))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ours, err := s.prepareAttempts(ctx, s.db, person, s.rounds*recordingInRound)
	if err != nil {
		return err
	}
	theirs, err := s.prepareAttempts(ctx, db, person, s.rounds*recordingInRound)
	if err != nil {
		return err
	}
	if err := s.writeBare(ctx, person, ours[0]); err != nil {
		return err
	}
	handler, err := s.startBare(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, handler.stop()) }()
	found.viewDuel = fight(ctx, s.rounds, viewsInRound, s.viewAt(s.portal.url), s.viewAt(handler.url))
	if err := s.compareDesk(ctx, found, db, handler); err != nil {
		return err
	}
	s.compareTokens(ctx, &found.tokens, handler)
	return s.compareRecording(ctx, found, ours, theirs, handler)
}

func (s *scene) startBare(ctx context.Context) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	itself, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, s.file("bare.log"), address, itself, []string{bareCommand, s.folder},
		[]string{"LISTEN=" + address, "DATABASE_URL=" + s.databaseURL(bareDatabase), "PEPPER=" + s.pepper})
}

func (s *scene) viewAt(url string) act {
	return func(ctx context.Context, number int) error {
		v := &visit{client: s.client, portal: url}
		_, err := v.get(ctx, url+"/collectivites/"+filledTown(1+number%s.towns).String(), http.StatusOK)
		return err
	}
}

// compareRecording keeps the workers waiting for HubEE meanwhile. Every dossier must be found afterwards.
func (s *scene) compareRecording(ctx context.Context, found *results, ours, theirs []reviewed, handler *process) error {
	hub := s.stage.HubEE.Control()
	hub.Inject(control.Fault{Mode: control.ModeSlow, DelayMS: int(time.Hour.Milliseconds())})
	defer hub.Reset()
	sent := newRegister()
	found.recordingDuel = fight(ctx, s.rounds, recordingInRound, s.recordAt(s.portal.url, ours, sent), s.recordAt(handler.url, theirs, newRegister()))
	for reference := range sent.externalIDs {
		state, err := s.stateOf(ctx, reference)
		if err != nil {
			return err
		}
		if state == "" {
			found.checked.lost++
		}
	}
	found.checked.sent += len(sent.externalIDs)
	return nil
}

// recordAt sends the recording POST of prepared attempts, one each.
func (s *scene) recordAt(url string, attempts []reviewed, sent *register) act {
	return func(ctx context.Context, number int) error {
		v := &visit{client: s.client, portal: url, cookies: map[string]string{citizen.SessionCookie: string(attempts[number].session)}}
		confirmation, err := v.record(ctx, s.town(), attempts[number].attempt)
		if err != nil {
			return err
		}
		reference, err := referenceIn(confirmation)
		if err != nil {
			return err
		}
		sent.add(reference, "")
		return nil
	}
}
