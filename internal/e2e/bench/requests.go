package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/sim/stage"
)

// The requests that wait for the instructors, and what is asked of them (issue 5).
const (
	filedRequests = 10_000
	requestForm   = "api-particulier-tilleul" // through which all of them came
	queuePath     = "/instruction/demandes"
	requestsPath  = "/collectivite/demandes"
	queueRate     = 20 // a second
	depositRate   = 30 // a second
	queueLimit    = 100 * time.Millisecond
	depositLimit  = 300 * time.Millisecond
)

// queueFilters are what instructors look for among all that waits; each search finds something.
var queueFilters = [...]string{
	"q=commune+essai+12", "departement=45&attribution=personne", "editeur=90511200900014&page=3", "formulaire=" + requestForm,
	"q=demandeur-1234%40", "departement=07&q=essai", "etape=message", "etape=toutes&attribution=personne",
}

// requests is what a queue and the deposits of towns cost.
type requests struct {
	queue, filtered       pages
	steady, crowded       measure       // the POST of the summary, which deposits
	cost                  time.Duration // of the portal's processor for a deposit, mails included
	deposited             int           // answered so
	missing, doubled      int           // of those, in the tables
	acknowledged, waiting int           // mails that were recorded, and deposits that the instructors have
}

// fillRequests publishes the forms, and makes the requests: those that wait, and a draft for each agent who is signed in.
func (s *scene) fillRequests(ctx context.Context, db *postgres.DB) error {
	forms := &editor.Templates{Store: postgres.Templates{DB: db}, Editors: postgres.Editors{DB: db}, Now: time.Now}
	if _, err := forms.Import(ctx, bytes.NewReader(stage.Forms())); err != nil {
		return err
	}
	template, err := forms.Find(ctx, requestForm)
	if err != nil {
		return err
	}
	answers := completed(template)
	if faults := request.Check(answers, request.Situation{Template: template, Elsewhere: true}, request.Steps(template, true)...); len(faults) > 0 {
		return fmt.Errorf("the prepared requests cannot be deposited: %v", faults)
	}
	s.drafts, err = postgres.FillRequests(ctx, db, postgres.Paperwork{Template: template, Answers: answers, Filed: filedRequests, Drafts: s.crowd.Agents}, time.Now())
	return err
}

// completed is a request as a town fills it in.
func completed(template editor.Template) request.Answers {
	a := request.Begun(template)
	a.DeliberationURL, a.Retention, a.RequesterPhone = "https://www.essai.example.fr/deliberations/tarifs", "12", "01 60 00 00 00"
	a.Reception = request.ReceptionReplace // the forms of all the towns are open already
	a.DPD = habilitation.Contact{GivenName: "Luc", FamilyName: "Kerjean", Mail: "dpd@syndicat.example.fr", Phone: "01 60 00 00 01"}
	a.Controller = habilitation.Contact{GivenName: "Odile", FamilyName: "Tanguy", Job: "Maire", Mail: "maire@essai.example.fr"}
	return a
}

func (s *scene) measureRequests(ctx context.Context, found *requests) error {
	instructor, err := s.visitor().enter(ctx, s.proIssuer, "instructrice", queuePath)
	if err != nil {
		return err
	}
	every := func(int) string { return "" }
	if found.queue, err = s.measureQueue(ctx, "instruction.pprof", instructor, every); err != nil {
		return err
	}
	filter := func(number int) string { return "?" + queueFilters[number%len(queueFilters)] }
	if found.filtered, err = s.measureQueue(ctx, "instruction-filtree.pprof", instructor, filter); err != nil {
		return err
	}
	return errors.Join(s.measureDeposits(ctx, found), ctx.Err())
}

// measureQueue opens the queue, with a search or without.
func (s *scene) measureQueue(ctx context.Context, profile string, instructor value.Token, search func(number int) string) (pages, error) {
	row := []byte(`href="` + queuePath + `/1`) // the numbers of our requests begin so
	return s.measurePages(ctx, profile, queueRate, func(ctx context.Context, number int) error {
		list, err := s.signedIn(s.portal.url, instructor).get(ctx, s.portal.url+queuePath+search(number), http.StatusOK)
		if err == nil && !bytes.Contains(list.body, row) {
			err = fmt.Errorf("the queue shows nothing of %q", search(number))
		}
		return err
	})
}

// measureDeposits has agents deposit their drafts, at a rate and then without pause, and counts what became of them.
func (s *scene) measureDeposits(ctx context.Context, found *requests) error {
	before, errBefore := s.portal.spent()
	taken := min(int(s.length.Seconds()*depositRate), len(s.drafts)/2)
	sent := &deposits{}
	found.steady = atRate(ctx, depositRate, time.Duration(taken)*time.Second/depositRate, s.deposit(0, sent))
	inTime := during(s.length)
	more := func(number int) bool { return taken+number < len(s.drafts) && inTime(number) }
	found.crowded = withoutPause(ctx, crowd, more, s.deposit(taken, sent))
	errDelivery := s.awaitDelivery(ctx)
	after, errAfter := s.portal.spent()
	found.deposited = len(sent.numbers)
	found.cost = (after - before) / time.Duration(max(1, found.deposited))
	return errors.Join(errBefore, errDelivery, errAfter, s.countDeposits(ctx, found, sent.numbers))
}

// deposits remembers which requests were answered as deposited.
type deposits struct {
	mu      sync.Mutex
	numbers []habilitation.RequestNumber
}

// deposit sends the summary of a prepared draft, the first of which is the one given.
func (s *scene) deposit(first int, sent *deposits) act {
	return func(ctx context.Context, number int) error {
		draft := s.drafts[first+number]
		address := requestsPath + "/" + strconv.FormatInt(int64(draft), 10)
		v := s.signedIn(s.portal.url, s.crowd.Agents[first+number])
		answer, err := v.post(ctx, s.portal.url+address+"/recapitulatif", url.Values{"edition": {"1"}, "cgu": {"oui"}, "dpd_informe": {"oui"}})
		if err == nil && answer.location != s.portal.url+address+"/depot" {
			err = errors.New("a deposit does not lead to its confirmation")
		}
		if err == nil {
			sent.mu.Lock()
			sent.numbers = append(sent.numbers, draft)
			sent.mu.Unlock()
		}
		return err
	}
}

// countDeposits compares what agents were told with the tables.
func (s *scene) countDeposits(ctx context.Context, found *requests, told []habilitation.RequestNumber) error {
	store := postgres.Applications{DB: s.db}
	for _, number := range told {
		_, once, errOnce := store.FindDeposit(ctx, number, 0)
		_, twice, errTwice := store.FindDeposit(ctx, number, 1)
		if err := errors.Join(errOnce, errTwice); err != nil {
			return err
		}
		switch {
		case !once:
			found.missing++
		case twice:
			found.doubled++
		}
	}
	var errMails error
	_, found.acknowledged, errMails = postgres.Mails{DB: s.db}.ListMails(ctx, notice.MailQuery{Kind: request.KindFiled, Limit: 1})
	counts, errQueue := postgres.Desk{DB: s.db}.CountQueue(ctx, 0)
	found.waiting = counts.ToInstruct - filedRequests
	return errors.Join(errMails, errQueue)
}

func (r requests) measures() []measure {
	return []measure{r.queue.steady, r.queue.crowded, r.filtered.steady, r.filtered.crowded, r.steady, r.crowded}
}

func (r requests) lines() []line {
	asked := fmt.Sprintf("%d/s", queueRate)
	wrong := r.wrong()
	return []line{
		{fmt.Sprintf("File de %d demandes, %d pages/s demandées", filedRequests, queueRate), perSecond(r.queue.steady), asked, r.queue.steady.rate() >= queueRate*keptUp},
		{"  temps de réponse", times(r.queue.steady), "p95 < " + milliseconds(queueLimit), r.queue.steady.percentile(95) < queueLimit},
		{fmt.Sprintf("File de %d demandes, %d instructeurs sans pause", filedRequests, crowd), perSecond(r.queue.crowded), "", true},
		{"  processeur du portail", milliseconds(r.queue.cost) + " par page", "", true},
		{fmt.Sprintf("La même, filtrée, %d pages/s demandées", queueRate), perSecond(r.filtered.steady), asked, r.filtered.steady.rate() >= queueRate*keptUp},
		{"  temps de réponse", times(r.filtered.steady), "p95 < " + milliseconds(queueLimit), r.filtered.steady.percentile(95) < queueLimit},
		{fmt.Sprintf("La même, filtrée, %d instructeurs sans pause", crowd), perSecond(r.filtered.crowded), "", true},
		{"  processeur du portail", milliseconds(r.filtered.cost) + " par page", "", true},
		{fmt.Sprintf("Dépôt d’une demande, %d/s demandés", depositRate), perSecond(r.steady), fmt.Sprintf("%d/s", depositRate), r.steady.rate() >= depositRate*keptUp},
		{"  temps de réponse", times(r.steady), "p95 < " + milliseconds(depositLimit), r.steady.percentile(95) < depositLimit},
		{fmt.Sprintf("Dépôt d’une demande, %d agents sans pause", crowd), perSecond(r.crowded), fmt.Sprintf("%d/s", depositRate), r.crowded.rate() >= depositRate},
		{"  temps de réponse", times(r.crowded), "", true},
		{"  processeur du portail, mails compris", milliseconds(r.cost) + " par dépôt", "", true},
		{"Dépôts perdus, doublés ou sans leur mail", fmt.Sprintf("%d sur %d", wrong, r.deposited), "0", wrong == 0},
	}
}

// wrong counts the deposits that are not once in the tables, or not in one mail each.
func (r requests) wrong() int {
	apart := func(a, b int) int { return max(a, b) - min(a, b) }
	return r.missing + r.doubled + apart(r.deposited, r.acknowledged) + apart(r.deposited, r.waiting)
}

func (r requests) fault() error {
	if wrong := r.wrong(); wrong > 0 {
		return fmt.Errorf("of %d deposits, %d are lost, %d doubled; %d mails confirm them and %d wait", r.deposited, r.missing, r.doubled, r.acknowledged, r.waiting)
	}
	return nil
}
