package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

const (
	viewRate       = 300 // a second (PRODUCT.md §7)
	submissionRate = 30  // a second
	crowd          = 16  // visitors without pause
	deliveryLimit  = 10 * time.Minute
)

// results is all that was found.
type results struct {
	settings
	views                                pages
	professionals                        professionals
	towns                                towns
	requests                             requests
	approvals                            approvals
	tokens                               tokens
	reminders                            reminders
	submissions, submissionsWithoutPause submissions
	viewDuel, deskDuel, recordingDuel    duel
	checked                              check
	peak                                 int64 // bytes
}

// pages is what became of requests for pages, at the wanted rate and from visitors without pause.
type pages struct {
	steady, crowded measure
	cost            time.Duration // of the portal's processor for one
}

// submissions is what became of complete submissions.
type submissions struct {
	whole, recording measure
	cost             time.Duration // of the portal's processor for one, delivery included
	delivery         time.Duration // from the end of the last one until HubEE had them all
}

// measureAll takes every measure, the one that leaves dossiers behind last.
func (s *scene) measureAll(ctx context.Context) (found results, err error) {
	found.settings = s.settings
	sent := newRegister()
	for _, step := range []struct {
		name string
		take func() error
	}{
		{"les vues du formulaire", func() error { return s.measureViews(ctx, &found) }},
		{"les professionnels", func() error { return s.measureProfessionals(ctx, &found.professionals) }},
		{"l’annuaire", func() error { return s.measureDirectory(ctx, &found.towns) }},
		{"les demandes d’habilitation", func() error { return s.measureRequests(ctx, &found.requests) }},
		{"les jetons", func() error { return s.measureTokens(ctx, &found.tokens) }},
		{"les validations de DataPass", func() error { return s.measureApprovals(ctx, &found.approvals) }},
		{"les rappels de prolongation", func() error { return s.measureReminders(ctx, &found.reminders) }},
		{"les transmissions à la cadence visée", func() (err error) {
			found.submissions, err = s.measureSubmissions(ctx, "cadence", sent, func(do act) measure {
				return atRate(ctx, submissionRate, s.length, do)
			})
			return err
		}},
		{"les transmissions sans pause", func() (err error) {
			found.submissionsWithoutPause, err = s.measureSubmissions(ctx, "foule", sent, func(do act) measure {
				return withoutPause(ctx, crowd, during(s.length), do)
			})
			return err
		}},
		{"ce que HubEE a reçu", func() (err error) { found.checked, err = s.check(ctx, sent); return err }},
		{"le portail et le gestionnaire nu, tour à tour", func() error { return s.compare(ctx, &found) }},
		{"la mémoire", func() (err error) { found.peak, err = s.portal.peak(); return err }},
	} {
		fmt.Fprintln(s.progress, "Mesure :", step.name)
		if err := errors.Join(step.take(), ctx.Err()); err != nil {
			return results{}, err
		}
	}
	return found, nil
}

// measureViews opens the forms of many towns, so that no row is favoured.
func (s *scene) measureViews(ctx context.Context, found *results) (err error) {
	forms := make([]string, s.towns)
	for i := range forms {
		forms[i] = s.formURL(filledTown(1 + i))
	}
	view := func(ctx context.Context, number int) error {
		const stride = 7919 // prime to the number of towns: all come before one comes twice
		_, err := s.visitor().get(ctx, forms[number*stride%len(forms)], http.StatusOK)
		return err
	}
	found.views, err = s.measurePages(ctx, "vues.pprof", viewRate, view)
	return err
}

// measurePages asks for pages at a rate, then without pause.
func (s *scene) measurePages(ctx context.Context, profile string, perSecond int, ask act) (found pages, err error) {
	withoutPause(ctx, crowd, upTo(2*perSecond), ask) // the first ones open connections
	found.steady = atRate(ctx, perSecond, s.length, ask)
	before, errBefore := s.portal.spent()
	errProfile := s.profiled(ctx, profile, func() { found.crowded = withoutPause(ctx, crowd, during(s.length), ask) })
	after, errAfter := s.portal.spent()
	found.cost = (after - before) / time.Duration(max(1, len(found.crowded.took)))
	return found, errors.Join(errBefore, errProfile, errAfter)
}

// register remembers what citizens were told.
type register struct {
	mu          sync.Mutex
	externalIDs map[value.Reference]string
}

func newRegister() *register { return &register{externalIDs: map[value.Reference]string{}} }

func (r *register) add(reference value.Reference, externalID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.externalIDs[reference] = externalID
}

// measureSubmissions runs complete submissions and waits until HubEE has all of them. name tells their external ids from others.
func (s *scene) measureSubmissions(ctx context.Context, name string, sent *register, load func(act) measure) (found submissions, err error) {
	var recordings notebook
	began := time.Now()
	submit := func(ctx context.Context, number int) error {
		wanted := s.transmission(name + "-" + strconv.Itoa(number))
		reference, took, err := s.visitor().transmit(ctx, wanted)
		if err != nil {
			return err
		}
		recordings.note(took, nil)
		sent.add(reference, wanted.externalID)
		return nil
	}
	before, errBefore := s.portal.spent()
	errProfile := s.profiled(ctx, name+".pprof", func() { found.whole = load(submit) })
	found.recording = recordings.close(began)
	ended := time.Now()
	errDelivery := s.awaitDelivery(ctx)
	found.delivery = time.Since(ended)
	after, errAfter := s.portal.spent()
	found.cost = (after - before) / time.Duration(max(1, len(found.whole.took)))
	return found, errors.Join(errBefore, errProfile, errDelivery, errAfter)
}

func (s *scene) awaitDelivery(ctx context.Context) error {
	orders := postgres.Outbox{DB: s.db}
	for deadline := time.Now().Add(deliveryLimit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		// An order put off is due tomorrow at the latest.
		left, err := orders.Busy(ctx, time.Now().AddDate(0, 0, 1))
		if err != nil || left == 0 {
			return err
		}
	}
	return fmt.Errorf("after %s, orders still wait to be carried out", deliveryLimit)
}

// profiled does the work, with a profile of the portal if one is wanted.
func (s *scene) profiled(ctx context.Context, name string, work func()) error {
	if s.profiles == "" {
		work()
		return nil
	}
	written := make(chan error, 1)
	go func() { written <- profile(ctx, s.metricsURL, s.length, filepath.Join(s.profiles, name)) }()
	work()
	return <-written
}

func (s *scene) visitor() *visit { return &visit{client: s.client, portal: s.portal.url} }

func (s *scene) formURL(siret value.Siret) string {
	return s.portal.url + "/collectivites/" + siret.String()
}

// town is the one that HubEE knows and whose form is open.
func (s *scene) town() value.Siret { return value.Siret(s.stage.Town("en_ordre").Siret) }

func (s *scene) transmission(externalID string) transmission {
	return transmission{town: s.town(), externalID: externalID, person: s.stage.Identities[0].Key, issuer: s.issuer}
}
