package postgres_test

import (
	"bytes"
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/postgres"
	"portail-qf/internal/sim/stage"
)

const seedIssuer = "https://proconnect.example.fr"

func (s *scene) seeder() postgres.Access {
	return postgres.Access{DB: s.db, Operator: people.Organisation{Siret: "13002526500013", Name: "DINUM"}}
}

// seeded gives the database the towns, the people and the habilitations of the seed.
func (s *scene) seeded() {
	s.t.Helper()
	ctx := context.Background()
	towns := directory.Service{Store: postgres.Collectivities{DB: s.db}, Now: func() time.Time { return noon }}
	if _, err := towns.Import(ctx, bytes.NewReader(stage.SeedFile)); err != nil {
		s.t.Fatal(err)
	}
	if err := s.seeder().Enrol(ctx, seedIssuer, stage.SeedFile, noon); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.decisions().Adopt(ctx, postgres.SeedAuthor, bytes.NewReader(stage.SeedFile)); err != nil {
		s.t.Fatal(err)
	}
}

// holders are the subjects of those who hold requests, by the number of the request.
func (s *scene) holders() map[int64]string {
	s.t.Helper()
	rows, err := s.raw.QueryContext(context.Background(), `SELECT r.number, a.subject FROM requests r JOIN accounts a ON a.id = r.holder`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	holders := map[int64]string{}
	for rows.Next() {
		var number int64
		var subject string
		if err := rows.Scan(&number, &subject); err != nil {
			s.t.Fatal(err)
		}
		holders[number] = subject
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return holders
}

func (s *scene) link(issuer string) {
	s.t.Helper()
	if err := s.seeder().LinkHolders(context.Background(), issuer, stage.SeedFile); err != nil {
		s.t.Fatal(err)
	}
}

// subjectOf finds somebody of the seed.
func subjectOf(t *testing.T, key string) string {
	t.Helper()
	seed, err := stage.ReadSeed()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range seed.People {
		if p.Key == key {
			return p.Subject
		}
	}
	t.Fatalf("the seed has no %q", key)
	return ""
}

// DEMO.md: « `requester` and `technical_contact` are mail addresses, each the `email` of one persona »: whoever signs in as one of
// them holds the request of the town.
func TestTheRequestersOfTheSeedHoldTheirRequests(t *testing.T) {
	s := setScene(t)
	s.seeded()
	if got := s.holders(); len(got) > 0 {
		t.Fatalf("held before anybody was linked: %v", got)
	}
	s.link("https://another.example.fr") // the same subjects elsewhere are other people
	if got := s.holders(); len(got) > 0 {
		t.Fatalf("held by people of another provider: %v", got)
	}
	s.link(seedIssuer)
	want := map[int64]string{
		9001: subjectOf(t, "agente-majastres"), 9002: subjectOf(t, "agent-sainville"), 9003: subjectOf(t, "agente-valombre"),
		9004: subjectOf(t, "agent-port-clair"), 9005: subjectOf(t, "agente-rivebrune"), 9006: subjectOf(t, "agent-montfleury"),
	}
	if diff := cmp.Diff(want, s.holders()); diff != "" {
		t.Error(diff)
	}
	revisions := s.count(`SELECT sum(revision) FROM requests`)
	s.link(seedIssuer)
	if got := s.holders(); !maps.Equal(want, got) || s.count(`SELECT sum(revision) FROM requests`) != revisions {
		t.Errorf("linked again: %v", got)
	}
}

// PRODUCT.md 3.13: « An imported requester is linked by the same SIRET plus a one-time link to the recorded address, never by e-mail
// alone. » Of a seed, what was changed by hand stays changed.
func TestAMailAloneLinksNobody(t *testing.T) {
	s := setScene(t)
	s.seeded()
	account := func(key string) int {
		return s.count(`SELECT id FROM accounts WHERE subject = $1`, subjectOf(t, key))
	}
	other := account("agent-sainville")
	s.run(`UPDATE requests SET holder = $1 WHERE number = 9001`, other)                                                // given to somebody else
	s.run(`UPDATE memberships SET ended_at = now(), ended_by = 'x' WHERE account_id = $1`, account("agent-sainville")) // left the town
	s.run(`UPDATE requests SET requester = jsonb_set(requester, '{mail}', '"autre@valombre.example.fr"') WHERE number = 9003`)
	s.run(`UPDATE memberships SET organisation = $1 WHERE account_id = $2`, majastres, account("agent-port-clair")) // is of another town
	s.run(`UPDATE accounts SET mail = 'lea@ailleurs.example.fr' WHERE id = $1`, account("agente-rivebrune"))
	s.run(`INSERT INTO requests (number, source, siret, state, state_at, created_at, requester)
		SELECT 10000500, 'portail', siret, 'deposee', now(), now(), requester FROM requests WHERE number = 9006`) // not of the seed
	s.link(seedIssuer)
	want := map[int64]string{9001: subjectOf(t, "agent-sainville"), 9006: subjectOf(t, "agent-montfleury")}
	if diff := cmp.Diff(want, s.holders()); diff != "" {
		t.Error(diff)
	}
}

func TestASeedThatIsNoneLinksNobody(t *testing.T) {
	s := setScene(t)
	err := s.seeder().LinkHolders(context.Background(), seedIssuer, []byte("<html>"))
	if err == nil || !strings.Contains(err.Error(), "understand the requesters") {
		t.Errorf("error %v", err)
	}
}
