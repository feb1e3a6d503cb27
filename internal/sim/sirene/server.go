package sirene

import (
	"encoding/json"
	"net/http"
	"sync"

	"portail-qf/internal/sim/control"
)

// keyHeader carries the key of the application.
const keyHeader = "X-INSEE-Api-Key-Integration"

// Options says which key is accepted and what the register holds at start.
type Options struct {
	Key           string
	Organizations []Organization
}

// Server is the simulator: the protocol, and DEMO.md's control surface, embedded, around it.
// It is safe for concurrent use.
type Server struct {
	*control.Surface
	key string

	mu            sync.RWMutex
	organizations map[string]Organization // by SIRET
}

// New makes the simulator. Without a key in options it refuses every call, as the register
// refuses calls without key.
func New(options Options) *Server {
	s := &Server{key: options.Key, organizations: map[string]Organization{}}
	s.Put(options.Organizations...)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api-sirene/3.11/siret/{siret}", s.establishment)
	s.Surface = control.New(mux)
	s.Handle("PUT /_sim/organizations", s.putOrganizations)
	return s
}

// Put adds establishments to the register, or replaces those of the same SIRET.
func (s *Server) Put(organizations ...Organization) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range organizations {
		s.organizations[o.Siret] = o
	}
}

// establishment answers the call of the register.
func (s *Server) establishment(w http.ResponseWriter, r *http.Request) {
	if key := r.Header.Get(keyHeader); key == "" || key != s.key {
		write(w, http.StatusUnauthorized, wireGateway{"Unauthorized", http.StatusUnauthorized})
		return
	}
	siret := r.PathValue("siret")
	if !siretFormat.MatchString(siret) {
		refuse(w, http.StatusBadRequest, "Erreur de syntaxe dans le paramètre siret="+siret)
		return
	}
	s.mu.RLock()
	organization, found := s.organizations[siret]
	s.mu.RUnlock()
	if !found {
		refuse(w, http.StatusNotFound, "Aucun élément trouvé pour le siret "+siret)
		return
	}
	write(w, http.StatusOK, wireAnswer{wireHeader{http.StatusOK, "ok"}, organization.wire()})
}

// wireGateway is a refusal of the gateway in front of the register.
type wireGateway struct {
	Message string `json:"message"`
	Status  int    `json:"http_status_code"`
}

// refuse answers as the register itself does when it has nothing to give.
func refuse(w http.ResponseWriter, status int, message string) {
	write(w, status, struct {
		Header wireHeader `json:"header"`
	}{wireHeader{status, message}})
}

func write(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "the answer cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
