package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/postgres"
)

// Existing is what became of a file of the existing system.
type Existing struct {
	Directory directory.Import
	Adopted   decision.Adopted
}

// ImportExisting brings the editors, the towns and the habilitations of the existing system
// (PRODUCT.md 3.13). Nobody outside is asked anything: a postcode that the file lacks is for
// the next import of collectivities.
func (a *App) ImportExisting(ctx context.Context, source io.Reader) (done Existing, err error) {
	text, err := io.ReadAll(io.LimitReader(source, decision.MaxExisting+1))
	switch {
	case err != nil:
		return done, fmt.Errorf("read the file: %w", err)
	case len(text) > decision.MaxExisting:
		return done, errors.New("the file is larger than 64 MB")
	}
	towns := &directory.Service{Store: postgres.Collectivities{DB: a.db}, Now: a.now}
	if done.Directory, err = towns.Import(ctx, bytes.NewReader(text)); err != nil {
		return done, err
	}
	done.Adopted, err = a.habilitations.decisions.Adopt(ctx, audit.Operator, bytes.NewReader(text))
	return done, err
}

// InviteRequesters sends the requesters of what was brought the link by which they find it
// again, and counts the links.
func (a *App) InviteRequesters(ctx context.Context, brought Existing) (int, error) {
	return a.requests.recovery.InviteAll(ctx, audit.Operator, brought.Adopted.Requests)
}
