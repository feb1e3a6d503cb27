package postgres_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

const (
	inheritedKey   = "clef-partagee-par-site-et-siade-0123456789"
	firstInherited = "3f0b6c1e-9d52-4a77-8c1b-5e6f7a8b9c0d"
	newInherited   = "8b3c1d2e-0f4a-4b5c-9d6e-7f8091a2b3c4"
	cutInherited   = "0a1b2c3d-0f4a-4b5c-9d6e-7f8091a2b3c4"
)

// inheritedText is a token as the existing system signs it at a time; the same token shows another text once it was prolonged.
func inheritedText(id string, expires time.Time) value.Secret {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256"}`)) + "." + encode(fmt.Appendf(nil,
		`{"uid":%q,"jti":%q,"scopes":[],"sub":"Cantine","extra_info":{},"iat":1738570320,"version":"1.0","exp":%d}`, id, id, expires.Unix()))
	made := hmac.New(sha256.New, []byte(inheritedKey))
	made.Write([]byte(text))
	return value.Secret(text + "." + encode(made.Sum(nil)))
}

// inheritance is a file of the existing system: one habilitation of Majastres with its tokens, of Paris with none.
type inheritance struct {
	mails  string
	tokens []string
}

func inheritedToken(id string, issued, expires time.Time, more string) string {
	return fmt.Sprintf(`{"jti":%q,"iat":%d,"exp":%d,"donnees":["cnaf_quotient_familial"]%s}`, id, issued.Unix(), expires.Unix(), more)
}

func (i inheritance) text() string {
	return fmt.Sprintf(`{"habilitations":[
		{"demande":777,"siret":%q,"collectivite":"MAJASTRES","etat":"validee","validee_le":"2025-02-03T09:12:00+01:00","avec_jeton":true,
		 "intitule":"Cantine","donnees":["cnaf_quotient_familial"],"demandeur":{"mail":"anne.morel@majastres.example.fr","prenom":"Anne","nom":"Morel"},
		 "mails":%q,"jetons":[%s]}]}`, majastres, i.mails, strings.Join(i.tokens, ","))
}

func (s *scene) adopt(text string) decision.Adopted {
	s.t.Helper()
	done, err := s.decisions().Adopt(context.Background(), audit.Operator, strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	return done
}

// gateAt is the gate at a time, with the key of the existing system.
func (s *scene) gateAt(now time.Time) *credential.Gate {
	s.t.Helper()
	pepper, err := seal.ParsePepper(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	return &credential.Gate{
		Store: postgres.Tokens{DB: s.db}, Pepper: pepper, Foreign: credential.ForeignKey{Key: inheritedKey}, Now: func() time.Time { return now }, Clock: time.Now,
	}
}

// tokenService is what people do with tokens here.
func (s *scene) tokenService() *credential.Tokens {
	s.t.Helper()
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	return &credential.Tokens{Store: postgres.Tokens{DB: s.db}, Mint: mintOf(s.t, ring), Sealer: ring, Opener: ring, Now: func() time.Time { return noon }}
}

func (s *scene) wantAdmission(text value.Secret, at time.Time, code string) {
	s.t.Helper()
	for name, ask := range map[string]func(context.Context, value.Secret) (credential.Admission, error){"admitted": s.gateAt(at).Admit, "looked at": s.gateAt(at).Look} {
		admission, err := ask(context.Background(), text)
		if got := fault.CodeOf(err); got != code {
			s.t.Errorf("%s at %s: %v, want %q", name, at, err, code)
		}
		if err == nil && (admission.Siret != majastres || admission.Request != 777 || strings.Join(admission.Scopes, " ") != "cnaf_quotient_familial") {
			s.t.Errorf("it opens %+v", admission)
		}
	}
}

// « Existing API Particulier tokens (JWT HS256) imported with their habilitations go on working: our row decides expiry, scopes and
// revocation » (PRODUCT.md 3.5).
func TestATokenOfTheExistingSystemGoesOnAndOurRowDecides(t *testing.T) {
	s := setScene(t)
	end := noon.AddDate(0, 6, 0)
	long := noon.AddDate(-1, 0, 0)
	s.adopt(inheritance{"portail", []string{
		inheritedToken(firstInherited, long, noon.AddDate(0, 1, 0), ""),
		inheritedToken(newInherited, noon.AddDate(0, -1, 0), end, ""),
		inheritedToken(cutInherited, noon.AddDate(0, -2, 0), end, `,"revoque_le":"2026-02-01T00:00:00Z"`),
	}}.text())

	// What the text says of its end does not count: it was signed before a prolongation.
	s.wantAdmission(inheritedText(newInherited, long), noon, "")
	s.wantAdmission(inheritedText(newInherited, long), end, "")
	s.wantAdmission(inheritedText(newInherited, noon.AddDate(9, 0, 0)), end.Add(time.Second), "token.expired")
	// « An habilitation can have several tokens »: the older one goes on until its own end.
	s.wantAdmission(inheritedText(firstInherited, long), noon.AddDate(0, 1, 0).Add(-time.Second), "")
	s.wantAdmission(inheritedText(firstInherited, long), noon.AddDate(0, 1, 1), "token.expired")
	s.wantAdmission(inheritedText(cutInherited, end), noon, "token.revoked")
	s.wantAdmission(inheritedText("ffffffff-9d52-4a77-8c1b-5e6f7a8b9c0d", end), noon, "token.unknown")
	forged := inheritedText(newInherited, end)
	s.wantAdmission(forged[:len(forged)-4]+"AAAA", noon, "token.malformed")
	s.wantAdmission(value.Secret(newInherited), noon, "token.malformed")

	ours, err := s.tokenService().Find(context.Background(), credential.Caller{Side: credential.SideTown, Organisation: majastres}, newInherited)
	if err != nil || ours.State(noon) != credential.TokenCollected || ours.Kept || ours.Display("apip_live_") != newInherited {
		t.Errorf("the town finds %+v, %v", ours.Token, err)
	}
	if _, err := s.tokenService().Find(context.Background(), credential.Caller{Side: credential.SideTown, Organisation: paris}, newInherited); !fault.Is(err, "token.unknown") {
		t.Errorf("another town finds it: %v", err)
	}
	staff := credential.Caller{Author: audit.Author{ID: "7", Display: "Hugo Marchal"}, Side: credential.SideOperator}
	if err := s.tokenService().Revoke(context.Background(), staff, newInherited, "Une fuite."); err != nil {
		t.Fatal(err)
	}
	s.wantAdmission(inheritedText(newInherited, end), noon, "token.revoked")
}

// A newer file counts for a token as long as nobody acted on it here.
func TestANewerFileMovesOnlyTheTokensThatNobodyActedOn(t *testing.T) {
	s := setScene(t)
	issued, end := noon.AddDate(0, -1, 0), noon.AddDate(0, 6, 0)
	s.adopt(inheritance{"portail", []string{inheritedToken(firstInherited, issued, end, "")}}.text())
	text := inheritedText(firstInherited, end)

	// The existing system prolonged it, and issued another one.
	later := inheritance{"portail", []string{
		inheritedToken(firstInherited, issued, end.AddDate(1, 0, 0), ""), inheritedToken(newInherited, noon.AddDate(0, 0, -1), end.AddDate(1, 6, 0), ""),
	}}
	if done := s.adopt(later.text()); done.Corrected != 1 || done.Tokens != 1 || len(done.Faults) > 0 {
		t.Errorf("the newer file brings %+v", done)
	}
	s.wantAdmission(text, end.AddDate(0, 6, 0), "")
	if n := s.count(`SELECT count(*) FROM tokens WHERE replaced_at IS NULL AND revoked_at IS NULL AND id = '` + newInherited + `'`); n != 1 {
		t.Error("the newest is not the one that goes on")
	}
	if done := s.adopt(later.text()); done.Same != 1 {
		t.Errorf("the same file again brings %+v", done)
	}

	staff := credential.Caller{Author: audit.Author{ID: "7", Display: "Hugo Marchal"}, Side: credential.SideOperator}
	if err := s.tokenService().Suspend(context.Background(), staff, newInherited, "Un doute."); err != nil {
		t.Fatal(err)
	}
	cut := inheritance{"portail", []string{
		inheritedToken(firstInherited, issued, end.AddDate(1, 0, 0), `,"revoque_le":"2026-03-01T00:00:00Z"`), inheritedToken(newInherited, noon.AddDate(0, 0, -1), end.AddDate(9, 0, 0), ""),
	}}
	if done := s.adopt(cut.text()); done.Corrected != 1 {
		t.Errorf("the file that cuts one brings %+v", done)
	}
	s.wantAdmission(text, noon, "token.revoked")
	s.wantAdmission(inheritedText(newInherited, end), noon, "token.revoked") // suspended here, whatever the file says
	if n := s.count(`SELECT count(*) FROM tokens WHERE id = '` + newInherited + `' AND suspended_at IS NOT NULL AND expires_at = '` + end.AddDate(1, 6, 0).Format(time.RFC3339) + `'`); n != 1 {
		t.Error("the file prevails over who acted here")
	}
}

// A token names one habilitation: a file that gives it to another one is wrong there.
func TestATokenOfAnotherRequestIsAFault(t *testing.T) {
	s := setScene(t)
	mine := inheritance{"portail", []string{inheritedToken(firstInherited, noon.AddDate(0, -1, 0), noon.AddDate(0, 6, 0), "")}}.text()
	s.adopt(mine)
	done := s.adopt(strings.Replace(mine, `"demande":777`, `"demande":778`, 1))
	if len(done.Faults) != 1 || !strings.Contains(done.Faults[0], "celui d’une autre demande") || done.New != 0 {
		t.Errorf("it brings %+v", done)
	}
	if n := s.count(`SELECT count(*) FROM requests WHERE number = 778`); n != 0 {
		t.Error("the request is kept without its token")
	}
}

// « per habilitation "mails by the old system | by us" »: where the existing system writes, ours stay at home, of tokens and of what
// DataPass tells both.
func TestOurMailsStayAtHomeWhereTheExistingSystemWrites(t *testing.T) {
	for mails, want := range map[string]int{"ancien": 0, "portail": 1} {
		s := setScene(t)
		s.adopt(inheritance{mails, nil}.text())
		if n := s.count(`SELECT count(*) FROM mails`); n != 0 {
			t.Fatalf("%s: the import sends %d mails", mails, n)
		}
		if issued, err := s.tokenService().IssueMissing(context.Background()); err != nil || issued != 1 {
			t.Fatalf("%s: %d tokens, %v", mails, issued, err)
		}
		if n := s.count(`SELECT count(*) FROM mails WHERE kind = 'jeton-disponible'`); n != want {
			t.Errorf("%s: %d mails of a token", mails, n)
		}
		event := decision.Event{
			Name: "revoke", FiredAt: noon.Unix(), Model: "authorization_request/api_particulier", Request: 777, Siret: majastres,
			Contacts: habilitation.Contacts{Requester: habilitation.Contact{Mail: "anne.morel@majastres.example.fr"}},
		}
		service := s.decisions()
		m := decision.Moment{At: noon, Author: audit.Datapass, Sealer: service.Sealer, Mint: service.Mint}
		outcome, err := decision.DecideEvent(s.file(777), event, s.file(777).CurrentEditor, 0, m)
		if err != nil || outcome == nil || len(outcome.Letters) != want {
			t.Errorf("%s: a revocation by DataPass yields %+v, %v", mails, outcome, err)
		}
		// What a person decides here, the other system does not know of: it is told by us.
		instructor := people.Actor{AccountID: 5, Name: "Inès Caron", Role: people.Instructor}
		if err := service.Suspend(context.Background(), instructor, decision.Order{Number: 777, Revision: s.file(777).Request.Revision, Reason: "Un doute."}); err != nil {
			t.Fatal(err)
		}
		if n := s.count(`SELECT count(*) FROM mails WHERE kind = 'habilitation-suspendue'`); n != 1 {
			t.Errorf("%s: %d mails of a suspension", mails, n)
		}
	}
}

// A right that no longer holds opens nothing, whatever the tokens of the file say (api-particulier.md §10.2: « archived habilitation's
// tokens stay valid »).
func TestTheTokensOfARevokedHabilitationAreClosed(t *testing.T) {
	s := setScene(t)
	text := inheritance{"portail", []string{inheritedToken(firstInherited, noon.AddDate(0, -1, 0), noon.AddDate(0, 6, 0), "")}}.text()
	s.adopt(strings.Replace(text, `"validee"`, `"revoquee"`, 1))
	s.wantAdmission(inheritedText(firstInherited, noon), noon, "token.revoked")
}

// A rehearsal reads what it wrote, and leaves nothing.
func TestARehearsalLeavesNothing(t *testing.T) {
	s := setScene(t)
	db, err := postgres.OpenRehearsal(context.Background(), s.addresses.App)
	if err != nil {
		t.Fatal(err)
	}
	service := s.decisions()
	service.Store, service.Editors = postgres.Decisions{DB: db}, postgres.Editors{DB: db}
	text := inheritance{"portail", []string{inheritedToken(firstInherited, noon.AddDate(0, -1, 0), noon.AddDate(0, 6, 0), "")}}.text()
	for _, want := range []decision.Adopted{{New: 1, Tokens: 1}, {Same: 1}} {
		done, err := service.Adopt(context.Background(), audit.Operator, strings.NewReader(text))
		if err != nil || done.New != want.New || done.Same != want.Same || done.Tokens != want.Tokens {
			t.Errorf("the rehearsal brings %+v, %v", done, err)
		}
	}
	refused := postgres.Decisions{DB: db}.Record(context.Background(), decision.Outcome{Request: habilitation.Request{Number: 778, Siret: majastres, State: "etrange", StateAt: noon, CreatedAt: noon}, At: noon})
	if refused == nil {
		t.Error("a rehearsal refuses less than the real thing")
	}
	if found, err := (postgres.Decisions{DB: db}).FindFile(context.Background(), 777, ""); err != nil || found.Request.Number != 777 {
		t.Errorf("after a refusal it reads %+v, %v", found.Request, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if n := s.count(`SELECT count(*) FROM requests WHERE number = 777`) + s.count(`SELECT count(*) FROM tokens`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}
