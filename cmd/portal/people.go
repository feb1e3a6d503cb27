package main

import (
	"context"
	"errors"
	"fmt"

	"portail-qf/internal/app"
	"portail-qf/internal/config"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
)

// invite invites an administrator: the first one, or whoever lets the others back in. The
// link is printed too, for a portal whose mail does not leave yet.
func invite(ctx context.Context, portal *app.App, c config.Config, typed string) error {
	sent, err := portal.Access.InviteFirst(ctx, typed)
	if err != nil {
		return fmt.Errorf("invite (%s): %w", fault.CodeOf(err), err)
	}
	fmt.Printf("Invitation envoyée à %s, valable jusqu’au %s.\nLien, à ne donner qu’à cette personne\u00a0: %s/invitations/%s\n",
		sent.Invitation.Mail, sent.Invitation.ExpiresAt.Format("02/01/2006 à 15:04"), c.PortalURL, sent.Token.Reveal())
	return nil
}

// errBroken makes the command fail; what is broken has been printed.
var errBroken = errors.New("the journal is not whole")

// breaches says in French how a link of the journal is broken.
var breaches = map[audit.Breach]string{
	audit.SealMissing:   "son sceau manque",
	audit.LinkBroken:    "le lot précédent a été réécrit",
	audit.EventsMissing: "il manque des événements",
	audit.EventsAdded:   "des événements ont été ajoutés",
	audit.EventsAltered: "des événements ont été modifiés",
	audit.SealAltered:   "son sceau a été modifié",
	audit.PurgedTooSoon: "il a été effacé avant l’échéance",
	audit.AnchorDiffers: "son empreinte n’est pas celle qui a été gardée ailleurs",
	audit.Unsealed:      "des événements attendent leur sceau depuis trop longtemps",
}

// verifyJournal follows the chain of the journal and names its first broken link.
func verifyJournal(ctx context.Context, portal *app.App, kept []string) error {
	var known []audit.Anchor
	for _, text := range kept {
		anchor, err := audit.ParseAnchor(text)
		if err != nil {
			return err
		}
		known = append(known, anchor)
	}
	verdict, err := portal.VerifyJournal(ctx, known...)
	if err != nil {
		return fmt.Errorf("verify the journal: %w", err)
	}
	if b := verdict.Broken; b != nil {
		fmt.Printf("Lien rompu\u00a0: lot %d (événements %d à %d)\u00a0: %s. Scellés\u00a0: %d, trouvés\u00a0: %d.\n",
			b.Batch, b.FirstID, b.LastID, breaches[b.Breach], b.Sealed, b.Found)
		return errBroken
	}
	fmt.Printf("Journal entier\u00a0: %d lots (%d effacés à l’échéance), %d événements vérifiés, %d en attente de leur sceau.\n",
		verdict.Batches, verdict.Purged, verdict.Events, verdict.Waiting)
	if verdict.Batches > 0 {
		fmt.Println("Dernière empreinte\u00a0:", verdict.End)
	}
	return nil
}
