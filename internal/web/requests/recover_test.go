package requests

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
)

// inherit brings a habilitation of Majastres that the existing system granted to somebody of another address than any account.
func (s *scene) inherit(number, mails string) {
	s.t.Helper()
	done, err := s.decisions.Adopt(s.t.Context(), audit.Operator, strings.NewReader(`{"habilitations":[
		{"demande":`+number+`,"siret":"21040107100019","collectivite":"COMMUNE DE MAJASTRES","etat":"validee","validee_le":"2025-02-03T09:12:00+01:00",
		 "intitule":"Cantine","avec_formulaire":true,"mails":"`+mails+`","demandeur":{"mail":"ancienne.adresse@majastres.example.fr","prenom":"Anne","nom":"Talbot"}}]}`))
	if err != nil || done.New != 1 {
		s.t.Fatalf("%+v, %v", done, err)
	}
}

// link is the address in the last mail, and to whom it went.
func (s *scene) link() (path, to string) {
	s.t.Helper()
	var key string
	var content []byte
	const sqlLast = `
		SELECT m.key, m.content, r.address FROM mails m JOIN mail_recipients r ON r.mail_id = m.id
		WHERE m.kind = 'habilitation-a-retrouver' ORDER BY m.id DESC LIMIT 1`
	if err := s.raw.QueryRowContext(s.t.Context(), sqlLast).Scan(&key, &content, &to); err != nil {
		s.t.Fatal(err)
	}
	plain, err := s.ring.Open(content, notice.Place(key))
	var told request.Recoverable
	if err != nil || json.Unmarshal(plain, &told) != nil || len(told.Token) < 43 { // 32 random bytes in base64
		s.t.Fatalf("%s, %v", plain, err)
	}
	if s.read(`SELECT count(*) FROM holder_links WHERE position($1::bytea in token_hash) > 0`, []byte(told.Token)) != "0" {
		s.t.Error("the link is kept in clear")
	}
	return recoverPath + "/" + told.Token, to
}

func (s *scene) links() string {
	return s.read(`SELECT count(*) FROM mails WHERE kind = 'habilitation-a-retrouver'`)
}

func (s *scene) holder() string {
	return s.read(`SELECT COALESCE((SELECT a.given_name FROM accounts a WHERE a.id = r.holder), '') FROM requests r WHERE number = 777`)
}

// « An imported requester is linked by the same SIRET plus a one-time link to the recorded address, never by e-mail alone »
// (PRODUCT.md 3.13).
func TestARequesterFindsTheHabilitationAgainByTheLink(t *testing.T) {
	s := setScene(t)
	s.inherit("777", "portail")
	if sent, err := s.recovery.InviteAll(t.Context(), audit.Operator, []habilitation.RequestNumber{777, 778}); err != nil || sent != 1 {
		t.Fatalf("%d links, %v", sent, err)
	}
	path, to := s.link()
	if to != "ancienne.adresse@majastres.example.fr" {
		t.Errorf("the link goes to %s", to)
	}
	// Opening it, as scanners do, changes nothing.
	for range 3 {
		s.get(person{}, path).is(http.StatusOK, "Retrouvez votre habilitation", "D777", "COMMUNE DE MAJASTRES", `action="/connexion"`, "!Rattacher", "!ancienne.adresse")
	}
	s.post(person{}, path, nil).leads("/connexion", "")
	// Another establishment: refused in words, and the link is kept.
	s.get(s.paul, path).is(http.StatusOK, "celle d’un autre établissement", "VILLE DE PARIS", "!Rattacher")
	s.post(s.paul, path, nil).is(http.StatusForbidden, "celle d’un autre établissement", "Votre lien reste valable")
	if s.holder() != "" {
		t.Fatal("another establishment holds it")
	}
	s.get(s.anne, path).is(http.StatusOK, "Rattacher l’habilitation à mon compte")
	s.post(s.anne, path, nil).leads(townPath, "habilitation-retrouvee")
	if s.holder() != "Anne" {
		t.Errorf("%q holds it", s.holder())
	}
	if s.read(`SELECT count(*) FROM audit_events WHERE act = 'habilitation.linked' AND object_id = '777'`) != "1" {
		t.Error("the journal does not tell it once")
	}
	// It served once.
	s.get(s.ines, path).is(http.StatusOK, "Ce lien a déjà servi", "!Recevoir un nouveau lien")
	s.post(s.ines, path, nil).is(http.StatusConflict, "Ce lien a déjà servi")
	s.post(person{}, path+renewPart, nil).leads(path, "lien-demande")
	if s.holder() != "Anne" || s.links() != "1" {
		t.Errorf("%q holds it after %s links", s.holder(), s.links())
	}
	s.get(s.anne, recoverPath+"/ABCDEF").is(http.StatusNotFound, "Nous ne trouvons pas ce lien")
	s.post(s.anne, recoverPath+"/ABCDEF", nil).is(http.StatusNotFound, "Nous ne trouvons pas ce lien")
	s.post(person{}, recoverPath+"/ABCDEF"+renewPart, nil).leads(recoverPath+"/ABCDEF", "lien-demande")
}

// « valid 7 days, resendable … page that says so with a button to have a new one sent to the recorded address »
func TestALinkThatExpiredIsSentAgainToTheRecordedAddress(t *testing.T) {
	s := setScene(t)
	s.inherit("777", "portail")
	invite := func() error { return s.recovery.Invite(t.Context(), s.hugo, 777) }
	if err := invite(); err != nil {
		t.Fatal(err)
	}
	first, _ := s.link()
	if err := invite(); !fault.Is(err, "link.just_sent") {
		t.Errorf("a second one at once: %v", err)
	}
	s.run(`UPDATE holder_links SET sent_at = sent_at - interval '7 days', expires_at = expires_at - interval '7 days'`)
	s.get(s.anne, first).is(http.StatusOK, "Ce lien n’est plus valable", "Recevoir un nouveau lien", "!Rattacher")
	s.post(s.anne, first, nil).is(http.StatusConflict, "Ce lien n’est plus valable")
	s.post(person{}, first+renewPart, nil).leads(first, "lien-demande")
	second, to := s.link()
	if second == first || to != "ancienne.adresse@majastres.example.fr" {
		t.Errorf("the second link is %q to %s", second, to)
	}
	s.post(person{}, first+renewPart, nil).leads(first, "lien-demande") // at once: nothing leaves
	if s.links() != "2" {
		t.Errorf("%s links", s.links())
	}
	s.get(s.anne, first).is(http.StatusOK, "Ce lien est remplacé")
	s.post(s.anne, first, nil).is(http.StatusConflict, "Ce lien est remplacé")
	s.post(s.anne, second, nil).leads(townPath, "habilitation-retrouvee")
}

// A link that is over says why for a year, then it is forgotten, used or not; the request that
// nobody holds keeps its way back.
func TestLinksAreForgottenAYearAfterTheirEnd(t *testing.T) {
	s := setScene(t)
	s.inherit("777", "portail")
	s.inherit("778", "portail")
	if sent, err := s.recovery.InviteAll(t.Context(), audit.Operator, []habilitation.RequestNumber{777}); err != nil || sent != 1 {
		t.Fatalf("%d links, %v", sent, err)
	}
	used, _ := s.link()
	s.post(s.anne, used, nil).leads(townPath, "habilitation-retrouvee")
	if err := s.recovery.Invite(t.Context(), s.hugo, 778); err != nil {
		t.Fatal(err)
	}
	expired, _ := s.link()
	purged := func(age time.Duration, want int) {
		t.Helper()
		s.run(`UPDATE holder_links SET expires_at = $1`, noon.Add(-age))
		if erased, err := s.recovery.Purge(t.Context()); err != nil || erased != want {
			t.Errorf("%d links purged %s after their end, %v", erased, age, err)
		}
	}
	purged(request.LinkMemory-time.Second, 0)
	s.get(s.anne, used).is(http.StatusOK, "Ce lien a déjà servi")
	s.get(s.anne, expired).is(http.StatusOK, "Ce lien n’est plus valable", "Recevoir un nouveau lien")
	purged(request.LinkMemory, 2)
	for _, link := range []string{used, expired} {
		s.get(s.anne, link).is(http.StatusNotFound, "Nous ne trouvons pas ce lien")
	}
	if s.holder() != "Anne" {
		t.Error("the purge takes the holder away")
	}
	if err := s.recovery.Invite(t.Context(), s.hugo, 778); err != nil || s.links() != "3" {
		t.Errorf("another one is sent: %v, %s links in all", err, s.links())
	}
}

// « by the person from the home page of the town without enumeration »: the answer does not tell whether there was anything.
func TestTheHomeOfTheTownHasTheLinkSent(t *testing.T) {
	s := setScene(t)
	s.inherit("777", "portail")
	s.inherit("778", "ancien")
	s.post(s.paul, askLinkPath, nil).leads(townPath, "lien-demande")
	if s.links() != "0" {
		t.Error("another town has links sent")
	}
	s.post(s.ines, askLinkPath, nil).leads(townPath, "lien-demande")
	s.post(s.ines, askLinkPath, nil).leads(townPath, "lien-demande")
	if s.links() != "1" { // the existing system writes about the other one
		t.Errorf("%s links", s.links())
	}
	s.post(person{}, askLinkPath, nil).leads("/connexion", "")
	path, _ := s.link()
	s.post(s.anne, path, nil).leads(townPath, "habilitation-retrouvee")
	s.post(s.ines, askLinkPath, nil).leads(townPath, "lien-demande")
	if s.links() != "1" {
		t.Error("a link leaves for what somebody holds")
	}
}

// Of two who use the link at once one holds the habilitation.
func TestOfTwoWhoUseALinkAtOnceOneHolds(t *testing.T) {
	s := setScene(t)
	s.inherit("777", "portail")
	if err := s.recovery.Invite(t.Context(), s.hugo, 777); err != nil {
		t.Fatal(err)
	}
	path, _ := s.link()
	statuses := make([]int, 8)
	var group sync.WaitGroup
	for i := range statuses {
		as := []person{s.anne, s.ines}[i%2]
		group.Go(func() { statuses[i] = s.post(as, path, nil).status })
	}
	group.Wait()
	taken := 0
	for _, status := range statuses {
		switch status {
		case http.StatusSeeOther:
			taken++
		case http.StatusConflict:
		default:
			t.Errorf("status %d", status)
		}
	}
	if taken != 1 || s.read(`SELECT count(*) FROM audit_events WHERE act = 'habilitation.linked'`) != "1" {
		t.Errorf("%d hold it", taken)
	}
}

// The rule alone: the link, the role, the establishment for which one acts and the one for which one signed in.
func TestALinkIsForThoseOfTheEstablishment(t *testing.T) {
	link := request.Link{Request: 777, Siret: majastres.Siret, ExpiresAt: noon}
	before := noon.Add(-time.Nanosecond)
	actor := account.Actor{AccountID: 1, Role: account.Town, Organisation: majastres, SignedFor: majastres}
	change := func(how func(a *account.Actor)) account.Actor {
		other := actor
		how(&other)
		return other
	}
	used, replaced, held := link, link, link
	used.Used, replaced.Replaced, held.Held = true, true, true
	for name, row := range map[string]struct {
		by   account.Actor
		link request.Link
		at   time.Time
		want string
	}{
		"the requester":           {actor, link, before, ""},
		"too late":                {actor, link, noon, "link.over"},
		"used":                    {actor, used, before, "link.over"},
		"replaced":                {actor, replaced, before, "link.over"},
		"held by now":             {actor, held, before, "link.over"},
		"another town":            {change(func(a *account.Actor) { a.Organisation = elsewhere }), link, before, "link.other_siret"},
		"signed in for another":   {change(func(a *account.Actor) { a.SignedFor = elsewhere }), link, before, "link.other_siret"},
		"no role of a town":       {change(func(a *account.Actor) { a.Role = account.Admin }), link, before, "link.other_siret"},
		"an editor of that SIRET": {change(func(a *account.Actor) { a.Role = account.EditorAdmin }), link, before, "link.other_siret"},
		"nobody":                  {account.Actor{}, link, before, "link.other_siret"},
	} {
		if got := fault.CodeOf(request.DecideRecovery(row.by, row.link, row.at)); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}
