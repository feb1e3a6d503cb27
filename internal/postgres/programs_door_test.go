package postgres_test

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/seal"
)

// « Access tokens: … lifetime 1 hour of business time, stored hashed, scopes = asked ⊆ client's »
func TestAnAccessTokenLastsAnHour(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("Serveur")
	shown := machine.Shown{ID: client.ID, Secret: secret, From: home}
	grant, err := s.door.Issue(t.Context(), shown, "jetons clients jetons")
	if err != nil || !slices.Equal(grant.Scopes, []machine.Scope{machine.ScopeClients, machine.ScopeTokens}) || grant.Life != time.Hour {
		t.Fatalf("%v, %v", grant.Scopes, err)
	}
	s.opens(grant, machine.ScopeTokens)
	if pass, err := s.door.Admit(t.Context(), grant.Text, home); err != nil || pass.Opens(machine.ScopeDossiers) || pass.Client.Actor().Author().ID != "client:"+client.ID {
		t.Errorf("it opens more than was asked: %v, %v", pass.Scopes, err)
	}
	for _, asked := range []string{"admin", "jetons admin", " ", "jetons  clients", "JETONS", "jetons,clients", "jetons\x00"} {
		_, err := s.door.Issue(t.Context(), shown, asked)
		s.refused(err, "api_client.scope_refused")
	}
	if n := s.count(`SELECT count(*) FROM api_accesses a WHERE a::text LIKE '%' || $1 || '%'`, grant.Text.Reveal()[9:40]); n != 0 {
		t.Error("the token is in the database")
	}
	s.now = noon.Add(time.Hour - time.Second)
	s.opens(grant, machine.ScopeTokens)
	s.now = noon.Add(time.Hour)
	s.closed(grant)
	if erased, err := s.door.Purge(t.Context()); err != nil || erased != 1 || s.count(`SELECT count(*) FROM api_accesses`) != 0 {
		t.Errorf("purged %d, %v", erased, err)
	}
}

// « Truncated, mistyped (checksum says so without a database read), foreign … tokens »
func TestOtherTextsAreNoAccessToken(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("Serveur")
	text := s.issue(client, secret).Text.Reveal()
	lying := "qf_acces_" + strings.Repeat("a", 43)
	for _, other := range []string{
		"", text[:len(text)-1], text + "a", " " + text, strings.ToUpper(text), text[:20] + "_" + text[21:], secret.Reveal(), "apip_live_" + text[10:],
		lying + value.Checksum(lying), strings.Repeat("a", 1<<20), text + "\x00", "' OR 1=1 --",
	} {
		s.closed(machine.Grant{Text: value.Secret(other)})
	}
}

// « unknown and wrong secret look the same »; « IP not allowed → invalid_client too (and
// audited once) »
func TestWhoeverIsNotTheClientIsRefusedAlike(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("Serveur", "203.0.113.0/24", "2001:db8::/48")
	other, otherSecret := s.create("Autre")
	from := netip.MustParseAddr("203.0.113.200") // whose failures count for nobody else
	for name, shown := range map[string]machine.Shown{
		"no id": {Secret: secret, From: from}, "unknown": {ID: "qf_client_0000000000000000", Secret: secret, From: from},
		"another's secret": {ID: client.ID, Secret: otherSecret, From: from}, "no secret": {ID: client.ID, From: from},
		"the digest": {ID: client.ID, Secret: value.Secret(client.ID), From: from}, "from elsewhere": {ID: client.ID, Secret: secret, From: away},
		"from nowhere": {ID: client.ID, Secret: secret}, "hostile": {ID: "' OR 1=1 --", Secret: "\x00", From: from},
	} {
		if _, err := s.door.Issue(t.Context(), shown, ""); !fault.Is(err, "api_client.refused") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.told("api_client.address_refused") != 1 {
		t.Errorf("the journal tells the address %d times", s.told("api_client.address_refused"))
	}
	for _, right := range []string{"203.0.113.7", "::ffff:203.0.113.7", "2001:db8::77"} {
		if _, err := s.door.Recognise(t.Context(), machine.Shown{ID: client.ID, Secret: secret, From: netip.MustParseAddr(right).Unmap()}); err != nil {
			t.Errorf("from %s: %v", right, err)
		}
	}
	if _, err := s.door.Recognise(t.Context(), machine.Shown{ID: other.ID, Secret: otherSecret}); err != nil {
		t.Errorf("a client of anywhere, from an unknown address: %v", err)
	}
	// An access token that was stolen serves nowhere else.
	grant := s.issue(client, secret)
	_, err := s.door.Admit(t.Context(), grant.Text, away)
	s.refused(err, "api_client.access_refused")
	s.opens(grant, machine.ScopeTokens)
}

// « failed authentications per client id bounded (10/min) … without locking out the right
// secret forever »
func TestFailuresAreBounded(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("Serveur")
	fail := func(id string, from netip.Addr) error {
		_, err := s.door.Recognise(t.Context(), machine.Shown{ID: id, Secret: "faux", From: from})
		return err
	}
	s.intoMinute()
	for range machine.FailuresPerMinute {
		s.refused(fail(client.ID, away), "api_client.refused")
		s.refused(fail("qf_client_0000000000000000", away), "api_client.refused")
	}
	// Known or not, the eleventh is told alike, the right secret too.
	s.refused(fail(client.ID, away), "api_client.too_many_failures")
	s.refused(fail("qf_client_0000000000000000", away), "api_client.too_many_failures")
	_, err := s.door.Recognise(t.Context(), machine.Shown{ID: client.ID, Secret: secret, From: away})
	s.refused(err, "api_client.too_many_failures")
	// From elsewhere nobody is locked out; nor here, a minute later.
	s.issue(client, secret)
	s.run(`UPDATE api_counts SET span = span - 1`)
	if _, err := s.door.Recognise(t.Context(), machine.Shown{ID: client.ID, Secret: secret, From: away}); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	s.run(`UPDATE api_counts SET at = at - interval '1 hour'`)
	if _, err := s.door.Purge(t.Context()); err != nil || s.count(`SELECT count(*) FROM api_counts`) != 0 {
		t.Errorf("the counts stay: %v", err)
	}
}

// intoMinute waits until a minute of the database has some seconds left.
func (s *office) intoMinute() {
	s.Helper()
	for s.count(`SELECT extract(second FROM clock_timestamp())::int`) > 50 {
		time.Sleep(time.Second)
	}
}

// « a limit per client of API calls »
func TestCallsAreCounted(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("Serveur")
	grants := []machine.Grant{s.issue(client, secret), s.issue(client, secret)}
	var all sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	began := s.count(`SELECT floor(extract(epoch FROM clock_timestamp()))::int`)
	for i := range 2 * machine.CallsPerSecond {
		all.Go(func() {
			_, err := s.door.Admit(t.Context(), grants[i%2].Text, home)
			mu.Lock()
			defer mu.Unlock()
			if fault.Is(err, "api_client.too_many_calls") {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seconds := s.count(`SELECT floor(extract(epoch FROM clock_timestamp()))::int`) - began + 1
	if least := machine.CallsPerSecond * (2 - seconds); refused < least || seconds == 1 && refused != machine.CallsPerSecond {
		t.Errorf("%d of %d calls in %d s were refused", refused, 2*machine.CallsPerSecond, seconds)
	}
	s.run(`UPDATE api_counts SET span = span - 1, times = 1000`)
	s.opens(grants[0], machine.ScopeTokens)
}

// Whoever shows a stolen token from elsewhere does not use up the calls of the client, nor moves
// its last use; what the statement says of an address is what the rules say.
func TestACallFromElsewhereIsNotCounted(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("Serveur", "203.0.113.0/24", "2001:db8::/48", "192.0.2.1/32")
	anywhere, itsSecret := s.create("Ailleurs")
	grants := map[string]machine.Grant{client.ID: s.issue(client, secret), anywhere.ID: s.issue(anywhere, itsSecret)}
	addresses := []netip.Addr{{}, home, away}
	for _, text := range []string{
		"203.0.113.0", "203.0.113.255", "203.0.114.0", "192.0.2.1", "192.0.2.2", "2001:db8::77", "2001:db8:1::", "::ffff:203.0.113.7", "2001:db8::77%eth0", "::", "0.0.0.0",
	} {
		addresses = append(addresses, netip.MustParseAddr(text))
	}
	for _, of := range []machine.Client{client, anywhere} {
		for _, from := range addresses {
			s.run(`DELETE FROM api_counts`)
			s.run(`UPDATE api_clients SET last_used_at = NULL`)
			_, err := s.door.Admit(t.Context(), grants[of.ID].Text, from)
			admitted := of.Calls(from)
			if counted, used := s.count(`SELECT count(*) FROM api_counts`), s.count(`SELECT count(last_used_at) FROM api_clients`); admitted != (err == nil) ||
				admitted != (counted == 1) || admitted != (used == 1) {
				t.Errorf("%s from %s: may call: %t, told %v, %d counted, %d used", of.Name, from, admitted, err, counted, used)
			}
		}
	}
	for range 2 * machine.CallsPerSecond {
		_, err := s.door.Admit(t.Context(), grants[client.ID].Text, away)
		s.refused(err, "api_client.access_refused")
	}
	s.opens(grants[client.ID], machine.ScopeTokens)
	if n := s.told("api_client.address_refused"); n != 1 {
		t.Errorf("the journal tells it %d times", n)
	}
}

// « Bound the number of live tokens per client »: the oldest gives way.
func TestAProgramThatAsksAtEachCallDoesNoHarm(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("Serveur")
	other, otherSecret := s.create("Autre")
	neighbour := s.issue(other, otherSecret)
	oldest := s.issue(client, secret)
	s.now = noon.Add(time.Minute)
	s.issue(client, secret)
	s.now = noon.Add(2 * time.Minute)
	s.run(`INSERT INTO api_accesses (digest, client, secret, scopes, issued_at, expires_at)
		SELECT sha256(i::text::bytea), client, secret, scopes, issued_at, expires_at FROM api_accesses a, generate_series(1, 97) i
		WHERE a.client = $1 AND issued_at > $2`, client.ID, noon)
	s.issue(client, secret)
	s.opens(oldest, machine.ScopeTokens)
	last := s.issue(client, secret)
	s.closed(oldest)
	s.opens(last, machine.ScopeTokens)
	s.opens(neighbour, machine.ScopeTokens)
	if n := s.count(`SELECT count(*) FROM api_accesses WHERE client = $1`, client.ID); n != machine.MostAccesses {
		t.Errorf("%d access tokens", n)
	}
}

// « PEPPER: the new one first, the old ones kept »: a key is replaced without a break.
func TestASecretOutlivesTheKeyOfItsHash(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("Serveur")
	pepper, err := seal.ParsePepper(seal.NewKey("nouveau"))
	if err != nil {
		t.Fatal(err)
	}
	s.door.Pepper = both{pepper, s.pepper}
	s.issue(client, secret)
	s.door.Pepper = pepper
	_, err = s.door.Recognise(t.Context(), machine.Shown{ID: client.ID, Secret: secret, From: home})
	s.refused(err, "api_client.refused")
}

// both is a pepper of two keys.
type both struct{ fresh, old *seal.Pepper }

func (b both) Digest(secret value.Secret) ([]byte, string) { return b.fresh.Digest(secret) }

func (b both) Digests(secret value.Secret) [][]byte {
	return append(b.fresh.Digests(secret), b.old.Digests(secret)...)
}

// A program that asks for an access token at each call is told to keep it: its client alone waits, on
// every instance, until the next minute.
func TestAccessTokensAreBoundedInAMinute(t *testing.T) {
	s := openOffice(t)
	client, secret := s.create("Serveur")
	other, otherSecret := s.create("Autre")
	s.intoMinute()
	first := s.issue(client, secret)
	// Nobody uses up the tokens of a client without its secret.
	_, err := s.door.Issue(t.Context(), machine.Shown{ID: client.ID, Secret: "faux", From: away}, "")
	s.refused(err, "api_client.refused")
	var all sync.WaitGroup
	var given, refused atomic.Int32
	for range 2 * machine.GrantsPerMinute {
		all.Go(func() {
			_, err := s.door.Issue(t.Context(), machine.Shown{ID: client.ID, Secret: secret, From: home}, "")
			switch {
			case err == nil:
				given.Add(1)
			case fault.Is(err, "api_client.too_many_grants"):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if given.Load() != machine.GrantsPerMinute-1 || refused.Load() != machine.GrantsPerMinute+1 {
		t.Errorf("%d more are given, %d refused", given.Load(), refused.Load())
	}
	if n := s.count(`SELECT count(*) FROM api_accesses WHERE client = $1`, client.ID); n != machine.GrantsPerMinute {
		t.Errorf("%d access tokens", n)
	}
	s.opens(first, machine.ScopeTokens)
	s.issue(other, otherSecret)
	s.run(`UPDATE api_counts SET span = span - 1`)
	s.issue(client, secret)
}
