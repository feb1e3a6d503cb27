package stage

import (
	"fmt"

	"portail-qf/internal/sim/apiparticulier"
	"portail-qf/internal/sim/clamav"
	"portail-qf/internal/sim/franceconnect"
	"portail-qf/internal/sim/hubee"
	"portail-qf/internal/sim/proconnect"
	"portail-qf/internal/sim/sirene"
	"portail-qf/internal/sim/smtp"
)

// Credentials by which the parties know each other. They open nothing but simulators.
const (
	FranceConnectClient = "portail-qf"
	FranceConnectSecret = "secret-du-portail-chez-franceconnect"
	ProConnectClient    = "portail-qf-pro"
	ProConnectSecret    = "secret-du-portail-chez-proconnect"
	HubEEDepositor      = "portail-qf-osl"
	HubEEDepositorKey   = "secret-du-portail-chez-hubee"
	HubEEAdministrator  = "portail-qf-admin"
	HubEEAdminKey       = "secret-d-administration-chez-hubee"
	RegisterKey         = "cle-du-portail-chez-sirene"
	DatapassSecret      = "secret-de-datapass-chez-le-portail"
	DirectoryBearer     = "jeton-d-annuaire-chez-le-portail"
	IntrospectionID     = "passerelle-existante"
	IntrospectionSecret = "secret-de-la-passerelle-chez-le-portail"
	APIParticulierToken = "jeton-du-portail-chez-api-particulier"

	apiAtFranceConnect       = "api-particulier"
	apiAtFranceConnectSecret = "secret-d-api-particulier-chez-franceconnect"
)

// upstreamRate is what API Particulier allows to the portal's own token, which asks in the name
// of every town: calls a second.
const upstreamRate = 100_000

// dataScopes are those that open the sections of a quotient.
var dataScopes = []string{"cnaf_quotient_familial", "cnaf_allocataires", "cnaf_enfants", "cnaf_adresse"}

// Options says where the parties are and what they know beside the seed.
type Options struct {
	PortalURL     string                  // without final slash
	FranceConnect string                  // its issuer
	ProConnect    string                  // its issuer
	Families      []apiparticulier.Family // beside the project's own
}

// Stage is every simulator, each an http.Handler; Mail also speaks SMTP. Clamd has one port for
// its protocol and for HTTP: its Serve serves both.
type Stage struct {
	Seed           Seed
	Identities     []franceconnect.Identity // offered at FranceConnect
	FranceConnect  *franceconnect.Server
	ProConnect     *proconnect.Server
	HubEE          *hubee.Server
	APIParticulier *apiparticulier.Server
	Register       *sirene.Server
	Mail           *smtp.Server
	Clamd          *clamav.Server
}

// Set sets the simulators up. It contacts nobody.
func Set(o Options) (*Stage, error) {
	seed, err := ReadSeed()
	if err != nil {
		return nil, err
	}
	api := apiparticulier.New(apiparticulier.Options{
		Issuer: o.FranceConnect, ClientID: apiAtFranceConnect, ClientSecret: apiAtFranceConnectSecret, Families: o.Families,
		Tokens:    []apiparticulier.Token{{Value: APIParticulierToken, Name: "Portail du quotient familial", Siret: depositor.CompanyRegister, Scopes: dataScopes}},
		RateLimit: upstreamRate,
	})
	offered := identities(api.Families())
	return &Stage{
		Seed:           seed,
		Identities:     offered,
		APIParticulier: api,
		FranceConnect: franceconnect.New(franceconnect.Options{
			Issuer: o.FranceConnect,
			Clients: []franceconnect.Client{{
				ID: FranceConnectClient, Secret: FranceConnectSecret, Name: "Formulaire quotient familial",
				RedirectURIs: []string{o.PortalURL + "/franceconnect/retour"}, PostLogoutRedirectURIs: []string{o.PortalURL + "/franceconnect/deconnexion"},
				Scopes: append([]string{"identite_pivot"}, dataScopes[:3]...),
			}},
			Providers: []franceconnect.Provider{{
				ID: apiAtFranceConnect, Secret: apiAtFranceConnectSecret, EncryptionKey: api.PublicKey(), Scopes: dataScopes,
			}},
			Identities: offered,
		}),
		ProConnect: proconnect.New(proconnect.Options{
			Issuer: o.ProConnect,
			Clients: []proconnect.Client{{
				ID: ProConnectClient, Secret: ProConnectSecret, Name: "Portail du quotient familial",
				RedirectURIs: []string{o.PortalURL + "/proconnect/retour"}, PostLogoutRedirectURIs: []string{o.PortalURL + "/proconnect/deconnexion"},
				Scopes: []string{"given_name", "usual_name", "email", "uid", "siret", "idp_id", "roles", "organization_label"},
			}},
			Identities: professionals(seed),
		}),
		HubEE:    hubee.New(atHubEE(seed)),
		Register: sirene.New(inRegister(seed)),
		Mail:     smtp.New(smtp.Options{}),
		Clamd:    clamav.New(clamav.Options{}),
	}, nil
}

// identities offers at FranceConnect every person whose family API Particulier knows. The
// first and the last one have a quotient (DEMO.md).
func identities(families []apiparticulier.Family) []franceconnect.Identity {
	var offered []franceconnect.Identity
	known := map[string]bool{}
	for _, family := range families {
		claims, ok := family.Claims()
		if !ok || family.Identity == nil || known[family.Identity.Key] {
			continue
		}
		known[family.Identity.Key] = true
		offered = append(offered, franceconnect.Identity{
			Key: family.Identity.Key, Label: family.Identity.Label, Claims: claims, Expect: family.Expect(),
		})
	}
	return offered
}

// professionals offers at ProConnect everyone of the seed.
func professionals(seed Seed) []proconnect.Identity {
	var offered []proconnect.Identity
	for _, p := range seed.People {
		offered = append(offered, proconnect.Identity{Key: p.Key, Label: p.FirstName + " " + p.LastName, Claims: p.Claims(), Expect: "ok"})
	}
	return offered
}

// depositor is DINUM, as HubEE knows it.
var depositor = hubee.OrganizationID{Type: "OSL", CompanyRegister: "13002526500013", BranchCode: "75107"}

func atHubEE(seed Seed) hubee.Options {
	options := hubee.Options{
		Depositor:     hubee.Client{ID: HubEEDepositor, Secret: HubEEDepositorKey, Organization: depositor},
		Administrator: hubee.Client{ID: HubEEAdministrator, Secret: HubEEAdminKey, Organization: depositor},
	}
	for _, e := range seed.Editors {
		options.Organizations = append(options.Organizations, hubee.Organization{
			OrganizationID: editorID(e), Name: e.Name, PostalCode: e.COG, Territory: e.COG, Email: e.TechnicalContact,
		})
	}
	for i, town := range seed.Towns {
		id := hubee.OrganizationID{Type: "SI", CompanyRegister: town.Siret, BranchCode: town.COG}
		options.Organizations = append(options.Organizations, hubee.Organization{
			OrganizationID: id, Name: town.Name, PostalCode: town.Postcode, Territory: town.Commune, Email: town.Requester.Mail,
		})
		options.Subscriptions = append(options.Subscriptions, subscription(seed, town, id, i))
	}
	return options
}

func subscription(seed Seed, town Town, id hubee.OrganizationID, index int) hubee.SubscriptionSeed {
	s := hubee.SubscriptionSeed{
		DatapassID: int64(9001 + index), ProcessCode: hubee.QuotientProcess, Subscriber: id,
		Status: subscriptionStatus(town.Situation), AccessMode: "PORTAIL", NotificationFrequency: "Unitaire", Email: town.Requester.Mail,
		LocalAdministrator: hubee.LocalAdministrator{Email: town.Requester.Mail, FirstName: town.Requester.FirstName, LastName: town.Requester.LastName},
	}
	if editor, ok := seed.editor(town); ok {
		s.AccessMode, s.Editor = "API", editorID(editor)
		s.ClientID, s.ClientSecret = HubEEClient(town), HubEEClientSecret(town)
	}
	return s
}

// HubEEClient is the identifier by which a town's software speaks to HubEE.
func HubEEClient(town Town) string { return "si-" + town.Siret }

// HubEEClientSecret goes with HubEEClient.
func HubEEClientSecret(town Town) string { return "secret-si-" + town.Siret }

func editorID(e Editor) hubee.OrganizationID {
	return hubee.OrganizationID{Type: "EDT", CompanyRegister: e.Siret, BranchCode: e.COG}
}

func subscriptionStatus(situation string) string {
	switch situation {
	case "revoquee":
		return "Suspendu"
	case "hubee_en_attente":
		return "Inactif"
	}
	return "Actif"
}

// categoryCompany is the legal category of a "société par actions simplifiée".
const categoryCompany = "5710"

func inRegister(seed Seed) sirene.Options {
	options := sirene.Options{Key: RegisterKey}
	for _, e := range seed.Editors {
		options.Organizations = append(options.Organizations, sirene.Organization{
			Siret: e.Siret, Name: e.Name, CommuneCog: e.COG, LegalCategory: categoryCompany,
		})
	}
	for _, town := range seed.Towns {
		options.Organizations = append(options.Organizations, sirene.Organization{
			Siret: town.Siret, Name: town.Name, CommuneCog: town.COG, PostalCode: town.Postcode, Commune: town.Commune,
		})
	}
	for _, o := range seed.Others {
		options.Organizations = append(options.Organizations, sirene.Organization{
			Siret: o.Siret, Name: o.Name, CommuneCog: o.COG, PostalCode: o.Postcode, Commune: o.Commune, LegalCategory: o.Category, Closed: o.Closed,
		})
	}
	return options
}

// Town finds the town of a situation; a situation that the seed lacks is a mistake of the
// program.
func (s *Stage) Town(situation string) Town {
	for _, town := range s.Seed.Towns {
		if town.Situation == situation {
			return town
		}
	}
	panic(fmt.Sprintf("stage: no town %q in the seed", situation))
}
