package postgres_test

import (
	"context"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
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
