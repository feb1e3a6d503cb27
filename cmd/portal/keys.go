package main

import (
	"context"
	"errors"
	"fmt"

	"portail-qf/internal/app"
	"portail-qf/internal/domain/operation"
)

// sealedThings says in French what is kept sealed.
var sealedThings = map[operation.SealedKind]string{
	operation.SealedCandidates: "Identifiants HubEE en attente de test", operation.SealedHubAccounts: "Identifiants HubEE", operation.SealedTokens: "Jetons pas encore récupérés", operation.SealedMails: "Mails",
	operation.SealedEvents: "Événements de DataPass", operation.SealedPayloads: "Dossiers en cours d’envoi",
}

// errLeft makes the command fail; what is left has been printed.
var errLeft = errors.New("something is left under another key")

// reseal brings what is kept sealed for long under the current key, and says when the others
// may go.
func reseal(ctx context.Context, portal *app.App) error {
	done, failure := portal.Rotation.Reseal(ctx)
	key := portal.Rotation.Ring.Current()
	fmt.Printf("Clé courante\u00a0: %s\n", key)
	left, unreadable := 0, 0
	for _, kind := range done {
		left, unreadable = left+kind.Left, unreadable+len(kind.Unreadable)
		fmt.Printf("%s\u00a0: %d rechiffrés, %d changés entre-temps, %d illisibles, %d restants\n",
			sealedThings[kind.Kind], kind.Resealed, kind.Moved, len(kind.Unreadable), kind.Left)
		for _, id := range kind.Unreadable[:min(len(kind.Unreadable), listedUnreadable)] {
			fmt.Printf("- illisible\u00a0: %s %s\n", kind.Kind, id)
		}
	}
	switch {
	case failure != nil:
		return fmt.Errorf("reseal: %w", failure)
	case unreadable > 0:
		fmt.Println("Des textes ne s’ouvrent avec aucune clé de KEYS\u00a0: ne retirez aucune clé, et cherchez pourquoi.")
		return errLeft
	case left > 0:
		fmt.Println("Il en reste\u00a0: une instance chiffre encore avec une autre clé. Relancez la commande quand toutes ont redémarré.")
		return errLeft
	}
	fmt.Printf("Tout ce qui dure est chiffré avec «\u00a0%s\u00a0». Les autres clés peuvent quitter KEYS dans 24\u00a0heures\u00a0: d’ici là, le reste s’efface de lui-même.\n", key)
	return nil
}

// listedUnreadable is how many of the texts that do not open are named, kind by kind.
const listedUnreadable = 10
