package app

import (
	"context"
	"crypto/rand"
	"fmt"

	"portail-qf/internal/domain/machine"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// machines are the programs of editors.
type machines struct {
	clients *machine.Service
	door    *machine.Door
}

func (a *App) newMachines(pepper *seal.Pepper) *machines {
	return &machines{
		clients: &machine.Service{Store: postgres.APIClients{DB: a.db}, Pepper: pepper, Random: rand.Reader, Now: a.now},
		door:    &machine.Door{Store: postgres.APIDoor{DB: a.db}, Pepper: pepper, Random: rand.Reader, Now: a.now},
	}
}

// purgeMachines erases the access tokens that are over.
func (a *App) purgeMachines(ctx context.Context) (string, error) {
	erased, err := a.machines.door.Purge(ctx)
	return fmt.Sprintf("%d access tokens", erased), err
}
