package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/hubee"
	"portail-qf/internal/sim/stage"
)

// passes lets n requests through before the next fault of the script is played.
func passes(match string, n int) string {
	return fmt.Sprintf(`{"match":%q,"mode":"slow","delay_ms":0,"times":%d}`, match, n)
}

// depositSteps are the calls of a deposit (reference/hubee.md §11): what HubEE is asked,
// and how many alike come before.
var depositSteps = []struct {
	name, match string
	before      int
}{
	{"the token", "POST /oauth2/token", 0},
	{"POST folder", "POST /teledossiers/v1/folders", 0},
	{"PUT of the first file", "PUT /teledossiers/v1/folders/", 0},
	{"PUT of the second file", "PUT /teledossiers/v1/folders/", 1},
	{"PUT of the third file", "PUT /teledossiers/v1/folders/", 2},
	{"GET to verify", "GET /teledossiers/v1/folders/", 0},
	{"PATCH to complete", "PATCH /teledossiers/v1/folders/", 0},
}

// « The POST records the dossier and its sealed payload in one transaction and answers; a
// worker creates the HubEE folder, uploads JSON + XML + PDF, verifies, completes; […] never
// says "transmis" before HubEE has accepted everything » (PRODUCT.md 3.7), whatever HubEE
// does at each step; « HubEE answers 500 after having created the folder » (R6).
func TestAStepThatHubEEFailsIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, step := range depositSteps {
		for _, mode := range []string{"down", "status", "garbage", "lost"} {
			if mode == "lost" && step.name == "POST folder" {
				continue // the folder's id is lost with the answer: a story of its own
			}
			t.Run(step.name+" "+mode, func(t *testing.T) {
				p.reportsTo(t)
				p.stage.HubEE.ExpireTokens()
				if step.before > 0 {
					p.hubFails(passes(step.match, step.before))
				}
				p.hubFails(fmt.Sprintf(`{"match":%q,"mode":%q,"status":500}`, step.match, mode))
				reference := p.transmits()
				p.drain()
				p.isTold(reference, sending, "Vous n’avez rien à faire")
				if n := p.count(`SELECT count(*) FROM outbox WHERE done_at IS NULL AND last_error <> ''`); n != 1 {
					t.Fatalf("%d orders were put off", n)
				}
				acted := mode == "lost" && step.name == "PATCH to complete"
				if folders := p.foldersOf(reference); slices.ContainsFunc(folders, isCompleted) != acted {
					t.Fatalf("HubEE has %+v", folders)
				}

				p.recovers()
				p.isDelivered(reference)
			})
		}
	}
	p.keepsQuiet(p.secrets()...)
}

// isDelivered fails unless a dossier is transmitted: one folder, complete, at HubEE; the
// state told; nothing kept here.
func (p *portal) isDelivered(reference value.Reference) {
	p.t.Helper()
	if folders := p.foldersOf(reference); len(folders) != 1 || !isCompleted(folders[0]) || !hasEverything(folders[0]) {
		p.t.Errorf("HubEE has %+v", folders)
	}
	if held := p.dossiers()[reference]; held != (recorded{State: "transmis"}) {
		p.t.Errorf("the dossier is %+v", held)
	}
	p.isTold(reference, transmitted, "Votre dossier est à la disposition de Majastres")
}

// isGivenUp fails unless a dossier has failed and everybody is told so: « échec (after 7
// days, payload erased) » (PRODUCT.md §4).
func (p *portal) isGivenUp(reference value.Reference) {
	p.t.Helper()
	if held := p.dossiers()[reference]; held != (recorded{State: "echec"}) {
		p.t.Errorf("the dossier is %+v", held)
	}
	p.isTold(reference, failed, "Votre dossier n’a pas pu être transmis à Majastres. Vos données ont été effacées.")
}

// secrets are what no log may hold of the citizen who transmits here.
func (s *scene) secrets() []string {
	claims := s.stage.Identities[0].Claims
	var texts []string
	for _, claim := range []string{"family_name", "given_name", "birthdate"} {
		if text, ok := claims[claim].(string); ok {
			texts = append(texts, text)
		}
	}
	return append(texts, stage.HubEEDepositorKey)
}

// « HubEE down: accepted, "en cours d’envoi", follow-up by id » (B.4); the form stays open,
// and all that waited leaves when HubEE comes back.
func TestHubEEDownTheFormStaysUpAndEverythingLeavesLater(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.hubFails(`{"mode":"down"}`)
	var waiting []value.Reference
	for range 3 {
		waiting = append(waiting, p.transmits())
		p.later(20 * time.Minute)
	}
	p.isTold(waiting[2], sending, "Cela prend en général quelques minutes.")
	p.isTold(waiting[0], sending, "prend plus de temps que prévu. Nous continuons : vous n’avez rien à refaire.", "Si l’envoi n’aboutit pas en 7 jours")
	p.later(24 * time.Hour)
	p.isTold(waiting[2], sending, "prend plus de temps que prévu")

	p.recovers()
	for _, reference := range waiting {
		p.isDelivered(reference)
	}
}

// « slow 60 s » (R6): what HubEE answers after our deadline is asked again.
func TestHubEESlowerThanOurDeadline(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.hubFails(`{"match":"PATCH /teledossiers/","mode":"slow","delay_ms":60000}`)
	reference := p.transmits()
	p.isTold(reference, sending)
	p.drain()
	p.isTold(reference, sending)
	p.recovers()
	p.isDelivered(reference)
}

// A folder whose creation is not waited for cannot be found again (SETTLED.md, « no lookup
// by externalId exists »): a slow creation is waited for, and ends in no quarantine.
func TestHubEESlowToMakeTheFolder(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.hubFails(`{"match":"POST /teledossiers/","mode":"slow","delay_ms":12000}`)
	reference := p.transmits()
	p.isTold(reference, sending)
	p.drain()
	p.isDelivered(reference)
}

// « token expired mid-way » (R6): HubEE's tokens end between two calls of one deposit.
func TestATokenThatEndsInTheMiddleOfADepositIsReplaced(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.hubFails(`{"match":"PUT /teledossiers/","mode":"down","times":1}`)
	reference := p.transmits()
	p.drain()
	p.stage.HubEE.ExpireTokens()
	p.catchesUp()
	p.isDelivered(reference)
	if refused := p.answered("GET /teledossiers/", http.StatusUnauthorized); refused != 1 {
		t.Errorf("HubEE refused %d calls for their token, want 1", refused)
	}
}

// answered counts the requests of HubEE's log that begin so and were answered so.
func (s *scene) answered(line string, status int) int {
	s.t.Helper()
	type request struct {
		Method, Path string
		Status       int
	}
	return len(slices.DeleteFunc(atHub[request](s, "requests"), func(r request) bool {
		return !strings.HasPrefix(r.Method+" "+r.Path, line) || r.Status != status
	}))
}

// « 200 on folder but 413 on file » (R6): once, the file is sent again; for ever, the
// dossier fails after seven days and its half-made folder is withdrawn.
func TestAFileThatHubEEFindsTooLarge(t *testing.T) {
	t.Parallel()
	p := open(t)
	const uploads = "PUT /teledossiers/"
	p.hubFails(passes(uploads, 1), `{"match":"PUT /teledossiers/","mode":"status","status":413}`)
	once := p.transmits()
	p.drain()
	p.isTold(once, sending)
	p.recovers()
	p.isDelivered(once)

	p.hubFails(passes(uploads, 1), `{"match":"PUT /teledossiers/","mode":"status","status":413}`)
	always := p.transmits()
	p.drain()
	p.later(7*24*time.Hour - time.Minute)
	p.isTold(always, sending)
	p.catchesUp()
	p.isGivenUp(always)
	if folders := p.foldersOf(always); len(folders) > 0 {
		t.Errorf("HubEE keeps %+v", folders)
	}
}

// « PENDING → RECEIVED | REJECTED (size/MIME mismatch) » (reference/hubee.md §8): a file
// that arrived damaged is not taken for received, and is sent again.
func TestAnAttachmentThatHubEERejectedIsSentAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	// The first try ends at its first upload, and the next ones do not come so far.
	p.hubFails(`{"match":"PUT /teledossiers/","mode":"down","times":1}`, `{"match":"GET /teledossiers/","mode":"down"}`)
	reference := p.transmits()
	p.drain()
	p.uploadsDamaged(p.foldersOf(reference)[0])
	if status := p.foldersOf(reference)[0].Attachments[0].Status; status != "REJECTED" {
		t.Fatalf("the damaged file is %s", status)
	}
	p.isTold(reference, sending)
	p.recovers()
	p.isDelivered(reference)
}

// uploadsDamaged sends HubEE the first file of a folder cut short, as a bad line would.
func (p *portal) uploadsDamaged(folder hubee.Folder) {
	p.t.Helper()
	token := struct {
		AccessToken string `json:"access_token"`
	}{}
	ask, err := http.NewRequest(http.MethodPost, p.hubURL+"/oauth2/token", strings.NewReader("grant_type=client_credentials&scope=OSL"))
	if err != nil {
		p.t.Fatal(err)
	}
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask.SetBasicAuth(stage.HubEEDepositor, stage.HubEEDepositorKey)
	decodeAnswer(p.t, ask, http.StatusOK, &token)
	address := p.hubURL + "/teledossiers/v1/folders/" + folder.ID + "/attachments/" + folder.Attachments[0].ID
	put, err := http.NewRequest(http.MethodPut, address, strings.NewReader("{"))
	if err != nil {
		p.t.Fatal(err)
	}
	put.Header.Set("Content-Type", "application/octet-stream")
	put.Header.Set("Authorization", "Bearer "+token.AccessToken)
	decodeAnswer(p.t, put, http.StatusBadRequest, &struct{}{})
}

// An infected file is not refused but « CORRUPTED (antivirus) » (reference/hubee.md §8):
// what HubEE answered 204 to is not what it accepted, and the dossier is never
// « transmis ».
func TestAFileThatHubEEFindsInfectedIsNeverTransmitted(t *testing.T) {
	t.Parallel()
	p := open(t)
	reference := p.transmit(p.readyToTransmitFrom(majastres + "?external_id=EICAR-STANDARD-ANTIVIRUS-TEST-FILE"))
	p.drain()
	p.isTold(reference, sending)
	folders := p.foldersOf(reference)
	if len(folders) != 1 || isCompleted(folders[0]) || hasEverything(folders[0]) {
		t.Fatalf("HubEE has %+v", folders)
	}
	p.later(7 * 24 * time.Hour)
	p.catchesUp()
	p.isGivenUp(reference)
	if folders := p.foldersOf(reference); len(folders) > 0 {
		t.Errorf("HubEE keeps %+v", folders)
	}
}

// « if it was deleted it is made again under the same externalId » (PRODUCT.md 3.7).
func TestAFolderThatWasDeletedIsMadeAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, step := range depositSteps[2:] {
		t.Run("before "+step.name, func(t *testing.T) {
			p.reportsTo(t)
			if step.before > 0 {
				p.hubFails(passes(step.match, step.before))
			}
			p.hubFails(fmt.Sprintf(`{"match":%q,"mode":"down"}`, step.match))
			reference := p.transmits()
			p.drain()
			first := p.foldersOf(reference)
			if err := p.stage.HubEE.DeleteFolder(externalIDOf(reference)); err != nil {
				t.Fatal(err)
			}
			p.isTold(reference, sending)
			p.recovers()
			p.isDelivered(reference)
			if second := p.foldersOf(reference); first[0].ID == second[0].ID {
				t.Error("the folder is still the first one")
			}
		})
	}
}

// « a later suspension by HubEE […] holds queued dossiers » (PRODUCT.md 3.4): they leave
// when the town's subscription is active again.
func TestASuspendedSubscriptionHoldsTheDossiers(t *testing.T) {
	t.Parallel()
	p := open(t)
	subscriptions := slices.DeleteFunc(atHub[hubee.Subscription](p.scene, "subscriptions"), func(s hubee.Subscription) bool {
		return !strings.HasSuffix(majastres, s.Subscriber.CompanyRegister)
	})
	if err := p.stage.HubEE.SetSubscriptionStatus(subscriptions[0].ID, "Suspendu"); err != nil {
		t.Fatal(err)
	}
	reference := p.transmits()
	p.drain()
	p.isTold(reference, sending)
	if held := p.dossiers()[reference]; held != (recorded{State: "enregistre", HasPayload: true}) {
		t.Fatalf("the dossier is %+v", held)
	}
	p.later(24 * time.Hour)
	p.isTold(reference, sending, "prend plus de temps que prévu")
	if err := p.stage.HubEE.SetSubscriptionStatus(subscriptions[0].ID, "Actif"); err != nil {
		t.Fatal(err)
	}
	p.catchesUp()
	p.isDelivered(reference)
}

// « Double click, two tabs, replayed POST: 50 parallel identical POST → one id » (R11):
// one identifier, one dossier, one folder.
func TestFiftyIdenticalPOSTsMakeOneDossier(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.readyToTransmit()
	shown := make([]value.Reference, 50)
	var group sync.WaitGroup
	for i := range shown {
		group.Go(func() { shown[i] = citizen.send(t.Context()) })
	}
	group.Wait()
	if distinct := slices.Compact(slices.Sorted(slices.Values(shown))); len(distinct) != 1 || distinct[0] == "" {
		t.Fatalf("the citizen was shown %q", distinct)
	}
	p.drain()
	if waiting := p.nothingIsLostNorDoubled(shown[:1]); len(waiting) > 0 {
		t.Errorf("quarantined: %v", waiting)
	}
	p.isDelivered(shown[0])
	if orders := p.count(`SELECT count(*) FROM outbox`); orders != 1 {
		t.Errorf("%d orders were given", orders)
	}
}
