package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"portail-qf/internal/app"
	"portail-qf/internal/config"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// uninvited says in French why nobody was invited.
var uninvited = map[string]string{
	"mail.required":      "écrivez l’adresse mail de la personne à inviter",
	"mail.invalid":       "cette adresse mail n’est pas complète ou contient une faute\u202f; exemple\u00a0: prenom.nom@exemple.fr",
	"membership.already": "la personne de cette adresse mail a déjà le rôle d’administration",
}

// invite invites an administrator: the first one, or whoever lets the others back in. The
// link is printed too, for a portal whose mail does not leave yet.
func invite(ctx context.Context, portal *app.App, c config.Config, typed string) error {
	sent, err := portal.Access.InviteFirst(ctx, typed)
	if sentence, known := uninvited[fault.CodeOf(err)]; known {
		return errors.New(sentence)
	}
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	until := value.MomentOf(sent.Invitation.ExpiresAt)
	fmt.Printf("Invitation pour %s, valable jusqu’au %02d/%02d/%d à %d\u00a0h\u00a0%02d, heure de Paris. Le portail en service envoie le mail.\n",
		sent.Invitation.Mail, until.Day, until.Month, until.Year, until.Hour, until.Minute)
	fmt.Printf("Lien, à ne donner qu’à cette personne\u00a0: %s/invitations/%s\n", c.PortalURL, sent.Token.Reveal())
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

// verifyJournal follows the chain of the journal and names its first broken link. It needs
// the database and nothing else: whoever checks may have no more.
func verifyJournal(ctx context.Context, kept []string) error {
	var known []audit.Anchor
	for _, text := range kept {
		anchor, err := audit.ParseAnchor(text)
		if err != nil {
			return fmt.Errorf("--known %q: %w", text, err)
		}
		known = append(known, anchor)
	}
	url, err := config.ReadDatabase(os.Environ())
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, url.Reveal())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	journal := audit.Journal{Store: postgres.Journal{DB: db}, Now: time.Now}
	verdict, err := journal.Verify(ctx, known...)
	if err != nil {
		return fmt.Errorf("verify the journal: %w", err)
	}
	if b := verdict.Broken; b != nil {
		fmt.Printf("Lien rompu\u00a0: %s\u00a0: %s. Scellés\u00a0: %d, trouvés\u00a0: %d.\n", placeOf(*b), breaches[b.Breach], b.Sealed, b.Found)
		return errBroken
	}
	fmt.Printf("Journal entier. Lots\u00a0: %d, dont effacés à l’échéance\u00a0: %d. Événements vérifiés\u00a0: %d, en attente de leur sceau\u00a0: %d.\n",
		verdict.Batches, verdict.Purged, verdict.Events, verdict.Waiting)
	if verdict.Batches > 0 {
		fmt.Println("Dernière empreinte\u00a0:", verdict.End)
	}
	return nil
}

// placeOf says in French where to look.
func placeOf(b audit.Broken) string {
	place := "hors de tout lot"
	if b.Batch > 0 {
		place = fmt.Sprintf("lot %d", b.Batch)
	}
	if b.FirstID > 0 {
		place += fmt.Sprintf(" (événements %d à %d)", b.FirstID, b.LastID)
	}
	return place
}
