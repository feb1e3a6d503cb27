package postgres_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// vault is the service of tokens and its gate over the real store, with one token issued to
// the town of request 48231, whose software is Tilleul's.
type vault struct {
	*scene
	now     time.Time
	service *credential.Tokens
	gate    *credential.Gate
	id      string
	pepper  string
}

// shown is a token as the store looks it up.
func (v *vault) shown(text value.Secret) credential.Shown {
	v.t.Helper()
	ours, err := credential.ParseTokenText(text)
	if err != nil {
		v.t.Fatal(err)
	}
	return credential.Shown{PublicID: ours.PublicID, Digests: v.gate.Pepper.Digests(ours.Secret)}
}

func setVault(t testing.TB) *vault {
	t.Helper()
	s := setScene(t)
	s.requests()
	s.run(`UPDATE editors SET technical_contact = 'integration@tilleul.example.fr' WHERE siret = $1`, tilleul)
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	v := &vault{scene: s, now: noon, pepper: seal.NewKey("test")}
	pepper, err := seal.ParsePepper(v.pepper)
	if err != nil {
		t.Fatal(err)
	}
	mint := &credential.Mint{Sealer: ring, Pepper: pepper, Prefix: credential.TestPrefix}
	store, now := postgres.Tokens{DB: s.db}, func() time.Time { return v.now }
	v.service = &credential.Tokens{Store: store, Mint: mint, Sealer: ring, Opener: ring, Now: now}
	v.gate = &credential.Gate{Store: postgres.Tokens{DB: s.db}, Pepper: mint.Pepper, Now: now, Clock: time.Now}
	if issued, err := v.service.IssueMissing(context.Background()); err != nil || issued != 1 {
		t.Fatalf("%d tokens issued, %v", issued, err)
	}
	v.id = v.only(credential.TokenQuery{}).ID
	return v
}

// only is the one token that a query finds.
func (v *vault) only(query credential.TokenQuery) credential.TokenFile {
	v.t.Helper()
	query.Limit = 10
	found, total, err := v.service.List(context.Background(), staff, query)
	if err != nil || total != 1 {
		v.t.Fatalf("%d tokens found, %v", total, err)
	}
	return found[0]
}

// token is one of the tokens, as it is now.
func (v *vault) token(id string) credential.TokenFile {
	v.t.Helper()
	found, err := v.service.Find(context.Background(), staff, id)
	if err != nil {
		v.t.Fatal(err)
	}
	return found
}

// acts are the acts of the journal about tokens, in order.
func (v *vault) acts() string {
	v.t.Helper()
	rows, err := v.raw.Query(`SELECT act FROM audit_events WHERE object_kind = 'token' ORDER BY id`)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var acts []string
	for rows.Next() {
		var act string
		if err := rows.Scan(&act); err != nil {
			v.t.Fatal(err)
		}
		acts = append(acts, act)
	}
	return strings.Join(acts, " ")
}

func (v *vault) mails() string {
	v.t.Helper()
	var kinds string
	if err := v.raw.QueryRow(`SELECT COALESCE(string_agg(kind, ' ' ORDER BY id), '') FROM mails`).Scan(&kinds); err != nil {
		v.t.Fatal(err)
	}
	return kinds
}

func callerOf(id int64, name string, role people.Role, siret value.Siret) credential.Caller {
	return credential.CallerOf(people.Actor{AccountID: id, Name: name, Role: role, Organisation: people.Organisation{Siret: siret}})
}

var (
	staff   = callerOf(1, "Camille Ferrand", people.Admin, "13002526500013")
	sofia   = callerOf(2, "Sofia Roux", people.EditorAdmin, tilleul)
	hugo    = callerOf(3, "Hugo Marchal", people.EditorMember, tilleul)
	foreign = callerOf(4, "Nadia Petit", people.EditorAdmin, brume)
	elected = callerOf(5, "Anne Morel", people.Town, majastres)
	noKey   credential.Key
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

// « Replace with overlap (default 30 days, both valid, old one's last use shown, early end) »
func TestATokenIsReplacedWithAnOverlap(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	old, _, err := v.service.Collect(ctx, sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	v.now = noon.AddDate(0, 2, 0)
	next, err := v.service.Replace(ctx, hugo, v.id, credential.Replacement{Overlap: credential.Overlap})
	if err != nil {
		t.Fatal(err)
	}
	if former := v.token(v.id); former.State(v.now) != credential.TokenOverlapped || !former.EndsAt.Equal(v.now.Add(30*24*time.Hour)) || former.Successor != next.ID {
		t.Errorf("the former: %+v", former)
	}
	if !next.ExpiresAt.Equal(value.MonthsLater(noon, 18)) {
		t.Error("a replacement gives more time")
	}
	fresh, _, err := v.service.Collect(ctx, hugo, next.ID, noKey)
	if err != nil || fresh == old {
		t.Fatal(err)
	}
	for name, text := range map[string]value.Secret{"the former": old, "the new one": fresh} {
		if _, err := v.gate.Admit(ctx, text); err != nil {
			t.Errorf("%s during the overlap: %v", name, err)
		}
	}
	if err := v.service.EndOverlap(ctx, sofia, v.id); err != nil {
		t.Fatal(err)
	}
	if _, err := v.gate.Admit(ctx, old); !fault.Is(err, "token.revoked") {
		t.Errorf("the former once ended: %v", err)
	}
	if _, err := v.gate.Admit(ctx, fresh); err != nil {
		t.Errorf("the new one: %v", err)
	}
	if err := v.service.EndOverlap(ctx, sofia, v.id); !fault.Is(err, "token.no_overlap") {
		t.Errorf("ended twice: %v", err)
	}
}

// « early end » is told to the requester, the technical contact in copy: the mail leads to the
// token that goes on by then, and to its own page once another software has that one.
func TestAnEarlyEndIsToldToBothSides(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	replaced := func(id string) string {
		t.Helper()
		if _, _, err := v.service.Collect(ctx, sofia, id, noKey); err != nil {
			t.Fatal(err)
		}
		next, err := v.service.Replace(ctx, sofia, id, credential.Replacement{Overlap: credential.Overlap})
		if err != nil {
			t.Fatal(err)
		}
		return next.ID
	}
	ended := func(id, leadsTo string, moved bool) {
		t.Helper()
		planned := v.token(id).EndsAt
		if err := v.service.EndOverlap(ctx, hugo, id); err != nil {
			t.Fatal(err)
		}
		told, to, copied := v.lastTold()
		if to != "anne.morel@"+string(majastres)+".example.fr" || copied != "integration@tilleul.example.fr" {
			t.Errorf("written to %q, in copy %q", to, copied)
		}
		if told.Kind() != credential.KindTokenEnded || told.Token != v.token(id).Display(credential.TestPrefix) || told.By != "Hugo Marchal" || !told.ByEditor() ||
			!told.At.Equal(v.now) || !told.Until.Equal(planned) || told.ID != leadsTo || told.Moved != moved {
			t.Errorf("told %+v", told)
		}
	}
	second := replaced(v.id)
	v.now = noon.Add(time.Hour)
	third := replaced(second)
	v.now = noon.Add(2 * time.Hour)
	ended(v.id, third, false)
	v.granted(10_000_050, 48231, brume, true, true) // another software, since
	ended(second, second, true)
	if got := v.mails(); strings.Count(got, "jeton-arrete") != 2 {
		t.Errorf("mails: %s", got)
	}
}

// lastTold is what the last mail says, to whom and in copy to whom.
func (v *vault) lastTold() (told credential.TokenTold, to, copied string) {
	v.t.Helper()
	const sqlLast = `
		SELECT m.key, m.content, string_agg(r.address, ' ') FILTER (WHERE r.field = 'to'), COALESCE(string_agg(r.address, ' ') FILTER (WHERE r.field = 'cc'), '')
		FROM mails m JOIN mail_recipients r ON r.mail_id = m.id GROUP BY m.id ORDER BY m.id DESC LIMIT 1`
	var key string
	var content []byte
	if err := v.raw.QueryRow(sqlLast).Scan(&key, &content, &to, &copied); err != nil {
		v.t.Fatal(err)
	}
	plain, err := v.service.Opener.Open(content, notice.Place(key))
	if err != nil {
		v.t.Fatal(err)
	}
	if err := json.Unmarshal(plain, &told); err != nil {
		v.t.Fatal(err)
	}
	return told, to, copied
}

// « concurrent replace »: whatever comes together, the habilitation has one token that goes on.
func TestConcurrentReplacementsMakeOneToken(t *testing.T) {
	v := setVault(t)
	var together sync.WaitGroup
	errs := make([]error, 10)
	for i := range errs {
		together.Go(func() { _, errs[i] = v.service.Replace(context.Background(), sofia, v.id, credential.Replacement{}) })
	}
	together.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !fault.Is(err, "token.moved") && !fault.Is(err, "token.replaced"):
			t.Errorf("replaced meanwhile: %v", err)
		}
	}
	if n := v.count(`SELECT count(*) FROM tokens WHERE request = 48231 AND replaced_at IS NULL AND revoked_at IS NULL`); won != 1 || n != 1 {
		t.Errorf("%d replacements won, %d tokens go on", won, n)
	}
	if n := v.count(`SELECT count(*) FROM tokens`); n != 2 {
		t.Errorf("%d tokens in all", n)
	}
	if _, err := v.raw.Exec(`INSERT INTO tokens (id, request, habilitation, siret, scopes, issued_at, expires_at)
		SELECT gen_random_uuid(), request, habilitation, siret, scopes, issued_at, expires_at FROM tokens LIMIT 1`); err == nil {
		t.Error("the database takes a second token that goes on")
	}
}

// « suspend, revoke (immediate on every instance), expire »; « expire by the clock → 00103;
// revoke → 00105 on a second instance »
func TestWhateverCutsATokenCutsItAtOnceEverywhere(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	text, _, err := v.service.Collect(ctx, sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := &credential.Gate{Store: postgres.Tokens{DB: connect(t, v.addresses.App)}, Pepper: v.gate.Pepper, Now: v.gate.Now, Clock: time.Now}
	admits := func(want string) {
		t.Helper()
		for _, gate := range []*credential.Gate{v.gate, elsewhere} {
			admitted, err := gate.Admit(ctx, text)
			if fault.CodeOf(err) != want || admitted.TokenID != v.id || admitted.Siret != majastres {
				t.Errorf("%+v, %v, want %q", admitted, err, want)
			}
			if _, err := gate.Look(ctx, text); fault.CodeOf(err) != want {
				t.Errorf("looked at: %v, want %q", err, want)
			}
		}
	}
	admits("")
	for _, reason := range []string{"", " \n ", strings.Repeat("é", 2001)} {
		if err := v.service.Suspend(ctx, sofia, v.id, reason); fault.KindOf(err) != fault.Invalid {
			t.Errorf("suspended for %.10q: %v", reason, err)
		}
	}
	if err := v.service.Suspend(ctx, staff, v.id, "Le jeton est sur un forum."); err != nil {
		t.Fatal(err)
	}
	admits("token.revoked")
	if err := v.service.Resume(ctx, sofia, v.id); !fault.Is(err, "token.suspended_by_operator") {
		t.Errorf("the editor lifts the operator's suspension: %v", err)
	}
	if _, err := v.service.Replace(ctx, sofia, v.id, credential.Replacement{}); !fault.Is(err, "token.suspended_by_operator") {
		t.Errorf("the editor goes round the operator's suspension: %v", err)
	}
	if err := v.service.Resume(ctx, staff, v.id); err != nil {
		t.Fatal(err)
	}
	admits("")
	v.now = v.token(v.id).ExpiresAt.Add(time.Second)
	admits("token.expired")
	v.now = noon
	admits("")
	if err := v.service.Revoke(ctx, sofia, v.id, "Publié par erreur."); err != nil {
		t.Fatal(err)
	}
	admits("token.revoked")
	if _, _, err := v.service.ShowAgain(ctx, sofia, v.id); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a revoked token is shown: %v", err)
	}
	next, err := v.service.Replace(ctx, sofia, v.id, credential.Replacement{})
	if err != nil || next.State(v.now) != credential.TokenToCollect {
		t.Errorf("« Révoquer et remplacer »: %+v, %v", next, err)
	}
	if got := v.mails(); got != "jeton-disponible jeton-recupere jeton-suspendu jeton-retabli jeton-revoque jeton-remplace" {
		t.Errorf("mails: %s", got)
	}
}

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

// The states that lists select by are those of the domain, whatever was done to a token.
func TestTheStateOfAListIsThatOfTheDomain(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	v.asked(48240, paris, "PARIS", "validee", 1)
	v.granted(10_000_010, 48240, tilleul, true, true)
	if _, err := v.service.IssueMissing(ctx); err != nil {
		t.Fatal(err)
	}
	text, _, err := v.service.Collect(ctx, sofia, v.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{
		`replaced_at = NULL`, `collected_at = now(), collected_side = 'editeur'`, `first_used_at = now()`, `expires_at = $1`, `expires_at = $1 + interval '89 days'`,
		`expires_at = $1 + interval '90 days'`, `expires_at = $1 - interval '1 second'`, `expires_at = $1 + interval '1 year', barred_at = now()`,
		`barred_at = NULL, suspended_at = now()`, `suspended_at = NULL, replaced_at = now(), ends_at = $1 + interval '1 second'`, `ends_at = $1`,
		`ends_at = $1 - interval '1 day'`, `revoked_at = now()`,
	} {
		v.run(`UPDATE tokens SET `+change+` WHERE id = $2 AND $1::timestamptz IS NOT NULL`, noon, v.id)
		want := v.token(v.id).State(noon)
		found, _, err := v.service.List(ctx, staff, credential.TokenQuery{State: want, Siret: majastres, Limit: 10})
		if err != nil || len(found) != 1 || found[0].ID != v.id {
			t.Errorf("after %s it is %s, and a list of these finds %d, %v", change, want, len(found), err)
		}
		// A call is counted for a token that opens, or did: what is closed takes nobody's place.
		v.run(`DELETE FROM call_allowances`)
		_, left, err := v.gate.Store.CountShown(ctx, v.shown(text), noon)
		if n := v.count(`SELECT count(*) FROM call_allowances`); err != nil || want.Counts() != (n == 1) || want.Counts() != (left.Remaining == credential.CountedPerSecond-1) {
			t.Errorf("after %s it is %s, %d calls are counted, %d are left: %v", change, want, n, left.Remaining, err)
		}
		if _, err := v.gate.Admit(ctx, text); (err == nil) != want.Opens() {
			t.Errorf("after %s it is %s, and it is told %v", change, want, err)
		}
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
	if err := tally.WriteAccepted(ctx); err != nil || v.count(`SELECT count(*) FROM token_uses`) != 2 {
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
	for i, want := range []int{3, 3, 3} { // one is written at once, the next ones with others
		tally.Note(v.id, "200", true, noon.Add(time.Minute))
		tally.Note(v.id, "401 00103", false, noon.Add(time.Minute))
		if err := tally.WriteFirst(ctx); err != nil || uses() != want {
			t.Errorf("at call %d, %d are written, want %d: %v", i, uses(), want, err)
		}
	}
	if err := tally.WriteAccepted(ctx); err != nil || uses() != 5 {
		t.Errorf("%d uses are written, want 5: %v", uses(), err)
	}
	if err := tally.Write(ctx); err != nil || uses() != 8 {
		t.Errorf("%d calls are counted, want 8: %v", uses(), err)
	}
}

// A token that was revoked is replaced for what is granted now, and for the software that it is
// granted to: neither once the habilitation is suspended, nor by an editor of before.
func TestARevokedTokenIsNoWayBack(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	v.run(`SELECT setval('habilitation_numbers', 10000100)`)
	if err := v.service.Revoke(ctx, sofia, v.id, "Publié par erreur."); err != nil {
		t.Fatal(err)
	}
	awa := people.Actor{AccountID: 7, Name: "Awa Traoré", Role: people.Instructor}
	service := v.decisions()
	suspended := decision.Order{Number: 48231, Revision: v.file(48231).Request.Revision, Reason: "Fuite."}
	if err := service.Suspend(ctx, awa, suspended); err != nil {
		t.Fatal(err)
	}
	if _, err := v.service.Replace(ctx, sofia, v.id, credential.Replacement{}); !fault.Is(err, "token.barred") {
		t.Errorf("replaced while the habilitation is suspended: %v", err)
	}
	if err := service.Restore(ctx, awa, decision.Order{Number: 48231, Revision: v.file(48231).Request.Revision}); err != nil {
		t.Fatal(err)
	}
	v.granted(10_000_050, 48231, brume, true, true) // another software, since
	if _, err := v.service.Replace(ctx, sofia, v.id, credential.Replacement{}); !fault.Is(err, "token.barred") {
		t.Errorf("replaced by the editor of before: %v", err)
	}
	if n := v.count(`SELECT count(*) FROM tokens`); n != 1 {
		t.Errorf("%d tokens", n)
	}
}

// A token that is issued while a suspension is decided is closed with the others.
func TestATokenIssuedDuringASuspensionIsClosed(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	if err := v.service.Revoke(ctx, sofia, v.id, "Publié par erreur."); err != nil {
		t.Fatal(err)
	}
	read := v.file(48231)
	next, err := v.service.Replace(ctx, sofia, v.id, credential.Replacement{}) // between the reading and the recording
	if err != nil {
		t.Fatal(err)
	}
	awa := people.Actor{AccountID: 7, Name: "Awa Traoré", Role: people.Instructor}
	service := v.decisions()
	moment := decision.Moment{At: noon, Author: awa.Author(), Sealer: service.Sealer, Mint: service.Mint}
	outcome, err := decision.DecideVerdict(read, awa, decision.Verdict{Act: habilitation.Suspend, Reason: "Fuite."}, moment)
	if err != nil {
		t.Fatal(err)
	}
	if err := (postgres.Decisions{DB: v.db}).Record(ctx, outcome); err != nil {
		t.Fatal(err)
	}
	if got := v.token(next.ID).State(v.now); got != credential.TokenSuspended {
		t.Errorf("it is %s", got)
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
