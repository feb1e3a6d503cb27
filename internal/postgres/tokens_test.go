package postgres_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// « Habilitations approved earlier receive theirs »; once, whatever the number of instances.
func TestEarlierHabilitationsReceiveTheirToken(t *testing.T) {
	v := setVault(t)
	issued := v.token(v.id)
	if issued.State(noon) != credential.TokenToCollect || issued.Request != 48231 || issued.Habilitation != 10_000_004 || issued.Siret != majastres ||
		issued.Editor != tilleul || !slices.Equal(issued.Scopes, []string{"cnaf_quotient_familial"}) || !issued.ExpiresAt.Equal(value.MonthsLater(noon, 18)) {
		t.Errorf("issued %+v", issued)
	}
	if again, err := v.service.IssueMissing(context.Background()); err != nil || again != 0 {
		t.Errorf("issued again: %d, %v", again, err)
	}
	if got := v.mails(); got != "jeton-disponible" {
		t.Errorf("mails: %s", got)
	}
	if got := v.acts(); got != "token.issued" {
		t.Errorf("journal: %s", got)
	}
	if n := v.count(`SELECT count(*) FROM editor_events WHERE kind = 'jeton.a_recuperer' AND editor_siret = $1 AND subject = $2`, tilleul, v.id); n != 1 {
		t.Errorf("the editor was told %d times", n)
	}
}

// Habilitations whose token cannot be issued, be they more than are read at a time, hold nobody
// back, and are counted.
func TestAHabilitationThatFailsHoldsNobodyBack(t *testing.T) {
	v := setVault(t)
	const failing, after = 450, 10_001_000
	v.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
		SELECT 50000 + i, source, siret, organisation, form_uid, state, state_at, created_at, requester FROM requests, generate_series(1, $1) i WHERE number = 48231`, failing)
	v.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		SELECT 10000100 + i, 50000 + i, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at
		FROM habilitations, generate_series(1, $1) i WHERE number = 10000004`, failing)
	v.asked(60000, paris, "PARIS", habilitation.Validated, 1)
	v.granted(after, 60000, tilleul, true, true)
	v.run(`ALTER TABLE tokens ADD CONSTRAINT tokens_none_of_these CHECK (request NOT BETWEEN 50001 AND 59999)`)
	issued, err := v.service.IssueMissing(context.Background())
	if issued != 1 || v.count(`SELECT count(*) FROM tokens WHERE habilitation = $1`, after) != 1 {
		t.Errorf("%d issued, %v", issued, err)
	}
	if err == nil || !strings.Contains(err.Error(), "450 tokens could not be issued, the first one of H10000101") || strings.Count(err.Error(), "tokens_none_of_these") != 1 {
		t.Errorf("told: %v", err)
	}
	v.run(`ALTER TABLE tokens DROP CONSTRAINT tokens_none_of_these`)
	if issued, err := v.service.IssueMissing(context.Background()); err != nil || issued != failing {
		t.Errorf("the next run issues %d, %v", issued, err)
	}
}

// « stored as keyed hash with key id; secret sealed (encrypted) until collected »
func TestTheDatabaseAloneOpensNothing(t *testing.T) {
	v := setVault(t)
	text, _, err := v.service.Collect(context.Background(), sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	read, err := credential.ParseTokenText(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"tokens", "audit_events", "mails", "mail_recipients", "outbox", "editor_events"} {
		if n := v.count(`SELECT count(*) FROM `+table+` x WHERE x::text LIKE '%' || $1 || '%' OR x::text LIKE '%' || encode($1::bytea, 'hex') || '%'`, read.Secret.Reveal()); n != 0 {
			t.Errorf("%s holds the secret in clear", table)
		}
	}
	if n := v.count(`SELECT count(*) FROM tokens WHERE pepper = 'test' AND length(digest) = 32 AND sealed IS NOT NULL`); n != 1 {
		t.Error("no keyed hash, key or sealed text is kept")
	}
	if err := v.service.Confirm(context.Background(), sofia, v.id); err != nil {
		t.Fatal(err)
	}
	if n := v.count(`SELECT count(*) FROM tokens WHERE sealed IS NOT NULL`); n != 0 {
		t.Error("the text is still kept")
	}
}

// « two simultaneous first reveals record one collection; the same side may show again with
// step-up, the other side reads who and when » (SETTLED.md)
func TestTwoFirstRevealsRecordOneCollection(t *testing.T) {
	v := setVault(t)
	callers := []credential.Caller{sofia, hugo, sofia, hugo, sofia, hugo, sofia, hugo}
	texts, errs := make([]value.Secret, len(callers)), make([]error, len(callers))
	var together sync.WaitGroup
	for i, by := range callers {
		together.Go(func() { texts[i], _, errs[i] = v.service.Collect(context.Background(), by, v.id, noKey) })
	}
	together.Wait()
	won := v.token(v.id).Collection
	for i, by := range callers {
		switch same := by.Author.ID == won.ByID; {
		case same && (errs[i] != nil || texts[i] == ""):
			t.Errorf("%s, who collected it, got %v", by.Author.Display, errs[i])
		case !same && (!fault.Is(errs[i], "token.collected") || texts[i] != ""):
			t.Errorf("%s got %v", by.Author.Display, errs[i])
		}
	}
	if n := strings.Count(v.acts(), "token.collected"); n != 1 {
		t.Errorf("%d collections in the journal: %s", n, v.acts())
	}
	if got := v.mails(); got != "jeton-disponible jeton-recupere" {
		t.Errorf("mails: %s", got)
	}
}

// « The collecting side may show it again (step-up, audited) until « J’ai bien enregistré le
// jeton » or 7 days; then only replacement »
func TestTheTextIsShownAgainForAWhile(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	first, _, err := v.service.Collect(ctx, sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	v.now = noon.Add(7*24*time.Hour - time.Minute)
	again, _, err := v.service.ShowAgain(ctx, hugo, v.id)
	if err != nil || again != first {
		t.Errorf("shown again: %v, same %v", err, again == first)
	}
	v.run(`UPDATE requests SET holder = $1 WHERE number = 48231`, v.colleague("Anne", "Morel", majastres))
	holder := elected
	holder.AccountID = v.token(v.id).Holder
	if _, _, err := v.service.ShowAgain(ctx, holder, v.id); !fault.Is(err, "token.collected") {
		t.Errorf("the other side: %v", err)
	}
	if _, _, err := v.service.Collect(ctx, holder, v.id, noKey); !fault.Is(err, "token.collected") {
		t.Errorf("the other side collects: %v", err)
	}
	if _, _, err := v.service.Collect(ctx, hugo, v.id, noKey); !fault.Is(err, "token.collected") {
		t.Errorf("a later collection by the same side: %v", err)
	}
	v.now = noon.Add(7*24*time.Hour + time.Minute)
	if _, _, err := v.service.ShowAgain(ctx, hugo, v.id); !fault.Is(err, "token.closed") {
		t.Errorf("after seven days: %v", err)
	}
	if erased, err := v.service.EraseTexts(ctx); err != nil || erased != 1 {
		t.Errorf("erased %d, %v", erased, err)
	}
	if got := v.acts(); got != "token.issued token.collected token.shown" {
		t.Errorf("journal: %s", got)
	}
}

// « API: same Idempotency-Key = same answer; another key after collection = 409 » (SETTLED.md)
func TestAProgramThatAsksAgainGetsTheSame(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	program := credential.Caller{Author: audit.Author{ID: "client:1", Display: "Serveur"}, Side: credential.SideEditor, Organisation: tilleul}
	first, _, err := v.service.Collect(ctx, program, v.id, credential.Key{1})
	if err != nil {
		t.Fatal(err)
	}
	if told, _, _ := v.lastTold(); !told.Program || !told.ByEditor() || !v.token(v.id).Collection.ByProgram() {
		t.Errorf("nothing says that it is a program: %+v", told)
	}
	v.now = noon.Add(time.Hour)
	if again, _, err := v.service.Collect(ctx, program, v.id, credential.Key{1}); err != nil || again != first {
		t.Errorf("the same key: %v", err)
	}
	for name, key := range map[string]credential.Key{"another key": {2}, "no key": {}} {
		if text, _, err := v.service.Collect(ctx, program, v.id, key); !fault.Is(err, "token.collected") || text != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	next, err := v.service.Replace(ctx, program, v.id, credential.Replacement{Overlap: time.Hour, Key: credential.Key{3}})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := v.service.Replace(ctx, program, v.id, credential.Replacement{Overlap: time.Hour, Key: credential.Key{3}}); err != nil || again.ID != next.ID {
		t.Errorf("the same replacement: %v", err)
	}
	if _, err := v.service.Replace(ctx, program, v.id, credential.Replacement{Overlap: time.Hour, Key: credential.Key{4}}); !fault.Is(err, "token.replaced") {
		t.Errorf("another replacement: %v", err)
	}
}

// « Foreign and unknown look the same »; a colleague of the holder reads and does nothing.
func TestATokenIsItsOwners(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	for _, by := range []credential.Caller{foreign, callerOf(6, "Paul", people.Town, paris)} {
		for _, id := range []string{v.id, "0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e11", "x", "", strings.Repeat("9", 500), "' OR 1=1 --"} {
			if _, err := v.service.Find(ctx, by, id); !fault.Is(err, "token.unknown") {
				t.Errorf("%s finds %q: %v", by.Author.Display, id, err)
			}
		}
		if _, _, err := v.service.Collect(ctx, by, v.id, noKey); !fault.Is(err, "token.unknown") {
			t.Errorf("%s collects: %v", by.Author.Display, err)
		}
	}
	if _, err := v.service.Find(ctx, elected, v.id); err != nil {
		t.Errorf("a colleague reads: %v", err)
	}
	for what, act := range map[string]func() error{
		"collects": func() error { _, _, err := v.service.Collect(ctx, elected, v.id, noKey); return err },
		"replaces": func() error { _, err := v.service.Replace(ctx, elected, v.id, credential.Replacement{}); return err },
		"suspends": func() error { return v.service.Suspend(ctx, elected, v.id, "Fuite") },
		"revokes":  func() error { return v.service.Revoke(ctx, elected, v.id, "Fuite") },
		"confirms": func() error { return v.service.Confirm(ctx, elected, v.id) },
	} {
		if err := act(); !fault.Is(err, "token.not_holder") {
			t.Errorf("a colleague %s: %v", what, err)
		}
	}
	if got := v.acts(); got != "token.issued" {
		t.Errorf("journal: %s", got)
	}
}
