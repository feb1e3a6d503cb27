package apiparticulier

import (
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The windows over which the provider's health is told (§7.1).
const (
	healthMinutes = 10
	badShare      = 10 // percent of 502, 503 and 504
)

// health remembers how the provider answered in the last ten minutes, minute by minute.
type health struct {
	mu      sync.Mutex
	minutes [healthMinutes]minute
	lastOK  time.Time
}

type minute struct {
	start      int64 // minutes since 1970
	total, bad int
}

func (h *health) record(status int, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	start := now.Unix() / 60
	slot := &h.minutes[start%healthMinutes]
	if slot.start != start {
		*slot = minute{start: start}
	}
	slot.total++
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		slot.bad++
	case http.StatusOK:
		h.lastOK = now
	}
}

// state is "ok", "bad_gateway" or, when nobody asked, "unknown".
func (h *health) state(now time.Time) (state string, lastOK time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	total, bad := 0, 0
	for _, slot := range h.minutes {
		if now.Unix()/60-slot.start < healthMinutes {
			total += slot.total
			bad += slot.bad
		}
	}
	switch {
	case total == 0:
		return "unknown", h.lastOK
	case bad*100 >= total*badShare:
		return "bad_gateway", h.lastOK
	default:
		return "ok", h.lastOK
	}
}

// wirePing is the answer of a ping.
type wirePing struct {
	Status       string     `json:"status"`
	LastUpdate   time.Time  `json:"last_update"`
	LastOKStatus *time.Time `json:"last_ok_status"`
}

// ping tells that the service itself answers.
func (s *Server) ping(w http.ResponseWriter, _ *http.Request) {
	now := s.now()
	write(w, http.StatusOK, typeJSON, wirePing{"ok", now, &now})
}

// pingProvider tells the health of the quotient's provider: 502 when it is bad.
func (s *Server) pingProvider(w http.ResponseWriter, _ *http.Request) {
	now := s.now()
	state, lastOK := s.health.state(now)
	answer := wirePing{Status: state, LastUpdate: now}
	if !lastOK.IsZero() {
		answer.LastOKStatus = &lastOK
	}
	status := http.StatusOK
	if state == "bad_gateway" {
		status = http.StatusBadGateway
	}
	write(w, status, typeJSON, answer)
}

// introspectOwn answers /api/introspect: what an API token may do.
func (s *Server) introspectOwn(w http.ResponseWriter, r *http.Request) {
	if _, refusal := s.administration(v2, w.Header(), r); refusal != nil {
		v2.refuse(w, *refusal)
		return
	}
	token := s.tokens[credential(r)]
	write(w, http.StatusOK, typeJSON, struct {
		ID     string   `json:"_id"`
		Name   string   `json:"name"`
		Scopes []string `json:"scopes"`
	}{token.id(), token.Name, append([]string{}, token.Scopes...)})
}

// publishKeys answers /api/france_connect_jwks: the key for which answers of FranceConnect's
// /checktoken are encrypted.
func (s *Server) publishKeys(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, typeJSON, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.PublicKey()}})
}

// The sentences of the routes that were closed.
const (
	oldQuotientGone = "L'API Quotient Familial v1 n'est plus disponible depuis le 31/10/2025. Veuillez utiliser l'API v2 : /api/v2/composition-familiale-v2"
	firstAPIGone    = "Cette version de l'API n'est plus disponible depuis le 08/01/2024."
)

func gone(sentence string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusGone)
		_, _ = w.Write([]byte(sentence))
	}
}
