package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
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
