package postgres_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// « foreign … tokens; constant-time compare »: a text that is well formed and wrong opens
// nothing, and costs the habilitation nothing.
func TestAWrongSecretOpensNothing(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	text, _, err := v.service.Collect(ctx, sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	right, err := credential.ParseTokenText(text)
	if err != nil {
		t.Fatal(err)
	}
	drawn := right
	drawn.Secret = value.Secret(strings.Repeat("A", 43))
	for range 30 {
		if _, err := v.gate.Admit(ctx, drawn.Reveal()); !fault.Is(err, "token.unknown") {
			t.Fatalf("a wrong secret: %v", err)
		}
	}
	drawn = right
	drawn.PublicID = "AAAAAAAAAAAA"
	if _, err := v.gate.Admit(ctx, drawn.Reveal()); !fault.Is(err, "token.unknown") {
		t.Errorf("another public id: %v", err)
	}
	if admitted, err := v.gate.Admit(ctx, text); err != nil || admitted.Allowance.Remaining != credential.CallsPerSecond-1 {
		t.Errorf("the right one: %+v, %v", admitted, err)
	}
}

// A key of the pepper is replaced by adding another in front of it.
func TestAnEarlierPepperStillOpens(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	text, _, err := v.service.Collect(ctx, sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	renewed := func(keys string) *credential.Gate {
		pepper, err := seal.ParsePepper(keys)
		if err != nil {
			t.Fatal(err)
		}
		return &credential.Gate{Store: v.gate.Store, Pepper: pepper, Now: v.gate.Now, Clock: time.Now}
	}
	if _, err := renewed(seal.NewKey("new")).Admit(ctx, text); !fault.Is(err, "token.unknown") {
		t.Errorf("without its key: %v", err)
	}
	if _, err := renewed(seal.NewKey("new")+","+v.pepper).Admit(ctx, text); err != nil {
		t.Errorf("behind the new key: %v", err)
	}
}

// The calls of a second are shared by the tokens of a habilitation and by all instances; each
// further instance may let one more through (credential.CountedPerSecond).
func TestTheCallsOfASecondAreCountedTogether(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	first, _, err := v.service.Collect(ctx, sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	next, err := v.service.Replace(ctx, sofia, v.id, credential.Replacement{Overlap: credential.Overlap})
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := v.service.Collect(ctx, sofia, next.ID, noKey)
	if err != nil {
		t.Fatal(err)
	}
	gates := []*credential.Gate{v.gate, {Store: postgres.Tokens{DB: connect(t, v.addresses.App)}, Pepper: v.gate.Pepper, Now: v.gate.Now, Clock: time.Now}}
	var mu sync.Mutex
	admitted, refused := map[int64]int{}, map[int64]int{}
	var together sync.WaitGroup
	for i := range 120 {
		together.Go(func() {
			got, err := gates[i%2].Admit(ctx, []value.Secret{first, second}[i/2%2])
			mu.Lock()
			defer mu.Unlock()
			switch second := got.Allowance.Reset.Unix(); {
			case err == nil:
				admitted[second]++
			case fault.Is(err, "token.too_many_calls"):
				refused[second]++
			default:
				t.Error(err)
			}
		})
	}
	together.Wait()
	for second, n := range admitted {
		// Those under way when a second begins are no instance's first.
		if n > credential.CountedPerSecond+len(gates) || refused[second] > 0 && n < credential.CountedPerSecond {
			t.Errorf("in second %d, %d calls were admitted and %d refused", second, n, refused[second])
		}
	}
	if len(admitted) > 4 {
		t.Errorf("the calls took %d seconds: nothing was tried", len(admitted))
	}
}

// One instance alone lets through twenty calls a second and not one more, whichever token shows.
// It writes nothing down for the first call of a second.
func TestOneInstanceCountsToTheCall(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	first, _, err := v.service.Collect(ctx, sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	next, err := v.service.Replace(ctx, sofia, v.id, credential.Replacement{Overlap: credential.Overlap})
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := v.service.Collect(ctx, sofia, next.ID, noKey)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.gate.Admit(ctx, first); err != nil || got.Allowance.Remaining != credential.CallsPerSecond-1 {
		t.Errorf("after the first call %d are left, %v", got.Allowance.Remaining, err)
	}
	if n := v.count(`SELECT count(*) FROM call_allowances`); n != 0 {
		t.Errorf("the first call of a second wrote %d counts", n)
	}
	for range 3 { // a second may end during one of them, or the processor be elsewhere
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
		began, admitted := time.Now().Unix(), 0
		for i := range 2 * credential.CallsPerSecond {
			_, err := v.gate.Admit(ctx, []value.Secret{first, second}[i%2])
			switch {
			case err == nil:
				admitted++
			case !fault.Is(err, "token.too_many_calls"):
				t.Fatal(err)
			}
		}
		if time.Now().Unix() != began {
			continue
		}
		if admitted != credential.CallsPerSecond {
			t.Errorf("%d calls of a second were admitted", admitted)
		}
		return
	}
	t.Error("forty calls took more than a second, three times")
}

// Whoever left is neither looked up nor counted.
func TestACallerWhoLeftTakesNobodysPlace(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	text, _, err := v.service.Collect(ctx, sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(ctx)
	leave()
	for range 100 {
		if _, err := v.gate.Admit(gone, text); err == nil {
			t.Error("somebody who left is answered")
		}
	}
	if admitted, err := v.gate.Admit(ctx, text); err != nil || admitted.Allowance.Remaining < credential.CallsPerSecond-3 {
		t.Errorf("%+v, %v", admitted.Allowance, err)
	}
}

// « last use and use counters per day, without personal data »
func TestUsesAreCountedByDay(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	tally := &credential.Tally{Store: postgres.Tokens{DB: v.db}}
	evening := time.Date(2026, 3, 2, 23, 30, 0, 0, time.UTC) // the third already in Paris
	for range 3 {
		tally.Note(v.id, "200", true, noon)
	}
	tally.Note(v.id, "401 00103", false, noon.Add(time.Hour))
	tally.Note(v.id, "200", true, evening)
	v.now = evening
	if err := tally.WriteFirst(ctx); err != nil || v.count(`SELECT count(*) FROM token_uses`) != 2 {
		t.Fatalf("the uses are written first: %v", err)
	}
	for range 2 { // nothing is counted twice
		if err := tally.Write(ctx); err != nil {
			t.Fatal(err)
		}
	}
	uses, err := v.service.Uses(ctx, v.id, 30)
	want := []credential.Use{
		{TokenID: v.id, Day: "2026-03-03", Outcome: "200", Count: 1}, {TokenID: v.id, Day: "2026-03-02", Outcome: "200", Count: 3},
		{TokenID: v.id, Day: "2026-03-02", Outcome: "401 00103", Count: 1},
	}
	if err != nil || !slices.Equal(uses, want) {
		t.Errorf("uses: %+v, %v", uses, err)
	}
	used := v.token(v.id)
	if !used.FirstUse.Equal(noon) || !used.LastUse.Equal(evening) {
		t.Errorf("used from %s to %s", used.FirstUse, used.LastUse)
	}
	tally.Note(v.id, "200", true, noon.Add(-time.Hour)) // another instance, which writes late
	if err := tally.Write(ctx); err != nil || !v.token(v.id).LastUse.Equal(evening) {
		t.Errorf("the last use went back, %v", err)
	}
	if err := v.db.Close(); err != nil {
		t.Fatal(err)
	}
	tally.Note(v.id, "200", true, noon)
	if err := tally.Write(ctx); err == nil {
		t.Fatal("written to a closed database")
	}
	tally.Note(v.id, "200", true, noon)
	tally.Store = postgres.Tokens{DB: connect(t, v.addresses.App)}
	if err := tally.Write(ctx); err != nil {
		t.Fatal(err)
	}
	if n := v.count(`SELECT uses FROM token_uses WHERE day = '2026-03-02' AND outcome = '200'`); n != 6 {
		t.Errorf("%d uses are counted after an outage, want 6", n)
	}
}

// Two instances that write what they counted do not wait for each other in a circle.
func TestTalliesOfTwoInstancesMeet(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	mint := v.service.Mint
	v.run(`SELECT setval('habilitation_numbers', 10000100)`)
	if err := postgres.Fill(ctx, v.db, 60, 0, noon); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.FillTokens(ctx, v.db, mint, 50, noon); err != nil {
		t.Fatal(err)
	}
	found, _, err := v.service.List(ctx, staff, credential.TokenQuery{Limit: 100})
	if err != nil || len(found) < 50 {
		t.Fatalf("%d tokens, %v", len(found), err)
	}
	var together sync.WaitGroup
	for instance := range 4 {
		tally := &credential.Tally{Store: postgres.Tokens{DB: v.db}}
		together.Go(func() {
			for round := range 20 {
				for i := range found[:50-7*instance] {
					tally.Note(found[(i*7+instance)%50].ID, "200", true, noon.Add(time.Duration(round)*time.Second))
				}
				if err := tally.Write(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	together.Wait()
}

// Whoever reads that a token was never used may stop it: what this instance counted is known as
// soon as somebody reads, the first use elsewhere is written before the others are.
func TestThatATokenIsUsedIsSoonKnown(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	tally := &credential.Tally{Store: postgres.Tokens{DB: v.db}}
	v.service.Tally = tally
	uses := func() int { return v.count(`SELECT COALESCE(sum(uses), 0) FROM token_uses`) }
	tally.Note(v.id, "401 00103", false, noon)
	tally.Note(v.id, "404 37003", true, noon)
	if found, err := v.service.Find(ctx, sofia, v.id); err != nil || !found.LastUse.Equal(noon) || uses() != 2 {
		t.Errorf("read at once, it was used last at %s, %d calls are counted: %v", found.LastUse, uses(), err)
	}
	if err := tally.Write(ctx); err != nil || uses() != 2 {
		t.Fatalf("%d calls are counted after another write: %v", uses(), err)
	}
	tally = &credential.Tally{Store: postgres.Tokens{DB: v.db}} // of another instance
	for i, want := range []int{3, 3, 3} {                       // one is written at once, the next ones with others
		tally.Note(v.id, "200", true, noon.Add(time.Minute))
		tally.Note(v.id, "401 00103", false, noon.Add(time.Minute))
		if err := tally.WriteFirst(ctx); err != nil || uses() != want {
			t.Errorf("at call %d, %d are written, want %d: %v", i, uses(), want, err)
		}
	}
	if err := tally.Write(ctx); err != nil || uses() != 8 {
		t.Errorf("%d calls are counted, want 8: %v", uses(), err)
	}
}
