package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/seal"
)

// The ring of the scene has one key; another is drawn to replace it.
var (
	essaiKey = "essai:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	freshKey = "neuve:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))
	// pepperKey hashes in the scene; otherKey is neither, and has the name of both.
	pepperKey = "essai:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32))
	otherKey  = "essai:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{6}, 32))
)

// withKeys gives the operator other keys.
func (s *scene) withKeys(variable, configured string) *scene {
	other := *s
	other.environment = append(slices.Clone(s.environment), variable+"="+configured)
	return &other
}

// sealMails keeps mails under the key of the scene.
func (s *scene) sealMails(count int) {
	s.t.Helper()
	ring, err := seal.Parse(essaiKey)
	if err != nil {
		s.t.Fatal(err)
	}
	tables := s.tables()
	for i := range count {
		key := fmt.Sprintf("essai %d", i)
		if _, err := tables.Exec(`INSERT INTO mails (kind, key, content, created_at) VALUES ('invitation', $1, $2, now())`, key, ring.Seal([]byte("{}"), notice.Place(key))); err != nil {
			s.t.Fatal(err)
		}
	}
}

const sealedBy = `SELECT count(*) FROM mails WHERE encode(substring(content FROM 3 FOR get_byte(content, 1)), 'escape') = `

// « portal admin reseal: re-encrypts without downtime everything long-lived », then the old key
// may go.
func TestAKeyIsReplaced(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	s.sealMails(3)
	turned := s.withKeys("KEYS", freshKey+","+essaiKey)
	printed := turned.does("admin", "reseal")
	for _, says := range []string{"Clé courante : neuve", "Mails : 3 rechiffrés, 0 changés entre-temps, 0 illisibles, 0 restants", "peuvent quitter KEYS dans 24 heures"} {
		if !strings.Contains(printed, says) {
			t.Errorf("it does not say %q:\n%s", says, printed)
		}
	}
	if n := s.count(sealedBy + `'neuve'`); n != 3 {
		t.Errorf("%d mails are under the new key", n)
	}
	if printed := s.withKeys("KEYS", freshKey).does("admin", "reseal"); !strings.Contains(printed, "Mails : 0 rechiffrés") {
		t.Errorf("with the new key alone:\n%s", printed)
	}
}

// « The check at start: key ids […] missing […] make app.New fail with a clear sentence naming
// the key and the variable (never at use) »
func TestThePortalDoesNotStartWithoutAKeyThatIsNeeded(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	s.withKeys("KEYS", freshKey).does("admin", "quarantine") // nothing needs the old key yet
	s.sealMails(2)
	s.withKeys("KEYS", freshKey).refuses(`KEYS: the key "essai" is missing, and what is kept is sealed by it (2 in mails)`, "serve")
	if _, err := s.tables().Exec(`
		INSERT INTO requests (number, source, siret, organisation, state, state_at, created_at, requester)
		VALUES (48231, 'datapass', '21040107100019', 'COMMUNE', 'validee', now(), now(), '{}')`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.tables().Exec(`
		INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		VALUES (10000001, 48231, '21040107100019', 'COMMUNE', true, true, '{}', '', '', '', '', '{}', 'DataPass', now())`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.tables().Exec(`
		INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, scopes, issued_at, expires_at)
		VALUES ('3f1c0a52-9d1e-4a54-8f1b-2f64e1f0c9aa', 'abcdefghijkl', $1, 'essai', 48231, 10000001, '21040107100019', '{}', now(), now())`, make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	s.withKeys("PEPPER", freshKey).refuses(`PEPPER: the key "essai" is missing, and what is kept is hashed by it (1 in tokens)`, "serve")
	both := s.withKeys("KEYS", freshKey).withKeys("PEPPER", freshKey)
	both.refuses(`PEPPER: the key "essai"`, "admin", "reseal")
	both.refuses(`KEYS: the key "essai"`, "admin", "reseal")
	s.does("admin", "quarantine")
}

// « key missing from the ring (clear error at start, not at use) »: a key that has the right name
// and other bytes is missing too, and looks as if it were there.
func TestThePortalDoesNotStartWithAnotherKeyOfTheSameName(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	s.does("admin", "quarantine") // a first start
	const refusal = `the key "essai" is not the one that the portal knows by this name`
	for variable, right := range map[string]string{"KEYS": essaiKey, "PEPPER": pepperKey} {
		s.withKeys(variable, otherKey).refuses(variable+": "+refusal, "serve")
		s.withKeys(variable, freshKey+","+otherKey).refuses(variable+": "+refusal, "admin", "reseal")
		if n := s.count(`SELECT count(*) FROM key_checks WHERE name = 'neuve' AND variable = '` + variable + `'`); n != 0 {
			t.Error("a start that was refused keeps something of its keys")
		}
		s.withKeys(variable, right+","+freshKey).does("admin", "quarantine") // each instance first knows the new one,
		s.withKeys(variable, freshKey+","+right).does("admin", "quarantine") // then it goes in front
	}
	if n := s.count(`SELECT count(*) FROM key_checks`); n != 4 {
		t.Errorf("%d keys are known, want 2 of each variable", n)
	}
}

// Of instances that start at once with different keys of one name, those of the first serve.
func TestInstancesThatStartAtOnceAgreeOnTheirKeys(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	ended := make(chan bool, 6)
	for i := range cap(ended) {
		operator := s
		if i%2 == 1 {
			operator = s.withKeys("PEPPER", otherKey)
		}
		go func() { ended <- operator.command("admin", "quarantine").Run() == nil }()
	}
	started := 0
	for range cap(ended) {
		if <-ended {
			started++
		}
	}
	if started != cap(ended)/2 {
		t.Errorf("%d started, want those of one key: %d", started, cap(ended)/2)
	}
}

// « killed midway and resumed »: the rows that somebody else holds are waited for, and what was
// done before the end stays done.
func TestARotationIsKilledMidwayAndResumed(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	const mails, held = 450, 300
	s.sealMails(mails)
	turned := s.withKeys("KEYS", freshKey+","+essaiKey)
	tables := s.tables()
	count := func(query string) (n int) {
		if err := tables.QueryRow(query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	hold, err := tables.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hold.Exec(`SELECT id FROM mails WHERE key = $1 FOR UPDATE`, fmt.Sprintf("essai %d", held)); err != nil {
		t.Fatal(err)
	}
	command := turned.command("admin", "reseal")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	s.eventually("the command waits for the row that is held", func() bool { return count(sealedBy+`'neuve'`) == held })
	_ = command.Process.Kill()
	_ = command.Wait()
	if err := hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	// The statement of the dead command may still be carried out once the row is free.
	s.eventually("the dead command has left the database", func() bool {
		return count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND query LIKE 'UPDATE mails%'`) == 0
	})
	if done := count(sealedBy + `'neuve'`); done != held && done != held+1 {
		t.Errorf("%d mails are under the new key after the kill", done)
	}
	turned.does("admin", "reseal")
	if n := count(sealedBy + `'neuve'`); n != mails {
		t.Errorf("%d mails are under the new key at the end, want %d", n, mails)
	}
	ring, err := seal.Parse(freshKey)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := tables.Query(`SELECT key, content FROM mails`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key string
		var content []byte
		if err := rows.Scan(&key, &content); err != nil {
			t.Fatal(err)
		}
		if plain, err := ring.Open(content, notice.Place(key)); err != nil || string(plain) != "{}" {
			t.Fatalf("%s: %q, %v", key, plain, err)
		}
	}
}

// A text that nothing opens is named, and the command fails.
func TestARotationTellsWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	s.sealMails(1)
	if _, err := s.tables().Exec(`UPDATE mails SET key = 'ailleurs'`); err != nil {
		t.Fatal(err)
	}
	s.withKeys("KEYS", freshKey+","+essaiKey).refuses("- illisible : mails ", "admin", "reseal")
	// What names no key is no less a text that nobody can read.
	if _, err := s.tables().Exec(`UPDATE mails SET content = '{}'`); err != nil {
		t.Fatal(err)
	}
	s.refuses("Mails : 0 rechiffrés, 0 changés entre-temps, 1 illisibles, 1 restants", "admin", "reseal")
}
