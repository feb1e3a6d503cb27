package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/hubee"
)

// reportsTo makes a part of a test speak for the scene until it ends.
func (s *scene) reportsTo(t *testing.T) {
	whole := s.t
	s.t = t
	t.Cleanup(func() { s.t = whole })
}

// deposit is the button « Transmettre » under a citizen's finger: however often it is
// pressed, it sends the same POST.
type deposit struct {
	citizen *visitor
	target  string
	fields  url.Values
}

// readyToTransmit brings a citizen to the review page of the first town.
func (s *scene) readyToTransmit() *deposit {
	s.t.Helper()
	return s.readyToTransmitFrom(majastres)
}

// readyToTransmitFrom does it from a link that a town's software gave.
func (s *scene) readyToTransmitFrom(link string) *deposit {
	s.t.Helper()
	p := &portal{scene: s}
	citizen := s.visitor()
	form := citizen.get(link)
	p.signInAs(p.anybody())
	target, fields := form.submit("/demarrer").at(majastres + "/verification").form("/transmettre")
	return &deposit{citizen: citizen, target: target, fields: fields}
}

// send presses the button and returns the identifier that the citizen was shown; "" when
// the portal died before it answered. Safe for concurrent use.
func (d *deposit) send(ctx context.Context) value.Reference {
	d.citizen.t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.target, strings.NewReader(d.fields.Encode()))
	if err != nil {
		d.citizen.t.Error(err)
		return ""
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	client := *d.citizen.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.CloseIdleConnections() // those to a portal that was killed since
	response, err := client.Do(request)
	if err != nil {
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	_, shown, found := strings.Cut(response.Header.Get("Location"), majastres+"/confirmation/")
	reference, err := value.ParseReference(shown)
	if response.StatusCode != http.StatusSeeOther || !found || err != nil {
		d.citizen.t.Errorf("the POST answered %d and sends to %q", response.StatusCode, response.Header.Get("Location"))
		return ""
	}
	return reference
}

// transmits has a citizen send a dossier to the first town.
func (s *scene) transmits() value.Reference {
	s.t.Helper()
	return s.transmit(s.readyToTransmit())
}

// transmit presses the button of a portal that is well.
func (s *scene) transmit(d *deposit) value.Reference {
	s.t.Helper()
	reference := d.send(s.t.Context())
	if reference == "" {
		s.t.Fatal("the citizen was shown no identifier")
	}
	return reference
}

// later moves the business time and tells the workers, as a passing second would.
func (s *scene) later(by time.Duration) {
	s.t.Helper()
	s.advance(by)
	s.execute(`SELECT pg_notify('outbox', '')`)
}

// later moves the business time and waits until everything that fell due was tried.
func (p *portal) later(by time.Duration) {
	p.t.Helper()
	p.scene.later(by)
	p.drain()
}

// catchesUp lets everything that was put off be tried again, until nothing is left to do.
func (p *portal) catchesUp() {
	p.t.Helper()
	eventually(p.t, 60*time.Second, "nothing is left to do", func() bool {
		p.later(90 * time.Minute)
		return p.count(`SELECT count(*) FROM outbox WHERE done_at IS NULL`) == 0
	})
}

// recovers ends every fault of HubEE and lets the portal catch up.
func (p *portal) recovers() {
	p.t.Helper()
	p.order(p.hubURL+"/_sim/reset", "")
	p.catchesUp()
}

// execute changes the database behind the portal's back.
func (s *scene) execute(statement string, arguments ...any) {
	s.t.Helper()
	if _, err := s.tables.Exec(statement, arguments...); err != nil {
		s.t.Fatal(err)
	}
}

// count asks the database for a number.
func (s *scene) count(query string, arguments ...any) (number int) {
	s.t.Helper()
	if err := s.tables.QueryRow(query, arguments...).Scan(&number); err != nil {
		s.t.Fatal(err)
	}
	return number
}

// recorded is what the database holds of a dossier.
type recorded struct {
	State      string
	HasPayload bool
}

// dossiers lists what the database holds.
func (s *scene) dossiers() map[value.Reference]recorded {
	s.t.Helper()
	rows, err := s.tables.Query(`
		SELECT d.reference, d.state, p.dossier_id IS NOT NULL
		FROM dossiers d LEFT JOIN dossier_payloads p ON p.dossier_id = d.id`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	found := map[value.Reference]recorded{}
	for rows.Next() {
		var reference string
		var one recorded
		if err := rows.Scan(&reference, &one.State, &one.HasPayload); err != nil {
			s.t.Fatal(err)
		}
		found[value.Reference(reference)] = one
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return found
}

// hubFails orders faults of HubEE, played in this order (DEMO.md).
func (s *scene) hubFails(faults ...string) {
	s.t.Helper()
	for _, fault := range faults {
		s.order(s.hubURL+"/_sim/faults", fault)
	}
}

// hubOnDuplicates says what HubEE does with a second folder under one external id:
// "refuse" or "accept".
func (s *scene) hubOnDuplicates(policy string) {
	s.t.Helper()
	body := strings.NewReader(fmt.Sprintf(`{"duplicate_external_id":%q}`, policy))
	request, err := http.NewRequest(http.MethodPut, s.hubURL+"/_sim/settings", body)
	if err != nil {
		s.t.Fatal(err)
	}
	decodeAnswer(s.t, request, http.StatusOK, &struct{}{})
}

// atHub reads a list of HubEE's control surface.
func atHub[T any](s *scene, list string) []T {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodGet, s.hubURL+"/_sim/"+list, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	var read []T
	decodeAnswer(s.t, request, http.StatusOK, &read)
	return read
}

// foldersOf lists HubEE's folders of a dossier, whatever became of them.
func (s *scene) foldersOf(reference value.Reference) []hubee.Folder {
	s.t.Helper()
	return slices.DeleteFunc(atHub[hubee.Folder](s, "folders"), func(f hubee.Folder) bool {
		return f.ExternalID != externalIDOf(reference)
	})
}

func externalIDOf(reference value.Reference) string { return "Formulaire-QF-" + reference.String() }

func isCompleted(f hubee.Folder) bool { return f.GlobalStatus != "HUBEE_RECEIVED" }

// hasEverything tells whether the town finds the three files.
func hasEverything(f hubee.Folder) bool {
	return len(f.Attachments) == 3 && !slices.ContainsFunc(f.Attachments, func(a hubee.StoredAttachment) bool {
		return a.Status != "RECEIVED" || len(a.Content) == 0
	})
}

// The states as a citizen reads them.
const (
	sending     = "En cours d’envoi"
	transmitted = "Transmis"
	failed      = "Échec de l’envoi"
)

// isTold fails unless the follow-up page and the confirmation page both show a state, to
// somebody who has only the identifier, and say the texts.
func (s *scene) isTold(reference value.Reference, state string, texts ...string) {
	s.t.Helper()
	stranger := s.visitor()
	for _, address := range []string{"/suivi/" + reference.String(), majastres + "/confirmation/" + reference.String()} {
		page := stranger.get(address).answers(http.StatusOK).says(texts...)
		if got := page.badge(); got != plain(state) {
			s.t.Errorf("%s shows « %s », want « %s »", page.url.Path, got, state)
		}
	}
}

// badge is the state that a page shows.
func (p *page) badge() string {
	var words strings.Builder
	if found := find(p.root, func(n *html.Node) bool { return strings.Contains(attribute(n, "class"), "fr-badge") }); found != nil {
		collect(found, &words)
	}
	return plain(words.String())
}

// nothingIsLostNorDoubled proves what was promised to the citizens who were shown an
// identifier, once nothing is left to do, and returns those that wait for staff:
//
// « 0 lost »: each identifier is transmitted, or quarantined. « Doubled = two *completed*
// folders; quarantined is not lost and is counted apart » (SETTLED.md). « never to a second
// identifier » and « payload erased as soon as HubEE accepted it » (PRODUCT.md 3.7, 3.8).
func (s *scene) nothingIsLostNorDoubled(shown []value.Reference) (quarantined []value.Reference) {
	s.t.Helper()
	held, atHubEE := s.dossiers(), map[string][]hubee.Folder{}
	for _, f := range atHub[hubee.Folder](s, "folders") {
		atHubEE[f.ExternalID] = append(atHubEE[f.ExternalID], f)
	}
	if len(held) != len(shown) {
		s.t.Errorf("%d dossiers for %d attempts", len(held), len(shown))
	}
	for _, reference := range shown {
		dossier, found := held[reference]
		if !found {
			s.t.Errorf("%s was shown and is lost", reference)
			continue
		}
		folders := atHubEE[externalIDOf(reference)]
		completed := slices.DeleteFunc(slices.Clone(folders), func(f hubee.Folder) bool { return !isCompleted(f) })
		switch {
		case dossier.State == "transmis" && len(completed) == 1 && hasEverything(completed[0]):
			if dossier.HasPayload {
				s.t.Errorf("%s is transmitted and its payload is still here", reference)
			}
		case dossier.State == "quarantaine" && len(folders) > 0 && len(completed) == 0:
			quarantined = append(quarantined, reference)
		default:
			s.t.Errorf("%s is %q; HubEE has %d folders of it, %d completed", reference, dossier.State, len(folders), len(completed))
		}
	}
	return quarantined
}

// decodeAnswer sends a request that must be answered so, and reads its JSON.
func decodeAnswer(t testing.TB, request *http.Request, status int, into any) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != status {
		t.Fatalf("%s %s answered %d, want %d", request.Method, request.URL.Path, response.StatusCode, status)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatalf("read the answer of %s: %v", request.URL.Path, err)
	}
}
