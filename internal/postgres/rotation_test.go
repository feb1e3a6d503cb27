package postgres_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// The keys of a rotation: the old one, then both, then the new one alone.
type keys struct{ old, both, fresh *seal.Ring }

func drawKeys(t *testing.T) (k keys) {
	t.Helper()
	old, fresh := seal.NewKey("k1"), seal.NewKey("k2")
	for ring, configured := range map[**seal.Ring]string{&k.old: old, &k.both: fresh + "," + old, &k.fresh: fresh} {
		parsed, err := seal.Parse(configured)
		if err != nil {
			t.Fatal(err)
		}
		*ring = parsed
	}
	return k
}

const tokenID = "3f1c0a52-9d1e-4a54-8f1b-2f64e1f0c9aa"

// sealedOfEach keeps one text of each kind under a ring: "secret of <kind>".
func (d *hubDesk) sealedOfEach(ring *seal.Ring) {
	d.t.Helper()
	ctx := context.Background()
	d.Vault = ring
	if _, err := d.Deposit(ctx, handOf(tilleul), majastres, "si", "secret-of-hub_accounts"); err != nil {
		d.t.Fatal(err)
	}
	d.run(`UPDATE hub_accounts SET state = 'teste', next_state = 'depose', next_state_at = $1, next_client_id = 'si', next_sealed = $2, next_by_id = by_id,
		next_by_name = by_name, next_kept_at = kept_at`, noon, ring.Seal([]byte("secret-of-hub_candidates"), credential.HubAccountPlace(majastres, tilleul)))
	d.run(`INSERT INTO tokens (id, public_id, digest, pepper, sealed, request, habilitation, siret, scopes, issued_at, expires_at)
		SELECT $1, 'abcdefghijkl', $2, 'p1', $3, r.number, h.number, r.siret, '{}', $4, $4 FROM requests r JOIN habilitations h ON h.request = r.number ORDER BY h.number LIMIT 1`,
		tokenID, make([]byte, 32), ring.Seal([]byte("secret-of-tokens"), "token "+tokenID), noon)
	letter := notice.Letter{Kind: "invitation", Key: "invitation 3", Content: ring.Seal([]byte("secret-of-mails"), notice.Place("invitation 3")), Recipients: notice.Recipients{To: []string{"a@b.fr"}}}
	if err := (postgres.Mails{DB: d.db}).Record(ctx, letter, noon); err != nil {
		d.t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("body"))
	d.run(`INSERT INTO datapass_events (digest, received_at, last_at, event, state, content) VALUES ($1, $2, $2, 'approve', 'quarantaine', $3)`,
		digest[:], noon, ring.Seal([]byte("secret-of-datapass_events"), decision.PlaceOf(digest)))
	shipment := d.record(noon)
	rowKey, content := ring.SealRow([]byte("secret-of-dossier_payloads"), dossier.PayloadPlace(shipment.Reference))
	d.run(`UPDATE dossier_payloads SET key = $1, content = $2`, rowKey, content)
}

// opened reads each text with a ring; "" for one that does not open.
func (d *hubDesk) opened(ring *seal.Ring) map[operation.SealedKind]string {
	d.t.Helper()
	bytes := func(query string) (sealed []byte) {
		if err := d.raw.QueryRow(query).Scan(&sealed); err != nil {
			d.t.Fatal(err)
		}
		return sealed
	}
	var reference string
	if err := d.raw.QueryRow(`SELECT reference FROM dossiers`).Scan(&reference); err != nil {
		d.t.Fatal(err)
	}
	read := map[operation.SealedKind]string{}
	for kind, row := range map[operation.SealedKind]struct{ query, place string }{
		operation.SealedCandidates:  {`SELECT next_sealed FROM hub_accounts`, credential.HubAccountPlace(majastres, tilleul)},
		operation.SealedHubAccounts: {`SELECT sealed FROM hub_accounts`, credential.HubAccountPlace(majastres, tilleul)},
		operation.SealedTokens:      {`SELECT sealed FROM tokens`, "token " + tokenID},
		operation.SealedMails:       {`SELECT content FROM mails`, notice.Place("invitation 3")},
		operation.SealedEvents:      {`SELECT content FROM datapass_events`, decision.PlaceOf(sha256.Sum256([]byte("body")))},
	} {
		plain, _ := ring.Open(bytes(row.query), row.place)
		read[kind] = string(plain)
	}
	plain, _ := ring.OpenRow(bytes(`SELECT key FROM dossier_payloads`), bytes(`SELECT content FROM dossier_payloads`), dossier.PayloadPlace(value.Reference(reference)))
	read[operation.SealedPayloads] = string(plain)
	return read
}

// « Key ring with rotation command that re-encrypts without downtime » (issue 6, point 3):
// whatever is kept for long opens with the new key alone, and nothing else of it has changed.
func TestWhatIsKeptForLongComesUnderTheNewKey(t *testing.T) {
	d, k := setHubDesk(t), drawKeys(t)
	d.sealedOfEach(k.old)
	rotation := operation.Rotation{Store: postgres.Rotation{DB: d.db}, Ring: k.both}
	done, err := rotation.Reseal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []operation.Rotated
	texts := map[operation.SealedKind]string{}
	for _, kind := range operation.SealedKinds {
		want, texts[kind] = append(want, operation.Rotated{Kind: kind, Resealed: 1}), "secret-of-"+string(kind)
	}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(texts, d.opened(k.fresh)); diff != "" {
		t.Errorf("opened by the new key alone (-want +got):\n%s", diff)
	}
	again, err := rotation.Reseal(t.Context())
	if err != nil || slices.ContainsFunc(again, func(r operation.Rotated) bool { return r.Resealed+r.Moved+r.Left+len(r.Unreadable) > 0 }) {
		t.Errorf("a second run has something to do: %+v, %v", again, err)
	}
}

// « each row compare-and-set so that a concurrent change wins »
func TestAChangeDuringARotationWins(t *testing.T) {
	d, k, ctx := setHubDesk(t), drawKeys(t), context.Background()
	d.sealedOfEach(k.old)
	store := postgres.Rotation{DB: d.db}
	for _, kind := range operation.SealedKinds {
		texts, err := store.ListSealedByOthers(ctx, kind, "k2", "", 10)
		if err != nil || len(texts) != 1 {
			t.Fatalf("%s: %d texts, %v", kind, len(texts), err)
		}
		stale := texts[0]
		stale.Sealed = append(slices.Clone(stale.Sealed), 0)
		if replaced, err := store.ReplaceSealed(ctx, kind, stale, []byte("late")); err != nil || replaced {
			t.Errorf("%s: what has changed since is overwritten: %v", kind, err)
		}
	}
	if got := d.opened(k.old); got[operation.SealedTokens] != "secret-of-tokens" || got[operation.SealedPayloads] != "secret-of-dossier_payloads" {
		t.Errorf("left: %v", got)
	}
}

// « rotation under concurrent writes »: people deposit, HubEE is asked and the dossiers pass
// while the ring turns, again and again; no text is lost, and the last run leaves nothing.
func TestPeopleDepositWhileTheRingTurns(t *testing.T) {
	d, k, ctx := setHubDesk(t), drawKeys(t), context.Background()
	d.Vault = k.both
	var deposits atomic.Int64
	rotation := operation.Rotation{Store: postgres.Rotation{DB: d.db}, Ring: k.both}
	for range 5 {
		atOnce(3, func(i int) {
			for n := range 5 {
				switch i {
				case 0, 1:
					// Another instance still seals with the old key.
					accounts := *d.HubAccounts
					accounts.Vault = []credential.HubVault{k.both, oldFirst{k}}[n%2]
					siret := []value.Siret{majastres, valombre}[i]
					if _, err := accounts.Deposit(ctx, handOf(tilleul), siret, "si-"+siret.String(), value.Secret("secret-"+siret.String())); err != nil {
						t.Error(err)
					}
					deposits.Add(1)
				case 2:
					if _, err := rotation.Reseal(ctx); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	done, err := rotation.Reseal(ctx)
	if err != nil || slices.ContainsFunc(done, func(r operation.Rotated) bool { return r.Left+len(r.Unreadable) > 0 }) {
		t.Fatalf("%+v, %v", done, err)
	}
	d.Vault = k.fresh
	for _, siret := range []value.Siret{majastres, valombre} {
		access, pair, err := d.Reveal(ctx, handOf(tilleul), siret)
		if err != nil || pair.Secret.Reveal() != "secret-"+siret.String() || access.Account.State != credential.HubAccountTested {
			t.Errorf("%s: %s, %v", siret, access.Account.State, err)
		}
	}
	if n := d.count(`SELECT count(*) FROM audit_events WHERE act = 'hub_account.deposited'`); int64(n) != deposits.Load() {
		t.Errorf("%d deposits in the journal, want %d", n, deposits.Load())
	}
}

// oldFirst is an instance that has not heard of the new order yet.
type oldFirst struct{ k keys }

func (o oldFirst) Seal(plain []byte, place string) []byte { return o.k.old.Seal(plain, place) }
func (o oldFirst) Open(sealed []byte, place string) ([]byte, error) {
	return o.k.both.Open(sealed, place)
}

// A text that no key opens is told, and kept as it is.
func TestATextThatDoesNotOpenIsKept(t *testing.T) {
	d, k := setHubDesk(t), drawKeys(t)
	d.sealedOfEach(k.old)
	done, err := (&operation.Rotation{Store: postgres.Rotation{DB: d.db}, Ring: k.fresh}).Reseal(t.Context())
	for _, kind := range done {
		if err != nil || kind.Resealed != 0 || len(kind.Unreadable) != 1 || kind.Left != 1 {
			t.Errorf("%+v, %v", kind, err)
		}
	}
	for kind, text := range d.opened(k.old) {
		if text != "secret-of-"+string(kind) {
			t.Errorf("%s is %q now", kind, text)
		}
	}
}

// « SQL reads the name from the sealed header »: as the ring itself does, whatever is there.
func TestTheKeysInUseAreRead(t *testing.T) {
	d, k := setHubDesk(t), drawKeys(t)
	d.sealedOfEach(k.old)
	long, err := seal.Parse(seal.NewKey("a-name-of-thirty-two-characters0"))
	if err != nil {
		t.Fatal(err)
	}
	for i, content := range [][]byte{
		long.Seal([]byte("x"), "y"), long.Seal(make([]byte, 20_000), "y"), {}, {0}, {1}, {1, 200}, {1, 3, 0xff, 0, 'x', 9}, []byte("{}"), rubbish(t),
	} {
		d.run(`INSERT INTO mails (kind, key, content, created_at) VALUES ('invitation', $1, $2, $3)`, fmt.Sprint("essai ", i), content, noon)
	}
	d.run(`INSERT INTO mails (kind, key, created_at) VALUES ('invitation', 'erased', $1)`, noon)
	uses, err := postgres.Rotation{DB: d.db}.SealingKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]int{}
	for _, use := range uses {
		if use.Kind == "mails" {
			known[use.Key] = use.Texts
		} else if use.Key != "k1" || use.Texts != 1 {
			t.Errorf("%+v", use)
		}
	}
	if known["k1"] != 1 || known["a-name-of-thirty-two-characters0"] != 2 || len(uses) < 6 {
		t.Errorf("keys of the mails: %v, %+v", known, uses)
	}
	hashing, err := postgres.Rotation{DB: d.db}.HashingKeys(t.Context())
	if diff := cmp.Diff([]operation.KeyUse{{Key: "p1", Kind: "tokens", Texts: 1}}, hashing); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// rubbish begins with no version of ours.
func rubbish(t *testing.T) []byte {
	t.Helper()
	drawn := make([]byte, 64)
	_, _ = rand.Read(drawn)
	drawn[0] = 7
	return drawn
}
