package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"portail-qf/internal/app"
)

// errLeftOut makes the command fail; what was left out has been printed.
var errLeftOut = errors.New("une partie du fichier est laissée de côté\u00a0: corrigez-la, puis recommencez avec le même fichier")

// existingOptions are those of `portal import-existant`.
type existingOptions struct {
	File   string `arg:"" type:"existingfile" help:"What the existing system knows (JSON, see the README)."`
	DryRun bool   `help:"Do everything, print the report, and undo everything."`
	Invite bool   `name:"inviter" help:"Send the requesters the link by which they find their habilitation again."`
}

// importExisting brings what the existing system granted, and says what became of it.
func importExisting(ctx context.Context, portal *app.App, asked existingOptions) error {
	file, err := os.Open(asked.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	done, err := portal.ImportExisting(ctx, file)
	if err != nil {
		return err
	}
	if asked.DryRun {
		fmt.Println("Essai\u00a0: rien n’est enregistré.")
	}
	towns, adopted := done.Directory, done.Adopted
	fmt.Printf("Éditeurs enregistrés\u00a0: %d\nCollectivités enregistrées\u00a0: %d\n", len(towns.Editors), len(towns.Collectivities))
	fmt.Printf("Habilitations reprises\u00a0: %d\nHabilitations mises à jour\u00a0: %d\nHabilitations inchangées\u00a0: %d\n", adopted.New, adopted.Corrected, adopted.Same)
	fmt.Printf("Jetons repris\u00a0: %d\n", adopted.Tokens)
	faults := append(towns.Faults, adopted.Faults...)
	list("Fautes", faults)
	list("Remarques", append(towns.Notes, adopted.Notes...))
	if asked.Invite {
		sent, err := portal.InviteRequesters(ctx, done)
		if err != nil {
			return fmt.Errorf("invite the requesters: %w", err)
		}
		fmt.Printf("Liens envoyés aux demandeurs\u00a0: %d\n", sent)
	}
	if len(faults) > 0 {
		return errLeftOut
	}
	return nil
}
