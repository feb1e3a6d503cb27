package hubee

import (
	"net/http"
	"sync"
	"time"

	"portail-qf/internal/sim/control"
)

// Codes of the two default processes: ours, and another one that shares the queue of the
// same depositor (reference/hubee.md §7).
const (
	QuotientProcess = "FormulaireQF"
	ForeignProcess  = "ProactiviteCnousBoursiers"
)

// Client is a credential of the token endpoint and the organisation that it speaks for.
type Client struct {
	ID, Secret   string
	Organization OrganizationID
}

// SubscriptionSeed is a subscription that exists before the simulator starts.
type SubscriptionSeed struct {
	DatapassID            int64
	ProcessCode           string
	Subscriber            OrganizationID
	Status                string // Actif, Inactif, Suspendu, Refusé
	AccessMode            string // PORTAIL, API or empty
	NotificationFrequency string // empty: Aucune
	Email                 string // where HubEE tells that a folder has come; may be empty
	LocalAdministrator    LocalAdministrator
	Editor                OrganizationID // zero: none
	ClientID              string         // with ClientSecret: the SI credential, used in API mode only; empty: drawn at random
	ClientSecret          string
}

// Options seed the simulator.
type Options struct {
	Depositor     Client    // scope OSL
	Administrator Client    // scope ADMIN
	Processes     []Process // none: FormulaireQF and one foreign process
	Organizations []Organization
	Subscriptions []SubscriptionSeed
	Settings      Settings
	TokenLife     time.Duration // zero: one hour
}

// Server is the simulator: an http.Handler, and a few methods by which tests act as a town
// or as HubEE itself. It is safe for concurrent use.
type Server struct {
	surface   *control.Surface
	depositor OrganizationID
	tokenLife time.Duration

	mu       sync.Mutex // guards everything below, pointed-to values included
	settings Settings

	clients map[string]*client
	tokens  map[string]grant
	editors map[string]OrganizationID // portal sessions

	processes         []*Process
	organizations     map[OrganizationID]*Organization
	organizationOrder []OrganizationID
	subscriptions     map[string]*subscription
	subscriptionOrder []*subscription
	subscribed        map[subscriptionKey]*subscription // those not refused

	folders             map[string]*folder
	folderOrder         []*folder
	foldersByExternalID map[string][]*folder
	cases               map[string]*caseRecord
	completions         []completion

	notifications map[string]*notification
	queues        map[OrganizationID][]*notification
	mails         []Mail
}

// completion is a folder whose cases are to be notified at a given time.
type completion struct {
	folder *folder
	due    time.Time
}

// New returns a simulator filled with the seeds.
func New(options Options) *Server {
	s := &Server{
		depositor:           options.Depositor.Organization,
		tokenLife:           options.TokenLife,
		settings:            options.Settings.withDefaults(),
		clients:             map[string]*client{},
		tokens:              map[string]grant{},
		editors:             map[string]OrganizationID{},
		organizations:       map[OrganizationID]*Organization{},
		subscriptions:       map[string]*subscription{},
		subscribed:          map[subscriptionKey]*subscription{},
		folders:             map[string]*folder{},
		foldersByExternalID: map[string][]*folder{},
		cases:               map[string]*caseRecord{},
		notifications:       map[string]*notification{},
		queues:              map[OrganizationID][]*notification{},
	}
	if s.tokenLife == 0 {
		s.tokenLife = time.Hour
	}
	s.register(&client{Client: options.Depositor, scope: ScopeOSL})
	s.register(&client{Client: options.Administrator, scope: ScopeAdmin})
	s.seed(options, time.Now())
	s.surface = control.New(s.protocol())
	s.mountControl()
	return s
}

func (s *Server) seed(options Options, now time.Time) {
	processes := options.Processes
	if len(processes) == 0 {
		processes = defaultProcesses()
	}
	for _, process := range processes {
		s.processes = append(s.processes, &process)
	}
	for _, organization := range options.Organizations {
		if organization.Status == "" {
			organization.Status = statusActive
		}
		s.addOrganization(organization, now)
	}
	for _, seed := range options.Subscriptions {
		s.seedSubscription(seed, now)
	}
}

// ServeHTTP answers the protocol, the portal screen and the control surface.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.surface.ServeHTTP(w, r) }

// Control gives the control surface: faults and the request log.
func (s *Server) Control() *control.Surface { return s.surface }

// enter takes the lock and carries out what has fallen due; the caller unlocks.
func (s *Server) enter(now time.Time) {
	s.mu.Lock()
	s.completeDue(now)
}
