package franceconnect

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"portail-qf/internal/sim/control"
)

// order is one POST /_sim/next: how the next authorisation is answered.
type order struct {
	// Values stay raw JSON, so that whatever a test writes arrives as it was written.
	Identity map[string]json.RawMessage `json:"identity,omitempty"`
	Key      string                     `json:"key,omitempty"`
	Error    string                     `json:"error,omitempty"`
	Mutate   falsification              `json:"mutate,omitzero"`
}

// falsification changes what is sent once everything is decided.
type falsification struct {
	IDToken  map[string]json.RawMessage `json:"id_token,omitempty"`
	UserInfo map[string]json.RawMessage `json:"userinfo,omitempty"`
	Callback map[string]*string         `json:"callback,omitempty"`
}

func (s *Server) listIdentities(w http.ResponseWriter, _ *http.Request) {
	control.Answer(w, s.identities)
}

func (s *Server) listOrders(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	waiting := append([]order{}, s.orders...)
	s.mu.Unlock()
	control.Answer(w, waiting)
}

func (s *Server) queueOrder(w http.ResponseWriter, r *http.Request) {
	var next order
	err := control.Decode(r, &next)
	if err == nil {
		err = s.checkOrder(next)
	}
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	s.orders = append(s.orders, next)
	s.mu.Unlock()
	control.Answer(w, next)
}

func (s *Server) checkOrder(next order) error {
	ways := 0
	for _, given := range []bool{next.Identity != nil, next.Key != "", next.Error != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return errors.New("exactly one of identity, key, error is expected")
	}
	if next.Key != "" {
		if _, found := s.findIdentity(next.Key); !found {
			return fmt.Errorf("no identity has the key %q", next.Key)
		}
	}
	for token, members := range map[string]map[string]json.RawMessage{
		"id_token": next.Mutate.IDToken,
		"userinfo": next.Mutate.UserInfo,
	} {
		if _, _, err := readEnvelope(members); err != nil {
			return fmt.Errorf("mutate %s: %w", token, err)
		}
	}
	return nil
}

func (s *Server) findIdentity(key string) (Identity, bool) {
	i := slices.IndexFunc(s.identities, func(identity Identity) bool { return identity.Key == key })
	if i < 0 {
		return Identity{}, false
	}
	return s.identities[i], true
}

func (s *Server) takeOrder() (order, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.orders) == 0 {
		return order{}, false
	}
	next := s.orders[0]
	s.orders = s.orders[1:]
	return next, true
}

// answerOrder answers the authorisation by an immediate redirect. A person who signs in
// this way has a session at FranceConnect, as after the pages.
func (s *Server) answerOrder(w http.ResponseWriter, r *http.Request, request authorization, next order) {
	refusal := redirectRefusal{next.Error, next.Error}
	for _, usual := range []redirectRefusal{errAborted, errFailed} {
		if usual.code == next.Error {
			refusal = usual
		}
	}
	var claims person
	switch {
	case next.Identity != nil:
		claims = person{}
		for name, value := range next.Identity {
			claims[name] = value
		}
	case next.Key != "":
		identity, _ := s.findIdentity(next.Key)
		claims = identity.Claims
		if identity.Refusal != "" {
			refusal = errFailed
		}
	}
	if refusal.code != "" {
		s.refuseBack(w, r, request, refusal, next.Mutate.Callback)
		return
	}
	opened := s.openSession(w, r, claims)
	s.sendCode(w, r, &grant{request: request, person: claims, authTime: opened.authTime, falsified: next.Mutate})
}
