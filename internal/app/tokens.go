package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// tokens are what the software of towns shows, and what becomes of it.
type tokens struct {
	service *credential.Tokens
	gate    *credential.Gate
	tally   *credential.Tally
}

func (a *App) newTokens(ring *seal.Ring, pepper *seal.Pepper) *tokens {
	store := postgres.Tokens{DB: a.db}
	mint := &credential.Mint{Sealer: ring, Pepper: pepper, Prefix: credential.TokenPrefix(a.config.Tokens.Prefix)}
	tally := &credential.Tally{Store: store}
	made := &tokens{
		service: &credential.Tokens{Store: store, Tally: tally, Mint: mint, Sealer: ring, Opener: ring, Now: a.now},
		gate:    &credential.Gate{Store: postgres.Tokens{DB: a.db}, Pepper: pepper, Now: a.now, Clock: time.Now},
		tally:   tally,
	}
	if key := a.config.APIParticulier.JWTKey; key != "" {
		made.gate.Foreign = credential.ForeignKey{Key: key}
	}
	return made
}

const (
	// firstPause is how long the first use of a token waits in memory: somebody who reads, on
	// another instance, that it was never used may stop it.
	firstPause = 200 * time.Millisecond
	// tallyPause is how long the other counts do: a write for each call would cost more than
	// the call. A page about a token writes those of its instance first.
	tallyPause = time.Minute
	// tallyPatience is how long a write may take.
	tallyPatience = 5 * time.Second
)

// countCalls writes the counts of calls down until ctx ends.
func (a *App) countCalls(ctx context.Context) error {
	first, all := time.NewTicker(firstPause), time.NewTicker(tallyPause)
	defer first.Stop()
	defer all.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-first.C:
			a.writeCalls(ctx, a.tokens.tally.WriteFirst)
		case <-all.C:
			a.writeCalls(ctx, a.tokens.tally.Write)
		}
	}
}

func (a *App) writeCalls(ctx context.Context, write func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tallyPatience)
	defer cancel()
	if err := write(ctx); err != nil {
		a.log.Warn("the calls of tokens were not written down; they are counted still", "error", err)
	}
}

// tendTokens issues the tokens that are missing and erases the texts that nobody may see, each
// whatever became of the others.
func (a *App) tendTokens(ctx context.Context) (string, error) {
	issued, errIssue := a.tokens.service.IssueMissing(ctx)
	erased, errTexts := a.tokens.service.EraseTexts(ctx)
	forgotten, errUses := a.tokens.service.EraseUses(ctx)
	return fmt.Sprintf("%d issued, %d texts, %d days", issued, erased, forgotten), errors.Join(errIssue, errTexts, errUses)
}

// enrolTokens gives the towns of a seed their tokens: those whose text the seed holds are in
// their software already, those of the others are to be collected.
func (a *App) enrolTokens(ctx context.Context, seed []byte) error {
	var read struct {
		Towns []struct {
			Siret value.Siret `json:"siret"`
			Token struct {
				Text string `json:"texte"`
				Days int    `json:"expire_dans_jours"`
			} `json:"jeton"`
		} `json:"collectivites"`
	}
	if err := json.Unmarshal(seed, &read); err != nil {
		return fmt.Errorf("understand the tokens of the seed: %w", err)
	}
	for _, town := range read.Towns {
		asked, err := a.catalogue().OfOrganisation(ctx, town.Siret)
		if err != nil {
			return err
		}
		for _, listed := range asked {
			request, _, err := a.catalogue().Find(ctx, listed.Number)
			if err != nil {
				return err
			}
			if !request.Current.Modalities.Token || town.Token.Text == "" && !request.Habilitated() {
				continue
			}
			given := credential.SeedToken{Text: value.Secret(town.Token.Text), Revoked: request.State == habilitation.Revoked}
			given.ExpiresAt = value.MonthsLater(a.now().AddDate(0, 0, town.Token.Days), 0)
			if _, err := a.tokens.service.Seed(ctx, postgres.SeedAuthor, credential.GranteeOf(request), given); err != nil {
				return fmt.Errorf("seed the token of %s: %w", town.Siret, err)
			}
		}
	}
	return nil
}
