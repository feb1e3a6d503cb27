package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"portail-qf/internal/authz"
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/web"
)

// The professionals who are there already: about one agent in each collectivity, the editors' people and the support; and the
// sessions of a busy morning.
const (
	accounts        = 40_000
	agentSessions   = 1_800
	supportSessions = 200
)

// What professionals ask for. A person opens a page every twenty seconds; few search among all the accounts.
const (
	pageRate   = 100 // a second
	searchRate = 10  // a second
	// deskPath is the first page of the support: a session, a permission, and no other SQL.
	deskPath   = "/assistance"
	searchPath = "/administration/comptes"
)

// sought are names and addresses of postgres.FillPeople as people type them: of one person or of hundreds.
var sought = [...]string{"martin", "Hélène Rousseau", "organisme-1234", "LEFÈVRE", "théo", "garc", "awa.blanc@", "muller"}

// professionals is what their side costs.
type professionals struct {
	allowed, refused time.Duration // one permission check
	noted, read      measure       // of a session; once a minute, reading it writes down that it was seen
	signIns          measure
	desk, searches   pages

	desks, administrators []value.Token // sessions of those who signed in
}

func newCrowd() postgres.Crowd {
	draw := func(count int) []value.Token {
		drawn := make([]value.Token, count)
		for i := range drawn {
			drawn[i] = value.NewToken()
		}
		return drawn
	}
	return postgres.Crowd{Accounts: accounts, Operator: operator.Siret, Agents: draw(agentSessions), Support: draw(supportSessions)}
}

func (s *scene) measureProfessionals(ctx context.Context, found *professionals) error {
	for _, take := range []func(context.Context, *professionals) error{
		measureChecks, s.measureSessions, s.measureSignIns, s.measureDesk, s.measureSearches,
	} {
		if err := errors.Join(take(ctx, found), ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

// measureChecks asks the portal's policy, in this process.
func measureChecks(_ context.Context, found *professionals) error {
	policy, err := authz.Read()
	if err != nil {
		return err
	}
	var errAllowed, errRefused error
	found.allowed, errAllowed = measureCheck(policy, account.Admin, true)
	found.refused, errRefused = measureCheck(policy, account.Town, false)
	return errors.Join(errAllowed, errRefused)
}

// measureCheck gives the time of one call, in the batch that the rest of the machine disturbed least. The permission is among
// the last lines of the policy, which is read from its beginning.
func measureCheck(policy *authz.Policy, role account.Role, allowed bool) (least time.Duration, err error) {
	const batches, calls = 10, 5_000
	for range batches {
		began := time.Now()
		for range calls {
			if policy.Can(role, "journal", "read") != allowed {
				return 0, fmt.Errorf("what the policy allows %s is not what is measured", role)
			}
		}
		if each := time.Since(began) / calls; least == 0 || each < least {
			least = each
		}
	}
	return least, nil
}

// measureSessions reads every live session as the portal does, from this process: a first time, which writes down that it was
// seen, then without writing, the time being the same.
func (s *scene) measureSessions(ctx context.Context, found *professionals) error {
	now := time.Now()
	found.noted = s.readAll(ctx, s.db, now)
	found.read = withoutPause(ctx, 1, during(s.length), s.reading(s.db, now))
	return nil
}

// readAll reads every live session once.
func (s *scene) readAll(ctx context.Context, db *postgres.DB, now time.Time) measure {
	return withoutPause(ctx, 1, upTo(agentSessions+supportSessions), s.reading(db, now))
}

func (s *scene) reading(db *postgres.DB, now time.Time) act {
	sessions := &account.Sessions{Store: postgres.Sessions{DB: db, Operator: operator}, Now: func() time.Time { return now }}
	live := append(s.crowd.Agents[:agentSessions:agentSessions], s.crowd.Support...)
	return func(ctx context.Context, number int) error {
		actor, err := sessions.Actor(ctx, live[number%len(live)])
		if err == nil && actor.Role == "" {
			err = errors.New("a session is of somebody without a role")
		}
		return err
	}
}

// measureSignIns signs people in one after the other, since the simulator is told who comes next: half of them of the support,
// half administrators. Both prove a second factor, by a second passage.
func (s *scene) measureSignIns(ctx context.Context, found *professionals) error {
	found.signIns = withoutPause(ctx, 1, upTo(2*crowd), func(ctx context.Context, number int) error {
		person, home, of := "assistant", deskPath, &found.desks
		if number%2 == 1 {
			person, home, of = "administratrice", searchPath, &found.administrators
		}
		session, err := s.visitor().enter(ctx, s.proIssuer, person, home)
		*of = append(*of, session)
		return err
	})
	return found.signIns.failure
}

// measureDesk opens the first page of the support.
func (s *scene) measureDesk(ctx context.Context, found *professionals) (err error) {
	found.desk, err = s.measurePages(ctx, "assistance.pprof", pageRate, s.deskAt(s.portal.url, found.desks))
	return err
}

// deskAt opens the first page of the support in sessions that take turns.
func (s *scene) deskAt(url string, sessions []value.Token) act {
	return func(ctx context.Context, number int) error {
		_, err := s.signedIn(url, sessions[number%len(sessions)]).get(ctx, url+deskPath, http.StatusOK)
		return err
	}
}

// measureSearches looks for people among all the accounts; each search finds somebody.
func (s *scene) measureSearches(ctx context.Context, found *professionals) (err error) {
	row := []byte(`href="` + searchPath + `/`)
	search := func(ctx context.Context, number int) error {
		v := s.signedIn(s.portal.url, found.administrators[number%len(found.administrators)])
		query := url.Values{"q": {sought[number%len(sought)]}}.Encode()
		list, err := v.get(ctx, s.portal.url+searchPath+"?"+query, http.StatusOK)
		if err == nil && !bytes.Contains(list.body, row) {
			err = errors.New("a search of an account finds nobody")
		}
		return err
	}
	found.searches, err = s.measurePages(ctx, "recherche.pprof", searchRate, search)
	return err
}

// compareDesk lets the first page of the support meet a bare handler that reads the session too. Both have written down before
// that every session was seen.
func (s *scene) compareDesk(ctx context.Context, found *results, db *postgres.DB, handler *process) error {
	ours, theirs := s.readAll(ctx, s.db, time.Now()), s.readAll(ctx, db, time.Now())
	if err := errors.Join(ours.failure, theirs.failure); err != nil {
		return err
	}
	found.deskDuel = fight(ctx, s.rounds, viewsInRound, s.deskAt(s.portal.url, s.crowd.Support), s.deskAt(handler.url, s.crowd.Support))
	return nil
}

// signedIn is the browser of somebody whose session is open, at the portal or at the bare handler.
func (s *scene) signedIn(url string, session value.Token) *visit {
	return &visit{client: s.client, portal: url, cookies: map[string]string{web.SessionCookie: session.Reveal()}}
}

// enter goes from the button of the sign-in page to a page of the person's space and returns the session. ProConnect asks
// staff for a second factor by a second passage.
func (v *visit) enter(ctx context.Context, issuer, person, home string) (value.Token, error) {
	const passages = 2
	left, err := v.post(ctx, v.portal+"/connexion", url.Values{"retour": {home}})
	for passage := 0; err == nil && passage < passages; passage++ {
		if left, err = v.pass(ctx, issuer, person, left.location); err == nil && left.location == v.portal+home {
			_, err = v.get(ctx, left.location, http.StatusOK)
			return value.Token(v.cookies[web.SessionCookie]), err
		}
	}
	return "", errors.Join(errors.New("the sign-in did not lead to the space"), err)
}

// pass signs a person in at the provider, which was given an address, and says where the portal leads then.
func (v *visit) pass(ctx context.Context, issuer, person, address string) (page, error) {
	if err := v.choose(ctx, issuer, person); err != nil {
		return page{}, err
	}
	back, err := v.get(ctx, address, http.StatusSeeOther)
	if err != nil {
		return page{}, err
	}
	return v.get(ctx, back.location, http.StatusSeeOther)
}

func (p professionals) measures() []measure {
	return []measure{p.noted, p.read, p.signIns, p.desk.steady, p.desk.crowded, p.searches.steady, p.searches.crowded}
}

func (p professionals) lines() []line {
	page, search := p.desk, p.searches
	check := func(took time.Duration) string {
		return microseconds(took) + ", " + share(took, page.cost) + " du processeur d’une page"
	}
	limit := "p95 < " + milliseconds(viewLimit)
	return []line{
		{"Vérification d’un droit, accordé", check(p.allowed), "", true},
		{"Vérification d’un droit, refusé", check(p.refused), "", true},
		{"Lecture d’une session", times(p.read) + ", " + share(p.read.percentile(50), page.steady.percentile(50)) + " du temps d’une page", "", true},
		{"  celle de chaque minute, qui note la visite", times(p.noted), "", true},
		{"Connexion par ProConnect, en deux passages", times(p.signIns), "", true},
		{fmt.Sprintf("Accueil de l’assistance, %d pages/s demandées", pageRate), perSecond(page.steady), fmt.Sprintf("%d/s", pageRate), page.steady.rate() >= pageRate*keptUp},
		{"  temps de réponse", times(page.steady), limit, page.steady.percentile(95) < viewLimit},
		{fmt.Sprintf("Accueil de l’assistance, %d agents sans pause", crowd), perSecond(page.crowded), fmt.Sprintf("%d/s", pageRate), page.crowded.rate() >= pageRate},
		{"  temps de réponse", times(page.crowded), "", true},
		{"  processeur du portail", milliseconds(page.cost) + " par page", "", true},
		{fmt.Sprintf("Recherche d’un compte, %d/s demandées", searchRate), perSecond(search.steady), fmt.Sprintf("%d/s", searchRate), search.steady.rate() >= searchRate*keptUp},
		{"  temps de réponse", times(search.steady), limit, search.steady.percentile(95) < viewLimit},
		{fmt.Sprintf("Recherche d’un compte, %d agents sans pause", crowd), perSecond(search.crowded), fmt.Sprintf("%d/s", searchRate), search.crowded.rate() >= searchRate},
		{"  temps de réponse", times(search.crowded), "", true},
		{"  processeur du portail", milliseconds(search.cost) + " par recherche", "", true},
	}
}
