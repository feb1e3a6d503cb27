package postgres_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/launch"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// isAt fails when the steps of an editor that are done are others, or were done at another
// time.
func (s *scene) isAt(editor value.Siret, want launch.Facts) {
	s.t.Helper()
	facts, err := postgres.Launch{DB: s.db}.FindFacts(s.t.Context(), editor)
	if err != nil {
		s.t.Fatal(err)
	}
	for step, fact := range facts {
		if !fact.Done {
			if fact.At != (time.Time{}) {
				s.t.Errorf("%s is not done, since %s", step, fact.At)
			}
			delete(facts, step)
		}
	}
	if diff := cmp.Diff(want, facts); diff != "" {
		s.t.Errorf("(-want +got)\n%s", diff)
	}
}

// « each step is ticked from facts of the database with its date », one after the other.
func TestTheStepsOfAnEditorFollowWhatHappens(t *testing.T) {
	s := setScene(t)
	at := func(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }
	facts := launch.Facts{}
	done := func(step launch.Step, hours int) {
		t.Helper()
		facts[step] = launch.Fact{Done: true, At: at(hours)}
		s.isAt(tilleul, facts)
		s.isAt(brume, launch.Facts{}) // another editor's facts are its own
	}
	s.editors()
	s.isAt(tilleul, facts)

	s.run(`INSERT INTO editor_forms (form_uid, editor_siret) VALUES ($1, $2)`, tilleulForm, tilleul)
	publish := func(version int, withdrawn bool, hours int) {
		s.run(`INSERT INTO form_versions (form_uid, version, content, withdrawn, published_at) VALUES ($1, $2, '{}', $3, $4)`, tilleulForm, version, withdrawn, at(hours))
	}
	publish(1, false, 1)
	publish(2, false, 2)
	done(launch.FormPublished, 1)
	publish(3, true, 3)
	delete(facts, launch.FormPublished) // withdrawn
	s.isAt(tilleul, facts)
	publish(4, false, 4)
	done(launch.FormPublished, 4)

	s.run(`UPDATE editors SET technical_contact = 'integration@tilleul.example.fr' WHERE siret = $1`, tilleul)
	facts[launch.ContactVerified] = launch.Fact{Done: true} // nobody noted when
	s.isAt(tilleul, facts)

	s.asked(48231, majastres, "Majastres", habilitation.Validated, 3)
	s.granted(10_000_300, 48231, tilleul, true, true) // 300 minutes after noon
	done(launch.TownHabilitated, 5)

	s.run(`INSERT INTO tokens (id, request, habilitation, siret, editor_siret, scopes, issued_at, expires_at)
		VALUES ('6f0b1f6e-0b1c-4c59-9a5e-0d6f4f1a0001', 48231, 10000300, $1, $2, '{}', $3, $3)`, majastres, tilleul, at(5))
	s.run(`UPDATE tokens SET collected_at = $1, collected_side = 'collectivite'`, at(6))
	s.isAt(tilleul, facts) // the town has it, and the software has not
	s.run(`UPDATE tokens SET collected_at = $1, collected_side = 'editeur'`, at(7))
	done(launch.TokenCollected, 7)
	gateway := &credential.Tally{Store: postgres.Tokens{DB: s.db}}
	for hours, outcome := range map[int]string{8: "404 37003", 9: "200"} {
		gateway.Note("6f0b1f6e-0b1c-4c59-9a5e-0d6f4f1a0001", outcome, true, at(hours))
	}
	if err := gateway.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	done(launch.CallAnswered, 9) // « dès qu’un appel obtient un quotient »

	s.subscribed(majastres, "Majastres", credential.Awaiting, tilleul, 5)
	s.isAt(tilleul, facts)
	s.run(`UPDATE subscriptions SET state = 'actif', active_at = $1`, at(9))
	done(launch.SubscriptionActive, 9)

	dossier := func(reference string, hours int, state string, received any) {
		s.run(`INSERT INTO dossiers (reference, attempt_id, siret, code_cog, state, recorded_at, state_at, received_at)
			VALUES ($1, gen_random_uuid(), $2, '04107', $3, $4, $4, $5)`, reference, majastres, state, at(hours), received)
	}
	dossier("2222222222222", 10, "transmis", nil)
	s.isAt(tilleul, facts) // sent is not fetched
	dossier("3333333333333", 11, "traite", at(12))
	dossier("4444444444444", 12, "recu", at(13))
	done(launch.DossierFetched, 12)
}

// A token that a town's software used already is in that software, whoever collected it.
func TestATokenThatCallsIsInTheSoftware(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.asked(48231, majastres, "Majastres", habilitation.Validated, 3)
	s.granted(10_000_001, 48231, tilleul, true, true)
	s.run(`INSERT INTO tokens (id, request, habilitation, siret, editor_siret, scopes, issued_at, expires_at, first_used_at)
		VALUES ('6f0b1f6e-0b1c-4c59-9a5e-0d6f4f1a0001', 48231, 10000001, $1, $2, '{}', $3, $3, $3)`, majastres, tilleul, noon)
	s.isAt(tilleul, launch.Facts{launch.TownHabilitated: {Done: true, At: noon.Add(time.Minute)}, launch.TokenCollected: {Done: true, At: noon}})
}

func TestNothingIsDoneByAnUnknownEditor(t *testing.T) {
	setScene(t).isAt("90511200900014", launch.Facts{})
}
