package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/sim/hubee"
)

// check compares what citizens were told with what HubEE has and with what the portal says of it (R1: 0 lost, 0 double).
type check struct {
	sent    int
	lost    int // told, and not complete at HubEE, or not transmitted for the portal
	doubled int // complete at HubEE more than once, or told to nobody
	mixed   int // at HubEE under the external id of another citizen
}

func (c check) fault() error {
	if c.lost+c.doubled+c.mixed == 0 {
		return nil
	}
	return fmt.Errorf("of %d dossiers, %d are lost, %d doubled and %d mixed up", c.sent, c.lost, c.doubled, c.mixed)
}

func (s *scene) check(ctx context.Context, sent *register) (check, error) {
	found, complete := compareFolders(sent.externalIDs, s.stage.HubEE.Folders())
	for reference := range sent.externalIDs {
		state, err := s.stateOf(ctx, reference)
		if err != nil {
			return found, err
		}
		if !complete[reference] || state != dossier.Transmitted {
			found.lost++
		}
	}
	return found, nil
}

// stateOf is what the portal knows of a dossier; "" when it knows nothing.
func (s *scene) stateOf(ctx context.Context, reference value.Reference) (dossier.State, error) {
	shipment, err := postgres.Shipments{DB: s.db}.FindShipmentByReference(ctx, reference)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return "", fmt.Errorf("find a dossier that was confirmed: %w", err)
	}
	return shipment.State, nil
}

// compareFolders finds what is doubled or mixed up, and which dossiers HubEE has whole. externalIDs are those of the dossiers
// that citizens were told of.
func compareFolders(externalIDs map[value.Reference]string, folders []hubee.Folder) (found check, complete map[value.Reference]bool) {
	found.sent, complete = len(externalIDs), map[value.Reference]bool{}
	for _, folder := range folders {
		if folder.GlobalStatus != "HUBEE_COMPLETED" {
			continue
		}
		reference := value.Reference(strings.TrimPrefix(folder.ExternalID, "Formulaire-QF-"))
		externalID, told := externalIDs[reference]
		switch {
		case !told || complete[reference]:
			found.doubled++
		case externalIDOf(folder) != externalID:
			found.mixed++
		}
		complete[reference] = true
	}
	return found, complete
}

// externalIDOf reads a folder as the town's software does; "" when it cannot.
func externalIDOf(folder hubee.Folder) string {
	for _, attachment := range folder.Attachments {
		if attachment.FileName != "FormulaireQF.json" {
			continue
		}
		var content struct {
			ExternalID string `json:"external_id"`
		}
		if err := json.Unmarshal(attachment.Content, &content); err != nil {
			return ""
		}
		return content.ExternalID
	}
	return ""
}
