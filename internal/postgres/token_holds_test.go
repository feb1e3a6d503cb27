package postgres_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// « only the operator undoes what it did » (PRODUCT.md 3.4): a software whose token the operator suspended
// gets no open one because another software had the place meanwhile, or because the token was given up and
// granted again.
func TestASuspensionOutlivesTheTokenThatItClosed(t *testing.T) {
	const second = 10_000_060
	for name, meanwhile := range map[string]func(v *vault, inbox *decision.Inbox){
		"modified for another software": func(v *vault, inbox *decision.Inbox) {
			v.receives(inbox, approvalOf(1782300000, brume, withBoth))
			if next := v.current(48231); next.Editor != brume || !next.State(v.now).Opens() {
				t.Errorf("the other software’s is %s", next.State(v.now))
			}
		},
		"twice": func(v *vault, inbox *decision.Inbox) {
			v.receives(inbox, approvalOf(1782300000, brume, withBoth))
			v.receives(inbox, approvalOf(1782300001, tilleul, withBoth))
			v.receives(inbox, approvalOf(1782300002, brume, withBoth))
		},
		"modified without token": func(v *vault, inbox *decision.Inbox) {
			v.receives(inbox, approvalOf(1782300000, tilleul, withForm))
		},
		"replaced by a second request": func(v *vault, _ *decision.Inbox) {
			v.asked(second, majastres, "COMMUNE DE MAJASTRES", habilitation.Validated, 2)
			v.granted(second, second, brume, true, true)
			v.subscribed(majastres, "COMMUNE DE MAJASTRES", credential.Active, brume, 50)
			v.run(`UPDATE subscriptions SET request = $1`, second)
			gaveWay := credential.TokenChange{Changed: []credential.Token{v.token(v.id).Token.GivingWay(noon)}, At: noon}
			if err := (postgres.Tokens{DB: v.db}).RecordTokens(context.Background(), gaveWay); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, ctx := setVault(t), context.Background()
			v.run(`SELECT setval('habilitation_numbers', 10000100)`)
			inbox := v.inbox(&v.now)
			if _, _, err := v.service.Collect(ctx, sofia, v.id, noKey); err != nil {
				t.Fatal(err)
			}
			if err := v.service.Suspend(ctx, staff, v.id, "Le jeton est sur un forum."); err != nil {
				t.Fatal(err)
			}
			meanwhile(v, inbox)
			v.now = v.now.Add(credential.Overlap + time.Hour) // the former token is over
			if got := v.receives(inbox, approvalOf(1782300009, tilleul, withBoth)); got.State != decision.Applied {
				t.Fatalf("%+v", got)
			}
			next := v.current(48231)
			if next.ID == v.id || next.Editor != tilleul || next.State(v.now) != credential.TokenSuspended || next.Suspension.Reason != "Le jeton est sur un forum." {
				t.Fatalf("approved again, it has %s: %+v", next.State(v.now), next)
			}
			if _, _, err := v.service.Collect(ctx, sofia, next.ID, noKey); !fault.Is(err, "token.closed") {
				t.Errorf("its editor collects it: %v", err)
			}
			for what, goesRound := range map[string]func() error{
				"resumes":  func() error { return v.service.Resume(ctx, sofia, next.ID) },
				"revokes":  func() error { return v.service.Revoke(ctx, sofia, next.ID, "Publié par erreur.") },
				"replaces": func() error { _, err := v.service.Replace(ctx, sofia, next.ID, credential.Replacement{}); return err },
			} {
				if err := goesRound(); !fault.Is(err, "token.suspended_by_operator") {
					t.Errorf("its editor %s it: %v", what, err)
				}
			}
			toldBefore := v.count(`SELECT count(*) FROM editor_events WHERE kind = 'jeton.a_recuperer' AND subject = $1`, next.ID)
			if err := v.service.Resume(ctx, staff, next.ID); err != nil {
				t.Fatal(err)
			}
			if got := v.token(next.ID).State(v.now); got != credential.TokenToCollect {
				t.Errorf("once the operator lifts its suspension, it is %s", got)
			}
			if told, _, _ := v.lastTold(); told.Kind() != credential.KindTokenResumed || !told.Uncollected {
				t.Errorf("its people do not read that it is to be collected: %+v", told)
			}
			toldAfter := v.count(`SELECT count(*) FROM editor_events WHERE kind = 'jeton.a_recuperer' AND subject = $1`, next.ID)
			if toldBefore != 0 || toldAfter != 1 {
				t.Errorf("its editor learns %d times that it is to be collected while it is closed, then %d", toldBefore, toldAfter)
			}
		})
	}
}

// What the operator lifted, or revoked himself, holds nothing back; nor does what an editor suspended.
func TestASuspensionThatEndedHoldsNothingBack(t *testing.T) {
	for name, row := range map[string]struct {
		by   credential.Caller
		ends func(v *vault) error
	}{
		"lifted":       {staff, func(v *vault) error { return v.service.Resume(context.Background(), staff, v.id) }},
		"revoked":      {staff, func(v *vault) error { return v.service.Revoke(context.Background(), staff, v.id, "Un vol.") }},
		"the editor’s": {sofia, func(*vault) error { return nil }},
	} {
		v, ctx := setVault(t), context.Background()
		v.run(`SELECT setval('habilitation_numbers', 10000100)`)
		if err := v.service.Suspend(ctx, row.by, v.id, "Un doute."); err != nil {
			t.Fatal(err)
		}
		if err := row.ends(v); err != nil {
			t.Fatal(err)
		}
		inbox := v.inbox(&v.now)
		v.receives(inbox, approvalOf(1782300000, brume, withBoth))
		v.receives(inbox, approvalOf(1782300001, tilleul, withBoth))
		if next := v.current(48231); next.ID == v.id || next.State(v.now) != credential.TokenToCollect {
			t.Errorf("%s: approved again, it has %s", name, next.State(v.now))
		}
	}
}

// The modalities of an approval by DataPass, in its words.
const (
	withBoth = `["params","formulaire_qf"]`
	withForm = `["formulaire_qf"]`
)

// approvalOf is an approval by DataPass of request 48231, for the software of an editor.
func approvalOf(firedAt int64, of value.Siret, modalities string) []byte {
	words := strings.NewReplacer("1782300000", strconv.FormatInt(firedAt, 10), "44973625500018", of.String(), withBoth, modalities)
	return []byte(words.Replace(string(event("approve", "48231", "inconnu"))))
}

// current is the token of a request that goes on.
func (v *vault) current(request habilitation.RequestNumber) credential.TokenFile {
	v.t.Helper()
	id, err := v.service.CurrentID(context.Background(), request)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.token(id)
}

// A token that was revoked is replaced as long as nothing took its place: an older one gives its
// software no way round what became of the next.
func TestAnOldTokenIsNoWayRoundTheNextOne(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	v.run(`SELECT setval('habilitation_numbers', 10000100)`)
	inbox := v.inbox(&v.now)
	if err := v.service.Revoke(ctx, sofia, v.id, "Publié par erreur."); err != nil {
		t.Fatal(err)
	}
	v.now = v.now.Add(time.Hour)
	v.receives(inbox, approvalOf(1782300000, tilleul, withBoth))
	next := v.current(48231)
	if err := v.service.Suspend(ctx, staff, next.ID, "Le jeton est sur un forum."); err != nil {
		t.Fatal(err)
	}
	gaveWay := credential.TokenChange{Changed: []credential.Token{v.token(next.ID).Token.GivingWay(v.now)}, At: v.now} // to that of a second request
	if err := (postgres.Tokens{DB: v.db}).RecordTokens(ctx, gaveWay); err != nil {
		t.Fatal(err)
	}
	if _, err := v.service.Replace(ctx, sofia, v.id, credential.Replacement{}); !fault.Is(err, "token.replaced") {
		t.Errorf("its software has another token by the one of before: %v", err)
	}
	// Its page, which asks the domain, offers no replacement either.
	if _, _, err := v.token(v.id).Replaced(credential.Drawn{}, credential.SideEditor, 0, v.now); !fault.Is(err, "token.replaced") {
		t.Errorf("a replacement is offered: %v", err)
	}
}

// The operator closes what an editor or a town suspended, without opening it for a moment: they cannot
// open it any more.
func TestTheOperatorTakesASuspensionOver(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	if err := v.service.Suspend(ctx, sofia, v.id, "Un doute."); err != nil {
		t.Fatal(err)
	}
	v.now = v.now.Add(time.Hour)
	if err := v.service.Suspend(ctx, staff, v.id, "Le jeton est sur un forum."); err != nil {
		t.Fatal(err)
	}
	if err := v.service.Suspend(ctx, staff, v.id, "Encore."); !fault.Is(err, "token.over") {
		t.Errorf("suspended twice by the operator: %v", err)
	}
	if err := v.service.Suspend(ctx, sofia, v.id, "Un doute."); !fault.Is(err, "token.over") {
		t.Errorf("suspended again by its editor: %v", err)
	}
	if err := v.service.Resume(ctx, sofia, v.id); !fault.Is(err, "token.suspended_by_operator") {
		t.Errorf("its editor opens it: %v", err)
	}
	if err := v.service.Resume(ctx, staff, v.id); err != nil || !v.token(v.id).State(v.now).Opens() {
		t.Errorf("opened by the operator, it is %s, %v", v.token(v.id).State(v.now), err)
	}
	if n := v.count(`SELECT count(*) FROM mails WHERE kind = 'jeton-suspendu'`); n != 2 {
		t.Errorf("%d mails tell it, want one of each suspension", n)
	}
}

// interrupted is a store on which somebody acts once the habilitations without token are listed.
type interrupted struct {
	credential.TokenStore
	meanwhile func()
}

func (s interrupted) ListUnissued(ctx context.Context, after habilitation.Number, limit int) ([]credential.TokenFile, error) {
	found, err := s.TokenStore.ListUnissued(ctx, after, limit)
	s.meanwhile()
	return found, err
}

// « What a person revoked or suspended does not come back by itself » (credential.Tokens.IssueMissing), be it
// while tokens are issued; a habilitation that ends meanwhile gets none, and is no failure.
func TestWhatIsClosedWhileTokensAreIssuedStaysClosed(t *testing.T) {
	for name, meanwhile := range map[string]func(v *vault) error{
		"suspended": func(v *vault) error { return v.service.Suspend(context.Background(), staff, v.id, "Un forum.") },
		"revoked":   func(v *vault) error { return v.service.Revoke(context.Background(), sofia, v.id, "Un vol.") },
		"habilitation suspended": func(v *vault) error {
			v.run(`UPDATE requests SET state = 'suspendue' WHERE number = 48231`)
			return nil
		},
	} {
		v, ctx := setVault(t), context.Background()
		if _, _, err := v.service.Collect(ctx, sofia, v.id, noKey); err != nil {
			t.Fatal(err)
		}
		gaveWay := credential.TokenChange{Changed: []credential.Token{v.token(v.id).Token.GivingWay(noon)}, At: noon}
		if err := (postgres.Tokens{DB: v.db}).RecordTokens(ctx, gaveWay); err != nil {
			t.Fatal(err)
		}
		service := *v.service
		service.Store = interrupted{v.service.Store, func() {
			if err := meanwhile(v); err != nil {
				t.Fatal(err)
			}
		}}
		if issued, err := service.IssueMissing(ctx); err != nil || issued != 0 {
			t.Errorf("%s meanwhile: %d tokens are issued, %v", name, issued, err)
		}
		if n := v.count(`SELECT count(*) FROM tokens WHERE request = 48231`); n != 1 {
			t.Errorf("%s meanwhile: the request has %d tokens", name, n)
		}
	}
}

// « a leaked or expired token is cut at once »: the mail of one that is closed names the older one that its
// software may still use, whatever came in between.
func TestWhatGoesOnBesideAClosedTokenIsTold(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	collected := func(id string) {
		t.Helper()
		if _, _, err := v.service.Collect(ctx, sofia, id, noKey); err != nil {
			t.Fatal(err)
		}
		v.now = v.now.Add(time.Hour)
	}
	replaced := func(id string) string {
		t.Helper()
		next, err := v.service.Replace(ctx, sofia, id, credential.Replacement{Overlap: credential.Overlap})
		if err != nil {
			t.Fatal(err)
		}
		return next.ID
	}
	beside := func(want int) {
		t.Helper()
		told, _, _ := v.lastTold()
		if len(told.Beside) != want || want == 1 && (told.Beside[0].Token != v.token(v.id).Display(credential.TestPrefix) || !told.Beside[0].Until.Equal(v.token(v.id).EndsAt)) {
			t.Errorf("%s tells of %+v, want %d", told.Kind(), told.Beside, want)
		}
	}
	collected(v.id)
	second := replaced(v.id)
	beside(0) // it is the one that the mail is about
	collected(second)
	if err := v.service.Suspend(ctx, sofia, second, "Un doute."); err != nil {
		t.Fatal(err)
	}
	beside(1)
	third := replaced(second)
	beside(1)
	collected(third)
	if err := v.service.Revoke(ctx, sofia, third, "Une fuite."); err != nil {
		t.Fatal(err)
	}
	beside(1)
	if err := v.service.EndOverlap(ctx, sofia, v.id); err != nil {
		t.Fatal(err)
	}
	fourth := replaced(third)
	collected(fourth)
	if err := v.service.Suspend(ctx, staff, fourth, "Une fuite."); err != nil {
		t.Fatal(err)
	}
	beside(0)
}
