package app

import (
	"testing"
	"time"

	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/jobs"
	"portail-qf/internal/web/webtest"
)

// « cron expression said in plain French words »: a job that is added, or comes at other
// times, has its words in templates/messages/operations.tmpl.
func TestEveryJobHasItsWords(t *testing.T) {
	parsed := webtest.Templates(t)
	a := &App{people: &people{}, habilitations: &habilitations{}}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range (&jobs.Table{Jobs: a.recurring(), Zone: paris}).Planned() {
		if job.Next.IsZero() {
			t.Errorf("%s has no times: %q", job.Name, job.Every)
		}
		for _, code := range []string{"job." + job.Name + ".name", "job." + job.Name + ".purpose", "schedule." + job.Every} {
			if _, found := parsed.Sentence(code); !found {
				t.Errorf("no words for %q", code)
			}
		}
	}
}

// « 7 days for mails; never for dossiers, whose own rules end them »
func TestEveryKindOfOrderIsCarriedOutForSoLong(t *testing.T) {
	kinds := (&App{people: &people{}, habilitations: &habilitations{}}).kinds()
	for _, kind := range outbox.Kinds {
		if kinds[kind].Deliver == nil {
			t.Errorf("nobody carries out %q", kind)
		}
	}
	for kind, want := range map[string]time.Duration{
		outbox.SendMail: 7 * 24 * time.Hour, outbox.DeliverDossier: 0, outbox.CloseDossier: 0, outbox.RunJob: time.Hour,
	} {
		if got := kinds[kind].GiveUpAfter; got != want {
			t.Errorf("%s is given up after %s, want %s", kind, got, want)
		}
	}
}
