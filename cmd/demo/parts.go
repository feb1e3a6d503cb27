package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"portail-qf/internal/sim/apiparticulier"
	"portail-qf/internal/sim/stage"
)

// The ports of DEMO.md, counted from the base port.
const (
	portPortal         = 0
	portFranceConnect  = 1
	portProConnect     = 2
	portHubEE          = 3
	portAPIParticulier = 4
	portRegister       = 5
	portInbox          = 6
	portMetrics        = 8
	portControl        = 9
	portClamd          = 10
	portSMTP           = 25
)

var allPorts = []int{
	portPortal, portFranceConnect, portProConnect, portHubEE, portAPIParticulier, portRegister, portInbox, portMetrics, portControl, portClamd, portSMTP,
}

// handlers are the parts that speak HTTP, the portal and clamd apart.
func (d *demo) handlers() map[int]http.Handler {
	return map[int]http.Handler{
		portFranceConnect:  d.stage.FranceConnect,
		portProConnect:     d.stage.ProConnect,
		portHubEE:          d.stage.HubEE,
		portAPIParticulier: d.stage.APIParticulier,
		portRegister:       d.stage.Register,
		portInbox:          d.stage.Mail,
		portControl:        d.control(),
	}
}

func readFamilies(folder string) ([]apiparticulier.Family, error) {
	if folder == "" {
		return nil, nil
	}
	families, err := apiparticulier.ReadFamilies(folder)
	if err != nil {
		return nil, fmt.Errorf("FAMILIES_DIR: %w", err)
	}
	return families, nil
}

// seed gives the portal the collectivities, the people and the request forms of the seed;
// those of an earlier run are brought up to date.
func (d *demo) seed(ctx context.Context) error {
	batch, err := d.portal.Directory.Import(ctx, bytes.NewReader(stage.SeedFile))
	if err != nil {
		return fmt.Errorf("seed the collectivities: %w", err)
	}
	if len(batch.Faults) > 0 {
		return fmt.Errorf("the seed has faults: %q", batch.Faults)
	}
	if err := d.portal.Enrol(ctx, stage.SeedFile); err != nil {
		return fmt.Errorf("seed the professionals: %w", err)
	}
	imported, err := d.portal.Templates.Import(ctx, bytes.NewReader(stage.Forms()))
	if err != nil {
		return fmt.Errorf("publish the forms: %w", err)
	}
	if len(imported.Faults) > 0 {
		return fmt.Errorf("the forms have faults: %q", imported.Faults)
	}
	return nil
}

// announce says where everything is, once everything answers.
func (d *demo) announce(ctx context.Context) error {
	if err := d.waitUntilReady(ctx); err != nil {
		return err
	}
	town := d.stage.Town("en_ordre")
	fmt.Printf(`
Portail                %s
  un formulaire ouvert %s/collectivites/%s
  professionnels       %s/connexion
FranceConnect simulé   %s
ProConnect simulé      %s
HubEE simulé           %s (vide à chaque démarrage)
API Particulier        %s
Registre des SIRET     %s
Courriels              %s
Antivirus simulé       %s
Métriques              %s/metrics
Commande de la démo    %s/_demo
Données                %s (base : %s)

Qui peut se connecter avec FranceConnect :
`, d.url(portPortal), d.url(portPortal), town.Siret, d.url(portPortal), d.local(portFranceConnect), d.local(portProConnect), d.url(portHubEE), d.url(portAPIParticulier),
		d.url(portRegister), d.url(portInbox), d.address(portClamd), d.url(portMetrics), d.url(portControl), d.folder, d.databaseAt)
	for _, identity := range d.stage.Identities {
		fmt.Printf("  %-28s %s\n", identity.Key, identity.Label)
	}
	fmt.Println("\nQui peut se connecter avec ProConnect :")
	for _, person := range d.stage.Seed.People {
		fmt.Printf("  %-18s %-16s %-38s %s\n", person.Key, person.FirstName+" "+person.LastName, person.Mail, d.rolesInWords(person))
	}
	fmt.Println("\nprêt")
	return nil
}

func (d *demo) waitUntilReady(ctx context.Context) error {
	client := &http.Client{Timeout: 2 * time.Second}
	for deadline := time.Now().Add(stopTimeout); time.Now().Before(deadline); {
		response, err := client.Get(d.url(portPortal) + "/sante/pret")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("the portal does not answer; its log is log.jsonl in " + d.folder)
}

// rolesInWords says what a person of the seed may do.
func (d *demo) rolesInWords(person stage.Professional) string {
	switch {
	case len(person.Roles) == 0 && d.stage.Seed.Admits(person.Siret):
		return "town, dès la première connexion"
	case len(person.Roles) == 0:
		return "aucun rôle"
	}
	var words []string
	for _, held := range person.Roles {
		words = append(words, held.Role)
	}
	return strings.Join(words, ", ")
}
