package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
)

// joined adds requests of towns, of one editor's clients, each with its token.
func (c *calendar) joined(towns ...value.Siret) {
	c.t.Helper()
	for i, town := range towns {
		number := int64(48300 + i)
		c.asked(number, town, fmt.Sprintf("COMMUNE %d", i), "validee", 1)
		c.run(`UPDATE requests SET mails_by = 'portail' WHERE number = $1`, number)
		c.granted(int64(10_000_100+i), number, tilleul, true, true)
	}
	c.now = noon
	if _, err := c.service.IssueMissing(context.Background()); err != nil {
		c.t.Fatal(err)
	}
}

// « a weekly digest for an editor with many clients is in addition, and replaces the copies only
// by the technical contact's recorded choice »
func TestTheWeekIsToldToAnEditorOfManyClients(t *testing.T) {
	c := setCalendar(t)
	lists := func() int { return c.count(`SELECT count(*) FROM mails WHERE kind = 'jetons-de-la-semaine'`) }
	copies := func() int {
		return c.count(`SELECT count(*) FROM mail_recipients r JOIN mails m ON m.id = r.mail_id WHERE m.key LIKE 'rappel %' AND r.field = 'cc'`)
	}
	c.now = c.at(90, 9)
	c.remind()
	if lists() != 0 || copies() != 1 {
		t.Errorf("with one client: %d lists, %d copies", lists(), copies())
	}
	c.run(`UPDATE editors SET reminder_copies = 'semaine' WHERE siret = $1`, tilleul)
	c.now = c.at(60, 9)
	for range 2 {
		c.remind()
	}
	if lists() != 1 || copies() != 1 {
		t.Errorf("once the list is chosen: %d lists, %d copies", lists(), copies())
	}
	c.run(`UPDATE editors SET reminder_copies = 'chacun' WHERE siret = $1`, tilleul)
	c.joined(slices.Repeat([]value.Siret{paris}, renewal.ManyClients-1)...)
	c.run(`UPDATE tokens SET expires_at = $1`, c.expiry)
	for day := 50; day > 43; day-- { // a whole week
		c.now = c.at(day, 9)
		c.remind()
	}
	if lists() != 3 { // two calendar weeks begin in seven days
		t.Errorf("with %d clients: %d lists", renewal.ManyClients, lists())
	}
}

// Whoever has been cut for more than 60 days is not listed any more: the list of the week tells how
// many towns that makes, as long as it has something else to tell.
func TestTheWeekCountsTheTownsThatAreCutForLong(t *testing.T) {
	c := setCalendar(t)
	c.run(`UPDATE editors SET reminder_copies = 'semaine' WHERE siret = $1`, tilleul)
	c.joined(paris, paris, "21560124000017")
	c.now = c.at(0, 9)
	lists := func() []renewal.Digest {
		t.Helper()
		found, err := c.reminders[0].Store.ListDigests(context.Background(), c.now, renewal.ManyClients)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	cut := func(days int) { // two tokens of one town, and one of another
		c.run(`UPDATE tokens SET expires_at = $1 WHERE request <> 48231`, renewal.DayIn(c.now, -days).Add(12*time.Hour))
	}
	cut(60)
	if found := lists(); len(found) != 1 || len(found[0].Rows) != 4 || found[0].LongCut != 0 {
		t.Errorf("cut for 60 days: %+v", found)
	}
	cut(61)
	if found := lists(); len(found) != 1 || len(found[0].Rows) != 1 || found[0].LongCut != 2 {
		t.Errorf("cut for 61 days: %+v", found)
	}
	c.run(`UPDATE requests SET state = 'revoquee' WHERE siret = $1`, "21560124000017")
	if found := lists(); len(found) != 1 || found[0].LongCut != 1 {
		t.Errorf("one of them being revoked: %+v", found)
	}
	c.run(`UPDATE tokens SET expires_at = $1`, renewal.DayIn(c.now, -61))
	if found := lists(); len(found) != 0 {
		t.Errorf("nothing new is to be told: %+v", found)
	}
}

// Where the editor has no technical contact of its own by now, nobody has the weekly list: that of
// the habilitation has its copies, whatever was chosen before.
func TestACopyIsNotLostWithTheTechnicalContact(t *testing.T) {
	c := setCalendar(t)
	c.run(`UPDATE editors SET reminder_copies = 'semaine', technical_contact = '' WHERE siret = $1`, tilleul)
	c.run(`UPDATE habilitations SET contacts = contacts || '{"technique":{"mail":"projet@tilleul.example.fr"}}' WHERE request = 48231`)
	c.now = c.at(60, 9)
	c.remind()
	if n := c.count(`SELECT count(*) FROM mail_recipients r JOIN mails m ON m.id = r.mail_id
		WHERE m.key LIKE 'rappel %' AND r.field = 'cc' AND r.address = 'projet@tilleul.example.fr'`); n != 1 {
		t.Errorf("%d copies to the technical contact of the habilitation", n)
	}
}

// allYes says that nothing has changed.
var allYes = renewal.Answers{InCharge: true, SamePurpose: true, RightContacts: true}
