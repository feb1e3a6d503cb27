package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"portail-qf/internal/document/intake"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/partner/clamav"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// requests are what towns ask for, and what the instructors do with it.
type requests struct {
	town        *request.Service
	instruction *request.Instruction
	drafts      *request.Drafts
	recovery    *request.Recovery
}

func (a *App) newRequests(ring *seal.Ring) *requests {
	kept, exchange := postgres.Applications{DB: a.db}, postgres.Exchange{DB: a.db}
	a.Templates = &editor.Templates{Store: postgres.Templates{DB: a.db}, Editors: postgres.Editors{DB: a.db}, Now: a.now}
	return &requests{
		town: &request.Service{
			Store: kept, Files: kept, Messages: exchange, Claims: exchange, Templates: a.Templates,
			Inspector: intake.New(), Scanner: a.scanner(), Sealer: ring, Now: a.now, Mailbox: a.config.ContactEmail,
		},
		instruction: &request.Instruction{
			Store: kept, Files: kept, Messages: exchange, Claims: exchange, Desk: postgres.Desk{DB: a.db}, Facts: postgres.Facts{DB: a.db},
			Register: a.Organisations, Sealer: ring, Now: a.now,
		},
		recovery: &request.Recovery{Store: postgres.Recovery{DB: a.db}, Sealer: ring, Now: a.now},
		drafts:   &request.Drafts{Store: postgres.Drafts{DB: a.db}, Sealer: ring, Now: a.now},
	}
}

// scanner is nil where no antivirus is configured: documents are not analysed then.
func (a *App) scanner() request.Scanner {
	if a.config.ClamdAddress == "" {
		return nil
	}
	observe := a.metrics.Partner("clamd")
	return clamav.New(clamav.Config{
		Address: a.config.ClamdAddress,
		Observe: func(outcome string, waited time.Duration) { observe("scan", outcome, waited) },
	})
}

// scan reads the id of the document that an order is about.
func (a *App) scan(ctx context.Context, subject string) error {
	id, err := strconv.ParseInt(subject, 10, 64)
	if err != nil {
		return outbox.Hopeless(fmt.Errorf("read the document of an order: %w", err))
	}
	return a.requests.town.Scan(ctx, id)
}

// watchDrafts warns the holders of drafts, then erases them.
func (a *App) watchDrafts(ctx context.Context) (string, error) {
	warned, erased, err := a.requests.drafts.Run(ctx)
	return fmt.Sprintf("%d warnings, %d drafts", warned, erased), err
}

// purgeRequests erases what came to nothing, and the links that are forgotten.
func (a *App) purgeRequests(ctx context.Context) (string, error) {
	gone, files, err := a.requests.drafts.Purge(ctx)
	links, errLinks := a.requests.recovery.Purge(ctx)
	return fmt.Sprintf("%d requests, %d files, %d links", gone, files, links), errors.Join(err, errLinks)
}
