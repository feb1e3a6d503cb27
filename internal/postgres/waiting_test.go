package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// waiting is what waits for the administration at noon.
func (s *scene) waiting() postgres.AdministrationWaiting {
	s.t.Helper()
	counted, err := postgres.Waiting{DB: s.db}.Administration(context.Background(), noon)
	if err != nil {
		s.t.Fatal(err)
	}
	return counted
}

// « home with "what needs me" » : on a quiet day, nothing does.
func TestNothingWaitsForTheAdministrationOnAQuietDay(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at, done_at, abandoned_at) VALUES
		('mail.send', 'sent', $1, $1, $1, NULL), ('mail.send', 'young', $1, $1::timestamptz - interval '59 minutes', NULL, NULL)`, noon)
	s.run(`INSERT INTO job_runs (job, scheduled_for, finished_at, failed) VALUES
		('mended', now() - interval '2 hours', now(), true), ('mended', now() - interval '1 hour', now(), false), ('begun', now(), NULL, false),
		('retired', now() - interval '8 days', now(), true)`)
	s.invited("later@exemple.fr", noon.Add(4*24*time.Hour))
	s.invited("past@exemple.fr", noon.Add(-time.Minute))
	s.closed(paris)
	s.run(`UPDATE collectivities SET form = 'ferme' WHERE siret = $1`, paris)
	s.bounced("erased", nil)
	s.record(noon)
	s.subscribed(majastres, "on its way", credential.Inactive, "", 2)
	s.subscribed(paris, "awaited", credential.Awaiting, "", 23)
	s.subscribed("21280363900013", "stopped by us", credential.Suspended, "", 90)
	s.run(`UPDATE subscriptions SET want = 'suspendu', suspended_at_hub = true WHERE siret = '21280363900013'`)
	s.sent("approve", 1, 1, decision.Applied, 1)
	s.sent("refuse", 1, 1, decision.WithoutUse, 2)
	if diff := cmp.Diff(postgres.AdministrationWaiting{}, s.waiting()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWaitsForTheAdministrationIsCounted(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at, last_error, abandoned_at) VALUES
		('mail.send', 'dead', $1, $1, 'down', $1),
		('mail.send', 'never tried', $1, $1::timestamptz - interval '61 minutes', '', NULL),
		('mail.send', 'put off', $1::timestamptz + interval '1 hour', $1::timestamptz - interval '2 hours', 'down', NULL)`, noon)
	s.run(`INSERT INTO job_runs (job, scheduled_for, finished_at, failed) VALUES
		('broken', now() - interval '2 hours', now(), false), ('broken', now() - interval '1 hour', now(), true), ('broken', now(), NULL, false),
		('fine', now(), now(), false), ('also broken', now(), now(), true), ('also broken', now() - interval '1 day', now(), true)`)
	s.invited("soon@exemple.fr", noon.Add(3*24*time.Hour))
	s.bounced("to be corrected", []byte("sealed"))
	s.run(`UPDATE dossiers SET state = 'quarantaine' WHERE id = $1`, s.record(noon).ID)
	s.closed(majastres) // its form is open
	s.closed("21280363900013")
	s.holds("21280363900013")
	s.closed("21910998000017") // nobody's
	s.subscriptions()
	s.sent("", 0, 0, decision.Quarantined, 1)
	s.sent("", 0, 0, decision.Quarantined, 2)
	for number, state := range map[int]string{48_290: "suspendue", 48_291: "suspendue", 48_292: "revoquee", 48_293: "validee"} {
		s.run(`INSERT INTO requests (number, source, siret, organisation, state, state_at, created_at, requester)
			VALUES ($1, 'datapass', $2, 'COMMUNE', $3, $4, $4, '{}')`, number, paris.String(), state, noon)
	}
	want := postgres.AdministrationWaiting{
		DeadOrders: 1, LateOrders: 2, BouncedMails: 1, FailedJobs: 2, ExpiringInvitations: 1, QuarantinedDossiers: 1, ClosedOrganisations: 2,
		FailedSubscriptions: 1, AwaitedSubscriptions: 1, StoppedSubscriptions: 1, ContendedSubscriptions: 1, QuarantinedEvents: 2,
		SuspendedHabilitations: 3, // one of them of s.subscriptions
	}
	if diff := cmp.Diff(want, s.waiting()); diff != "" {
		t.Error(diff)
	}
	_, listed, err := postgres.Organisations{DB: s.db}.ListOrganisations(context.Background(),
		directory.OrganisationQuery{State: directory.OrganisationsInUse, Limit: 10})
	if err != nil || listed != want.ClosedOrganisations {
		t.Errorf("the list of the closed organisations in use holds %d, %v", listed, err)
	}
	suspended := habilitation.Search{State: habilitation.Suspended, Limit: 1}
	if _, listed, err := (&habilitation.Catalogue{Store: postgres.Catalogue{DB: s.db}}).List(context.Background(), suspended); err != nil || listed != want.SuspendedHabilitations {
		t.Errorf("the list of the suspended habilitations holds %d, %v", listed, err)
	}
	for selection, counted := range map[credential.Selection]int{
		credential.Selection(credential.Failed): want.FailedSubscriptions, credential.AwaitedTooLong: want.AwaitedSubscriptions,
		credential.StoppedByHub: want.StoppedSubscriptions, credential.Contended: want.ContendedSubscriptions,
	} {
		if _, listed, err := s.watch().List(context.Background(), credential.WatchSearch{Selection: selection, Limit: 10}); err != nil || listed != counted {
			t.Errorf("the list of %s holds %d, %v", selection, listed, err)
		}
	}
}

func (s *scene) invited(mail string, until time.Time) {
	s.t.Helper()
	token := hash(mail)
	s.run(`INSERT INTO invitations (token_hash, mail, role, organisation, inviter_id, inviter, created_at, expires_at)
		VALUES ($1, $2, 'support', '13002526500013', '1', 'Somebody', $3, $4)`, token[:], mail, noon, until)
}

// bounced records a mail that came back from one of its two addresses twice.
func (s *scene) bounced(mailKey string, content []byte) {
	s.t.Helper()
	s.run(`WITH m AS (INSERT INTO mails (kind, key, created_at, content) VALUES ('invitation', $1, $2, $3) RETURNING id)
		INSERT INTO mail_recipients (mail_id, position, field, address, state, code, told_at)
		SELECT m.id, n, 'to', 'a@exemple.fr', 'bounced', '550', $2 FROM m, generate_series(1, 2) n`, mailKey, noon, content)
}

func (s *scene) closed(siret value.Siret) {
	s.t.Helper()
	answer := told(siret, "closed", noon)
	answer.Told.Closed = true
	if _, err := (postgres.Organisations{DB: s.db}).RecordAnswer(context.Background(), answer); err != nil {
		s.t.Fatal(err)
	}
}

// holds gives somebody a role for an organisation.
func (s *scene) holds(siret value.Siret) {
	s.t.Helper()
	s.run(`WITH a AS (INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
			VALUES ('issuer', 'subject', 'A', 'B', 'a b', 'a@exemple.fr', $1, $2, $2) RETURNING id)
		INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		SELECT a.id, 'town', $1, $1, 'C', $2 FROM a`, siret, noon)
}

// « éditeurs sans gestionnaire » : one that had people, and not one that nobody joined yet.
func TestAnEditorWithoutAManagerWaits(t *testing.T) {
	s := setScene(t)
	const orphan, young = "90511200900014", "91033700500011"
	for _, siret := range []string{orphan, young} {
		s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, 'Éditeur', $2, $2)`, siret, noon)
	}
	s.holds(orphan)
	s.run(`UPDATE memberships SET role = 'editor_member' WHERE organisation = $1`, orphan)
	if got := s.waiting().UnmanagedEditors; len(got) != 1 || got[0].Siret != orphan || got[0].Name != "Éditeur" {
		t.Errorf("without a manager: %v", got)
	}
	s.run(`UPDATE memberships SET role = 'editor_admin' WHERE organisation = $1`, orphan)
	if got := s.waiting().UnmanagedEditors; got != nil {
		t.Errorf("managed, and waiting: %v", got)
	}
}
