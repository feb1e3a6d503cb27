package oidc

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"portail-qf/internal/sim/control"
)

// Order is one POST /_sim/next: how the next authorisation is answered.
type Order struct {
	// Values stay raw JSON, so that whatever a test writes arrives as it was written.
	Identity map[string]json.RawMessage `json:"identity,omitempty"`
	Key      string                     `json:"key,omitempty"`
	Error    string                     `json:"error,omitempty"`
	Mutate   Falsification              `json:"mutate,omitzero"`
}

// Falsification changes what is sent once everything is decided.
type Falsification struct {
	IDToken  map[string]json.RawMessage `json:"id_token,omitempty"`
	UserInfo map[string]json.RawMessage `json:"userinfo,omitempty"`
	Callback map[string]*string         `json:"callback,omitempty"`
}

// Claims are those of the identity that the order describes, raw.
func (o Order) Claims() map[string]any {
	claims := make(map[string]any, len(o.Identity))
	for name, value := range o.Identity {
		claims[name] = value
	}
	return claims
}

// Refusal is the error redirect that the order is: with the provider's own description where
// it is one of the usual, else with its code for all description.
func (o Order) Refusal(usual ...RedirectRefusal) RedirectRefusal {
	for _, refusal := range usual {
		if refusal.Code == o.Error {
			return refusal
		}
	}
	return ByRedirect(o.Error, o.Error)
}

// Orders is the queue of /_sim/next.
type Orders struct {
	offers func(key string) bool

	mu      sync.Mutex
	waiting []Order
}

// NewOrders makes an empty queue; offers tells the keys that an order may name.
func NewOrders(offers func(key string) bool) *Orders { return &Orders{offers: offers} }

// Control puts on a control surface the queue, and the persons whom its orders may name.
func (o *Orders) Control(surface *control.Surface, identities any) {
	surface.Handle("GET /_sim/identities", func(w http.ResponseWriter, _ *http.Request) { control.Answer(w, identities) })
	surface.Handle("GET /_sim/next", o.list)
	surface.Handle("POST /_sim/next", o.queue)
}

// list answers GET /_sim/next: the orders that wait.
func (o *Orders) list(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	waiting := append([]Order{}, o.waiting...)
	o.mu.Unlock()
	control.Answer(w, waiting)
}

// queue answers POST /_sim/next.
func (o *Orders) queue(w http.ResponseWriter, r *http.Request) {
	var next Order
	err := control.Decode(r, &next)
	if err == nil {
		err = o.check(next)
	}
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	o.mu.Lock()
	o.waiting = append(o.waiting, next)
	o.mu.Unlock()
	control.Answer(w, next)
}

// Take removes the order given first.
func (o *Orders) Take() (Order, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) == 0 {
		return Order{}, false
	}
	next := o.waiting[0]
	o.waiting = o.waiting[1:]
	return next, true
}

func (o *Orders) check(next Order) error {
	ways := 0
	for _, given := range []bool{next.Identity != nil, next.Key != "", next.Error != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return errors.New("exactly one of identity, key, error is expected")
	}
	if next.Key != "" && !o.offers(next.Key) {
		return fmt.Errorf("no identity has the key %q", next.Key)
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
