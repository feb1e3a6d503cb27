package postgres_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	organisations "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
)

// « clients managed by the editor's administrators, secrets shown once »
func TestAClientIsMadeAndItsSecretGivenOnce(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("  Serveur   d’intégration ", "203.0.113.0/24", "2001:db8::1")
	if !machine.KnownID(client.ID) || !strings.HasPrefix(secret.Reveal(), "qf_secret_") || len(secret.Reveal()) != 59 {
		t.Fatalf("made %q", client.ID)
	}
	found := s.find(client.ID)
	want := machine.Client{
		ID: client.ID, Editor: ofTilleul, Name: "Serveur d’intégration", Scopes: machine.Scopes[:],
		Networks:  []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::1/128")},
		CreatedAt: noon, CreatedBy: "Camille Ferrand", Revision: 1, Secrets: []machine.Secret{{ID: found.Secrets[0].ID, Rank: 1, CreatedAt: noon, CreatedBy: "Camille Ferrand"}},
	}
	prefixes := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	if diff := cmp.Diff(want, found, prefixes, sameInstant); diff != "" {
		t.Error(diff)
	}
	hidden := strings.TrimPrefix(secret.Reveal(), "qf_secret_")
	if n := s.count(`SELECT count(*) FROM api_client_secrets s, api_clients c, audit_events e WHERE (s.*, c.*, e.*)::text LIKE '%' || $1 || '%' OR s.digest = $2`, hidden, []byte(secret.Reveal())); n != 0 {
		t.Error("the secret is in the database")
	}
	if fmt.Sprint(secret, client) != fmt.Sprint(value.Secret("***"), client) || s.told("api_client.created") != 1 {
		t.Error("it is printed, or its making is not told")
	}
	// Another editor's looks like none.
	for _, id := range []string{client.ID, "qf_client_0000000000000000", "", "qf_client_' OR 1=1 --", strings.Repeat("q", 5000), "qf_client_\x00"} {
		_, err := s.service.Find(t.Context(), brume, id)
		s.refused(err, "api_client.unknown")
		s.refused(s.service.Revoke(t.Context(), s.noe, id), "api_client.unknown")
	}
	if listed, err := s.service.List(t.Context(), brume); err != nil || len(listed) != 0 {
		t.Errorf("another editor sees %v, %v", listed, err)
	}
}

var sameInstant = cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })

// « Limits: e.g. 20 clients an editor »; two that are alike could not be told apart.
func TestAnEditorHasTwentyClientsOfDifferentNames(t *testing.T) {
	s := openOffice(t)
	s.create("Serveur")
	create := func(by organisations.Actor, name string) error {
		_, _, err := s.service.Create(t.Context(), by, machine.Settings{Name: name, Scopes: machine.Usual()})
		return err
	}
	s.refused(create(s.camille, " SERVEUR "), "api_client.name_taken")
	if err := create(s.noe, "Serveur"); err != nil {
		t.Errorf("another editor may use the name: %v", err)
	}
	errs := thirtyAtOnce(func(i int) error { return create(s.camille, fmt.Sprintf("Serveur %d", i)) })
	refused := 0
	for _, err := range errs {
		if fault.Is(err, "api_client.too_many") {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	listed, err := s.service.List(t.Context(), tilleul)
	if err != nil || len(listed) != machine.MostClients || refused != 11 {
		t.Errorf("%d clients, %d refused, %v", len(listed), refused, err)
	}
	// One that is revoked frees its place and its name.
	if err := s.service.Revoke(t.Context(), s.camille, listed[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := create(s.camille, listed[0].Name); err != nil {
		t.Error(err)
	}
	if listed, err = s.service.List(t.Context(), tilleul); err != nil || len(listed) != 21 || !listed[20].Revoked() {
		t.Errorf("%d listed, %v", len(listed), err)
	}
}

// thirtyAtOnce does something thirty times at once.
func thirtyAtOnce(do func(i int) error) []error {
	var all sync.WaitGroup
	errs := make([]error, 30)
	for i := range errs {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	return errs
}

// « two at a time for rotation », « two parallel rotations never give three secrets »
func TestASecretIsReplacedWithoutSilence(t *testing.T) {
	s := openOffice(t)
	client, first := s.create("Serveur")
	s.now = noon.Add(24 * time.Hour)
	var mu sync.Mutex
	var added []value.Secret
	errs := thirtyAtOnce(func(int) error {
		_, secret, err := s.service.AddSecret(t.Context(), s.camille, client.ID)
		if err == nil {
			mu.Lock()
			added = append(added, secret)
			mu.Unlock()
		}
		return err
	})
	for _, err := range errs {
		if err != nil && fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
	}
	if n := s.count(`SELECT count(*) FROM api_client_secrets WHERE ended_at IS NULL`); n != 2 || len(added) != 1 || s.told("api_client.secret_added") != 1 {
		t.Fatalf("%d secrets, %d given", n, len(added))
	}
	old, fresh := s.issue(client, first), s.issue(client, added[0])
	_, _, err := s.service.AddSecret(t.Context(), s.camille, client.ID)
	s.refused(err, "api_client.two_secrets")

	secrets := s.find(client.ID).Secrets
	if err := s.service.EndSecret(t.Context(), s.camille, client.ID, secrets[0].ID); err != nil {
		t.Fatal(err)
	}
	s.closed(old)
	s.opens(fresh, machine.ScopeTokens)
	_, err = s.door.Issue(t.Context(), machine.Shown{ID: client.ID, Secret: first, From: home}, "")
	s.refused(err, "api_client.refused")
	s.refused(s.service.EndSecret(t.Context(), s.camille, client.ID, secrets[0].ID), "api_client.secret_ended")
	s.refused(s.service.EndSecret(t.Context(), s.camille, client.ID, 999_999), "api_client.secret_ended")
	if left := s.find(client.ID).Secrets; len(left) != 1 || left[0].ID != secrets[1].ID || !left[0].LastUse.Equal(s.now) || s.told("api_client.secret_ended") != 1 {
		t.Errorf("left: %+v", left)
	}
}

// « cut at once when the client … is revoked or the scope removed »
func TestWhatIsCutIsCutAtOnce(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("Serveur")
	grant := s.issue(client, secret)
	s.opens(grant, machine.ScopeTokensWrite)
	less := machine.Settings{Name: "Serveur", Scopes: []machine.Scope{machine.ScopeClients, machine.ScopeTokens}}
	if err := s.service.Change(t.Context(), s.camille, client.ID, 1, less); err != nil {
		t.Fatal(err)
	}
	s.opens(grant, machine.ScopeTokens)
	if pass, err := s.door.Admit(t.Context(), grant.Text, home); err != nil || pass.Opens(machine.ScopeTokensWrite) {
		t.Errorf("a scope that was taken: %+v, %v", pass.Scopes, err)
	}
	// A form that was opened before changes nothing; one that changes nothing is not told.
	s.refused(s.service.Change(t.Context(), s.camille, client.ID, 1, machine.Settings{Name: "Autre", Scopes: machine.Usual()}), "api_client.moved")
	if err := s.service.Change(t.Context(), s.camille, client.ID, 1, less); err != nil || s.told("api_client.changed") != 1 {
		t.Errorf("the same again: %v", err)
	}
	if err := s.service.Revoke(t.Context(), s.camille, client.ID); err != nil {
		t.Fatal(err)
	}
	s.closed(grant)
	_, err := s.door.Issue(t.Context(), machine.Shown{ID: client.ID, Secret: secret, From: home}, "")
	s.refused(err, "api_client.refused")
	_, _, err = s.service.AddSecret(t.Context(), s.camille, client.ID)
	s.refused(err, "api_client.revoked")
	s.refused(s.service.Change(t.Context(), s.camille, client.ID, 3, less), "api_client.revoked")
	s.refused(s.service.Revoke(t.Context(), s.camille, client.ID), "api_client.revoked")
	if s.told("api_client.revoked") != 1 {
		t.Error("the revocation is not told once")
	}
}

// « create a client with a KNOWN id and secret idempotently »: the demo starts twice.
func TestASeedEnrolsAClientOnce(t *testing.T) {
	s := openOffice(t)
	body := "qf_secret_" + strings.Repeat("a", 43)
	seeded := machine.Enrolment{
		ID: "qf_client_DemoTilleul00001", Secret: value.Secret(body + value.Checksum(body)), Editor: tilleul,
		Settings: machine.Settings{Name: "Démonstration", Scopes: machine.Scopes[:]},
	}
	author := audit.Author{ID: "seed", Display: "Jeu de départ"}
	for range 2 {
		if err := s.service.Enrol(t.Context(), author, seeded); err != nil {
			t.Fatal(err)
		}
	}
	client := s.find(seeded.ID)
	s.opens(s.issue(client, seeded.Secret), machine.ScopeHubWrite)
	if len(client.Secrets) != 1 || s.told("api_client.created") != 1 {
		t.Errorf("enrolled twice: %+v", client)
	}
	// What was changed by hand stays changed.
	if err := s.service.Revoke(t.Context(), s.camille, client.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.service.Enrol(t.Context(), author, seeded); err != nil || !s.find(client.ID).Revoked() {
		t.Errorf("it came back: %v", err)
	}
	for _, wrong := range []machine.Enrolment{{ID: "demo", Secret: seeded.Secret}, {ID: seeded.ID, Secret: "secret", Settings: seeded.Settings}, {ID: seeded.ID, Secret: seeded.Secret}} {
		if err := s.service.Enrol(t.Context(), author, wrong); err == nil {
			t.Errorf("%+v was enrolled", wrong)
		}
	}
}
