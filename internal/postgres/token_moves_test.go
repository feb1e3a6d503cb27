package postgres_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

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
	told, _, _ := v.lastTold()
	if told.Token != v.token(v.id).Display(credential.TestPrefix) || told.New != next.Display(credential.TestPrefix) || told.ID != next.ID ||
		!told.NewExpiry.Equal(next.ExpiresAt) || !told.Until.Equal(v.now.Add(30*24*time.Hour)) {
		t.Errorf("told %+v", told)
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

// What happens to an old token in overlap leads to the one that goes on; once another software has
// that one, nobody is sent to it.
func TestWhatHappensToAnOldTokenLeadsToTheNewOne(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	if _, _, err := v.service.Collect(ctx, sofia, v.id, noKey); err != nil {
		t.Fatal(err)
	}
	if err := v.service.Suspend(ctx, sofia, v.id, "Un doute."); err != nil {
		t.Fatal(err)
	}
	if told, _, _ := v.lastTold(); told.Heir || told.Moved || told.ID != v.id {
		t.Errorf("of a token that nothing replaced: %+v", told)
	}
	if err := v.service.Resume(ctx, sofia, v.id); err != nil {
		t.Fatal(err)
	}
	if told, _, _ := v.lastTold(); told.Uncollected {
		t.Error("what its editor has is said to be collected still")
	}
	next, err := v.service.Replace(ctx, sofia, v.id, credential.Replacement{Overlap: credential.Overlap})
	if err != nil {
		t.Fatal(err)
	}
	if told, _, _ := v.lastTold(); told.Heir || told.ID != next.ID {
		t.Errorf("of the replacement: %+v", told)
	}
	acts := func(id, leadsTo string, moved bool) {
		t.Helper()
		for _, act := range []func() error{
			func() error { return v.service.Suspend(ctx, sofia, id, "Un doute.") },
			func() error { return v.service.Resume(ctx, sofia, id) },
			func() error { return v.service.Revoke(ctx, staff, id, "Une fuite.") },
		} {
			v.now = v.now.Add(time.Minute)
			if err := act(); err != nil {
				t.Fatal(err)
			}
			if told, _, _ := v.lastTold(); told.Heir == moved || told.Moved != moved || told.ID != leadsTo || told.Token != v.token(id).Display(credential.TestPrefix) {
				t.Errorf("told %+v", told)
			}
		}
	}
	acts(v.id, next.ID, false)
	if _, _, err := v.service.Collect(ctx, sofia, next.ID, noKey); err != nil {
		t.Fatal(err)
	}
	if _, err := v.service.Replace(ctx, sofia, next.ID, credential.Replacement{Overlap: credential.Overlap}); err != nil {
		t.Fatal(err)
	}
	v.granted(10_000_050, 48231, brume, true, true) // another software, since
	acts(next.ID, next.ID, true)
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

// The overlap of a token that is closed opens nothing: its mail does not say that it goes on.
func TestAClosedTokenThatIsReplacedIsNotSaidToGoOn(t *testing.T) {
	for name, closes := range map[string]func(v *vault) error{
		"suspended": func(v *vault) error { return v.service.Suspend(context.Background(), hugo, v.id, "Un doute.") },
		"revoked":   func(v *vault) error { return v.service.Revoke(context.Background(), hugo, v.id, "Une fuite.") },
	} {
		v, ctx := setVault(t), context.Background()
		if _, _, err := v.service.Collect(ctx, sofia, v.id, noKey); err != nil {
			t.Fatal(err)
		}
		if err := closes(v); err != nil {
			t.Fatal(err)
		}
		if _, err := v.service.Replace(ctx, hugo, v.id, credential.Replacement{Overlap: credential.Overlap}); err != nil {
			t.Fatal(err)
		}
		if told, _, _ := v.lastTold(); told.Kind() != credential.KindTokenReplaced || told.Overlaps() || told.New == "" {
			t.Errorf("%s: told %+v", name, told)
		}
	}
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
	if err := v.service.Revoke(ctx, sofia, v.id, "Publié par erreur."); !fault.Is(err, "token.suspended_by_operator") || v.token(v.id).State(v.now) != credential.TokenSuspended {
		t.Errorf("the editor sheds the operator's suspension: %v", err)
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

// The habilitation closes a token by itself: whoever lifts the suspension of one does not open it.
func TestATokenResumedDuringASuspensionOfItsHabilitationIsToldClosed(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	if err := v.service.Suspend(ctx, sofia, v.id, "Un doute."); err != nil {
		t.Fatal(err)
	}
	awa := people.Actor{AccountID: 7, Name: "Awa Traoré", Role: people.Instructor}
	if err := v.decisions().Suspend(ctx, awa, decision.Order{Number: 48231, Revision: v.file(48231).Request.Revision, Reason: "Fuite."}); err != nil {
		t.Fatal(err)
	}
	if err := v.service.Resume(ctx, sofia, v.id); err != nil {
		t.Fatal(err)
	}
	if told, _, _ := v.lastTold(); told.Kind() != credential.KindTokenResumed || !told.Barred || told.Uncollected || v.token(v.id).State(v.now) != credential.TokenSuspended {
		t.Errorf("told %+v", told)
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

// « replacement, which moves the delegation on approval, ends the old token after the overlap » (PRODUCT.md 3.2): the former software is
// owed a token again when the place is its again, and not before; what a person closed does not come back by itself.
func TestTheFormerSoftwareGetsATokenWhenItServesAgain(t *testing.T) {
	awa := people.Actor{AccountID: 7, Name: "Awa Traoré", Role: people.Instructor}
	const second = 10_000_060
	for name, row := range map[string]struct {
		meanwhile, back func(v *vault) error
		want            int
	}{
		"nothing happens": {back: func(*vault) error { return nil }},
		"the other one is suspended": {
			back: func(v *vault) error {
				return v.decisions().Suspend(context.Background(), awa, decision.Order{Number: second, Revision: v.file(second).Request.Revision, Reason: "Une fuite."})
			},
			want: 1,
		},
		"the dossiers are handed over": {
			back: func(v *vault) error {
				v.run(`UPDATE subscriptions SET contender = 48231 WHERE siret = $1`, majastres)
				return v.decisions().HandOver(context.Background(), awa, majastres)
			},
			want: 1,
		},
		"its token was revoked": {
			meanwhile: func(v *vault) error { return v.service.Revoke(context.Background(), sofia, v.id, "Un vol.") },
			back: func(v *vault) error {
				v.run(`UPDATE subscriptions SET request = 48231, editor_siret = $1`, tilleul)
				return nil
			},
		},
		"its token was suspended": {
			meanwhile: func(v *vault) error { return v.service.Suspend(context.Background(), staff, v.id, "Un forum.") },
			back: func(v *vault) error {
				v.run(`UPDATE subscriptions SET request = 48231, editor_siret = $1`, tilleul)
				return nil
			},
		},
		"and resumed": {
			meanwhile: func(v *vault) error {
				if err := v.service.Suspend(context.Background(), staff, v.id, "Un forum."); err != nil {
					return err
				}
				return v.service.Resume(context.Background(), staff, v.id)
			},
			back: func(v *vault) error {
				v.run(`UPDATE subscriptions SET request = 48231, editor_siret = $1`, tilleul)
				return nil
			},
			want: 1,
		},
	} {
		v, ctx := setVault(t), context.Background()
		v.run(`SELECT setval('habilitation_numbers', 10000100)`)
		if _, _, err := v.service.Collect(ctx, sofia, v.id, noKey); err != nil {
			t.Fatal(err)
		}
		// Brume takes the place of Tilleul, as the town asked.
		v.asked(second, majastres, "COMMUNE DE MAJASTRES", habilitation.Validated, 2)
		v.granted(second, second, brume, true, true)
		if issued, err := v.service.IssueMissing(ctx); err != nil || issued != 1 {
			t.Fatalf("%s: %d tokens for the second software, %v", name, issued, err)
		}
		v.subscribed(majastres, "COMMUNE DE MAJASTRES", credential.Active, brume, 50)
		v.run(`UPDATE subscriptions SET request = $1`, second)
		gaveWay := credential.TokenChange{Changed: []credential.Token{v.token(v.id).Token.GivingWay(noon)}, At: noon}
		if err := (postgres.Tokens{DB: v.db}).RecordTokens(ctx, gaveWay); err != nil {
			t.Fatal(err)
		}
		if issued, err := v.service.IssueMissing(ctx); err != nil || issued != 0 {
			t.Errorf("%s: %d tokens while the other one has the place, %v", name, issued, err)
		}
		if row.meanwhile != nil {
			if err := row.meanwhile(v); err != nil {
				t.Fatal(err)
			}
		}
		if err := row.back(v); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{row.want, 0} {
			if issued, err := v.service.IssueMissing(ctx); err != nil || issued != want {
				t.Errorf("%s: %d tokens issued, %v; want %d", name, issued, err, want)
			}
		}
		next := v.token(v.id).Successor
		if (next != "") != (row.want == 1) {
			t.Errorf("%s: the successor is %q", name, next)
		}
		if next != "" && (v.token(next).Editor != tilleul || v.token(next).State(noon) != credential.TokenToCollect || !v.token(next).ExpiresAt.Equal(value.MonthsLater(noon, 18))) {
			t.Errorf("%s: it gets %+v", name, v.token(next).Token)
		}
	}
}
