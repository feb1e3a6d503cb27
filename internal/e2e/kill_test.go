package e2e

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/value"
)

// depositKills are the places of the deposit at which the portal is killed; several in a
// line kill the portal again and again, each time it is restarted.
var depositKills = []struct {
	at []string
	// isFolderLost says that HubEE has a folder whose id died with the process.
	isFolderLost bool
}{
	{at: []string{"transmit: session read"}},
	{at: []string{"record: before commit"}},
	{at: []string{"record: after commit"}},
	{at: []string{"record: after commit", "worker: before claim"}},
	{at: []string{"worker: after claim"}},
	{at: []string{"deliver: files made"}},
	{at: []string{"deliver: files recorded"}},
	{at: []string{"deliver: before the folder"}},
	{at: []string{"deliver: folder created, not recorded"}, isFolderLost: true},
	{at: []string{"deliver: folder recorded"}},
	{at: []string{"deliver: before file 1"}},
	{at: []string{"deliver: file 1 sent"}},
	{at: []string{"deliver: before file 2"}},
	{at: []string{"deliver: file 2 sent"}},
	{at: []string{"deliver: before file 3"}},
	{at: []string{"deliver: file 3 sent"}},
	{at: []string{"deliver: verified, not completed"}},
	{at: []string{"deliver: completed, not recorded"}},
	{at: []string{"end: moved, payload not erased"}},
	{at: []string{"deliver: transmission recorded"}},
	{at: []string{"worker: before finish"}},
	{at: []string{"record: before commit", "deliver: files made", "deliver: folder recorded", "deliver: file 2 sent", "end: moved, payload not erased"}},
}

// What HubEE may do of a second folder under one reference: nobody knows for sure, so both
// are lived through.
var duplicatePolicies = []string{"refuse", "accept"}

// « resumes after any crash; never says "transmis" before HubEE has accepted everything.
// The identifier shown never changes: a half-made folder is resumed; […] if HubEE refuses
// it as a duplicate, it goes to staff quarantine, never to a second identifier »
// (PRODUCT.md 3.7); « kill -9 at each of 12 named points of submit/outbox: 0 lost »
// (users-reliability-security.md, R4 and B.4).
func TestAKilledPortalKeepsItsWord(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	for _, policy := range duplicatePolicies {
		for _, kill := range depositKills {
			t.Run(policy+" duplicates, "+strings.Join(kill.at, ", then "), func(t *testing.T) {
				t.Parallel()
				s := setScene(t)
				s.hubOnDuplicates(policy)
				shown, portal := s.killedWhileTransmitting(kill.at)
				portal.settles()

				waiting := s.nothingIsLostNorDoubled([]value.Reference{shown})
				if isLost := kill.isFolderLost && policy == "refuse"; isLost != (len(waiting) == 1) {
					t.Fatalf("quarantined: %v", waiting)
				}
				for _, reference := range waiting {
					s.isTold(reference, sending, "Nous continuons : vous n’avez rien à refaire.")
					portal.does("resume %s %s", reference, s.foldersOf(reference)[0].ID)
					portal.settles()
				}
				if waiting = s.nothingIsLostNorDoubled([]value.Reference{shown}); len(waiting) > 0 {
					t.Errorf("still quarantined: %v", waiting)
				}
				s.isTold(shown, transmitted)
			})
		}
	}
}

// killedWhileTransmitting has a citizen press « Transmettre » on a portal that dies, and
// press it again, with the same page, on the one that comes after. It returns the
// identifier that the citizen was shown and the portal that lives.
func (s *scene) killedWhileTransmitting(at []string) (value.Reference, *mortal) {
	s.t.Helper()
	portal := s.launch(at[0])
	citizen := s.readyToTransmit()
	first := citizen.send(portal.alive)
	portal.dies()
	for _, next := range at[1:] {
		s.leasesRunOut()
		portal = s.launch(next)
		if again := citizen.send(portal.alive); first == "" {
			first = again
		} else if again != "" && again != first {
			s.t.Errorf("the citizen was shown %s, then %s", first, again)
		}
		portal.dies()
	}
	s.leasesRunOut()
	portal = s.launch("")
	last := citizen.send(portal.alive)
	if last == "" || first != "" && last != first {
		s.t.Fatalf("the citizen was shown %q, then %q", first, last)
	}
	return last, portal
}

// « loop 200 kills at random instants » (R4), here sixteen under a small load; the promises
// are those of the named places.
func TestAPortalKilledAtAnyMomentKeepsItsWord(t *testing.T) {
	t.Parallel()
	const kills, citizens = 8, 10
	for _, policy := range duplicatePolicies {
		t.Run(policy+" duplicates", func(t *testing.T) {
			t.Parallel()
			s := setScene(t)
			s.hubOnDuplicates(policy)
			var shown []value.Reference
			portal := s.launch("")
			for range kills {
				waiting := make([]*deposit, citizens)
				for i := range waiting {
					waiting[i] = s.readyToTransmit()
				}
				lives := rand.N(400 * time.Millisecond)
				t.Logf("kill -9 after %s", lives)
				first := portal.receives(waiting, func() { time.Sleep(lives); portal.kill() })
				s.leasesRunOut()
				portal = s.launch("")
				last := portal.receives(waiting, func() {})
				for i := range waiting {
					if last[i] == "" || first[i] != "" && first[i] != last[i] {
						t.Errorf("a citizen was shown %q, then %q", first[i], last[i])
					}
				}
				shown = append(shown, last...)
			}
			portal.settles()
			quarantined := s.nothingIsLostNorDoubled(shown)
			if policy == "accept" && len(quarantined) > 0 {
				t.Errorf("quarantined: %v", quarantined)
			}
			for _, reference := range quarantined {
				portal.does("resume %s %s", reference, s.foldersOf(reference)[0].ID)
			}
			portal.settles()
			if quarantined = s.nothingIsLostNorDoubled(shown); len(quarantined) > 0 {
				t.Errorf("still quarantined: %v", quarantined)
			}
		})
	}
}

// receives has every citizen press the button at once while something happens, and returns
// what each was shown.
func (m *mortal) receives(deposits []*deposit, meanwhile func()) []value.Reference {
	shown := make([]value.Reference, len(deposits))
	var group sync.WaitGroup
	for i, d := range deposits {
		group.Go(func() { shown[i] = d.send(m.alive) })
	}
	meanwhile()
	group.Wait()
	return shown
}

// An order belongs to a worker under a lease: a second portal that is restarted at once
// leaves it alone, « and comes back when that worker dies » (package jobs).
func TestTheOrderOfADeadWorkerWaitsForItsLease(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	s := setScene(t)
	portal := s.launch("deliver: folder recorded")
	citizen := s.readyToTransmit()
	citizen.send(portal.alive)
	portal.dies()

	portal = s.launch("")
	reference := citizen.send(portal.alive)
	portal.later(time.Hour) // of business: a lease is of the database
	time.Sleep(1500 * time.Millisecond)
	if folders := s.foldersOf(reference); len(folders) != 1 || isCompleted(folders[0]) {
		t.Errorf("the order was taken from a worker that may live: %+v", folders)
	}
	s.isTold(reference, sending)
	s.leasesRunOut()
	portal.settles()
	s.isTold(reference, transmitted)
}

// A folder that HubEE lost « is made again under the same externalId » (PRODUCT.md 3.7),
// even when the portal dies just after it forgot the first one.
func TestAPortalKilledBetweenTwoFoldersMakesTheSecond(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	s := setScene(t)
	portal := s.launch("deliver: folder recorded")
	citizen := s.readyToTransmit()
	citizen.send(portal.alive)
	portal.dies()
	for _, folder := range s.stage.HubEE.Folders() {
		if err := s.stage.HubEE.DeleteFolder(folder.ExternalID); err != nil {
			t.Fatal(err)
		}
	}
	s.leasesRunOut()
	s.launch("deliver: folder forgotten").dies()

	s.leasesRunOut()
	portal = s.launch("")
	shown := citizen.send(portal.alive)
	portal.settles()
	if waiting := s.nothingIsLostNorDoubled([]value.Reference{shown}); len(waiting) > 0 {
		t.Errorf("quarantined: %v", waiting)
	}
}

// « échec (after 7 days, payload erased) » (PRODUCT.md §4): the portal may die between the
// withdrawal of the folder and the end of the dossier.
func TestAPortalKilledWhileGivingUpGivesUp(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	s := setScene(t)
	s.hubFails(`{"match":"PUT /teledossiers/","mode":"down"}`)
	portal := s.launch("give up: folder withdrawn, not recorded")
	shown := s.readyToTransmit().send(portal.alive)
	eventually(t, 20*time.Second, "HubEE has the folder", func() bool { return len(s.foldersOf(shown)) == 1 })
	portal.later(7 * 24 * time.Hour)
	portal.dies()

	s.leasesRunOut()
	s.launch("").settles()
	if dossier := s.dossiers()[shown]; dossier != (recorded{State: "echec"}) {
		t.Errorf("the dossier is %+v", dossier)
	}
	if folders := s.foldersOf(shown); len(folders) > 0 {
		t.Errorf("HubEE keeps %+v", folders)
	}
	s.isTold(shown, failed)
}

// « HubEE notifications move the state » (PRODUCT.md 3.8): our state first, then HubEE's
// queue, so that a portal killed in between reads the notification again, and counts it
// once.
func TestAPortalKilledWhileReadingNotificationsReadsThemAgain(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	for _, at := range []string{"follow up: status recorded", "follow up: event acknowledged"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			s := setScene(t)
			portal := s.launch(at)
			shown := s.readyToTransmit().send(portal.alive)
			portal.settles()
			if err := s.stage.HubEE.Advance(externalIDOf(shown), "SI_RECEIVED"); err != nil {
				t.Fatal(err)
			}
			portal.tell("job hubee-notifications")
			portal.dies()

			portal = s.launch("")
			portal.does("job hubee-notifications")
			s.isTold(shown, "Reçu")
			if n := s.count(`SELECT count(*) FROM dossier_events WHERE kind = 'status'`); n != 1 {
				t.Errorf("the event was counted %d times", n)
			}
			for _, left := range s.stage.HubEE.Notifications() {
				if left.Recipient.Type == "OSL" {
					t.Errorf("HubEE's queue keeps %+v", left)
				}
			}
		})
	}
}

// « Identifier + state kept 90 days, then erased » (PRODUCT.md 3.8): a purge killed between
// any two of its steps is ended by the next one.
func TestAPurgeThatIsKilledIsEndedByTheNextOne(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	for _, step := range []string{"1", "2", "3", "4", "5", "6"} {
		t.Run("after step "+step, func(t *testing.T) {
			t.Parallel()
			s := setScene(t)
			portal := s.launch("purge: between two steps:" + step)
			shown := s.readyToTransmit().send(portal.alive)
			portal.settles()
			portal.later(91 * 24 * time.Hour)
			portal.tell("job purge")
			portal.dies()

			s.launch("").does("job purge")
			for _, table := range []string{"dossiers", "dossier_payloads", "dossier_events", "attempts", "citizen_sessions", "outbox"} {
				if n := s.count(`SELECT count(*) FROM ` + table); n > 0 {
					t.Errorf("%d rows of %s are left", n, table)
				}
			}
			s.visitor().get("/suivi/" + shown.String()).answers(404)
		})
	}
}

// Every failpoint of the code is one at which the portal was killed here.
func TestEveryFailpointHasItsKill(t *testing.T) {
	killed := []string{
		"deliver: folder forgotten", "give up: folder withdrawn, not recorded",
		"follow up: status recorded", "follow up: event acknowledged", "purge: between two steps", mailKill, hubAccountKill,
	}
	for _, kill := range depositKills {
		killed = append(killed, kill.at...)
	}
	killed = append(killed, slices.Concat(approvalKills...)...)
	killed = append(killed, revocationKills...)
	killed = append(killed, requestKills...)
	killed = append(killed, slices.Concat(tokenKills, reminderKills, renewalKills)...)
	place := regexp.MustCompile(`failpoint\.Hit\((?:fmt\.Sprintf\()?"([^"]+)"`)
	found := 0
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		for _, match := range place.FindAllStringSubmatch(string(source), -1) {
			found++
			numbered := strings.ReplaceAll(match[1], "%d", "1")
			// A place named after a state of the saga is one place of each state.
			if !slices.ContainsFunc(killed, func(at string) bool {
				return at == numbered || strings.HasSuffix(numbered, ": ") && strings.HasPrefix(at, numbered) && strings.HasSuffix(at, " recorded")
			}) {
				t.Errorf("nobody kills the portal at %q", match[1])
			}
		}
		return err
	})
	if err != nil || found < 20 {
		t.Fatalf("found %d failpoints: %v", found, err)
	}
}
