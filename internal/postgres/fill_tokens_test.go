package postgres_test

import (
	"context"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// Tokens of no one open as real ones do, each for its own town.
func TestTokensOfNoOneOpenLikeRealOnes(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	mint := mintOf(t, ring)
	if err := postgres.Fill(ctx, s.db, 50, 0, noon); err != nil {
		t.Fatal(err)
	}
	if err := postgres.FillPeople(ctx, s.db, postgres.Crowd{Accounts: 100, Operator: "13002526500013"}, noon); err != nil {
		t.Fatal(err)
	}
	texts, err := postgres.FillTokens(ctx, s.db, mint, 40, noon)
	if err != nil || len(texts) != 40 {
		t.Fatalf("%d tokens, %v", len(texts), err)
	}
	gate := credential.Gate{Store: postgres.Tokens{DB: s.db}, Pepper: mint.Pepper, Now: func() time.Time { return noon }, Clock: time.Now}
	towns := map[string]bool{}
	for _, text := range texts {
		admitted, err := gate.Admit(ctx, text)
		if err != nil || len(admitted.Scopes) != 4 || admitted.Editor == "" {
			t.Fatalf("%+v, %v", admitted, err)
		}
		towns[admitted.Siret.String()] = true
	}
	if len(towns) != 40 {
		t.Errorf("they are of %d towns", len(towns))
	}
}

// « /_demo/seed {"clients_per_editor":1000,"tokens_expiring":35000} » (DEMO.md), on the editors
// that there are. Asked for twice, it is there once.
func TestClientsOfNoOneAreOfEachEditor(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	for _, asked := range []postgres.Clientele{{}, {PerEditor: 60, Expiring: 90}, {PerEditor: 60, Expiring: 90}} {
		if err := postgres.FillClients(ctx, s.db, mintOf(t, ring), asked, noon); err != nil {
			t.Fatal(err)
		}
		for _, editor := range []value.Siret{tilleul, brume} {
			clients, err := postgres.EditorClients{DB: s.db}.ListClients(ctx, editor, "", "", 1000)
			if err != nil || len(clients) != asked.PerEditor {
				t.Errorf("%+v: %s has %d clients, %v", asked, editor, len(clients), err)
			}
			for _, client := range clients {
				if _, err := value.ParseSiret(client.Siret.String()); err != nil || client.Name == "" || client.Habilitation == 0 {
					t.Errorf("%+v, %v", client, err)
				}
			}
		}
		for month := range 3 { // a third in each
			const sqlThird = `SELECT count(*) FROM tokens WHERE expires_at > $1 AND expires_at <= $2`
			if n := s.count(sqlThird, noon.AddDate(0, 0, 30*month), noon.AddDate(0, 0, 30*month+30)); n != asked.Expiring/3 {
				t.Errorf("%+v: %d tokens expire in the month %d", asked, n, month)
			}
		}
		if n := s.count(`SELECT count(*) FROM tokens`); n != 2*asked.PerEditor {
			t.Errorf("%+v: %d tokens", asked, n)
		}
	}
	if n := s.count(`SELECT count(DISTINCT date_trunc('month', expires_at)) FROM tokens WHERE editor_siret = $1 AND expires_at < $2`, tilleul, noon.AddDate(0, 0, 90)); n < 3 {
		t.Errorf("those of an editor expire within %d months", n)
	}
}

// An editor's program follows the pages of a list by their references.
func TestDossiersOfNoOneHaveReferencesOfOurs(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	if err := postgres.Fill(ctx, s.db, 1, 2000, noon); err != nil {
		t.Fatal(err)
	}
	rows, err := s.raw.Query(`SELECT reference FROM dossiers`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	listed := 0
	for ; rows.Next(); listed++ {
		var reference string
		if err := rows.Scan(&reference); err != nil {
			t.Fatal(err)
		}
		if _, err := value.ParseReference(reference); err != nil {
			t.Fatalf("%s: %v", reference, err)
		}
	}
	if listed != 2000 {
		t.Errorf("%d dossiers", listed)
	}
}
