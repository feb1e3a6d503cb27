package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"portail-qf/internal/app"
	"portail-qf/internal/jobs"
	"portail-qf/internal/sim/stage"
)

const (
	drainTimeout = 2 * time.Minute
	drainEvery   = 20 * time.Millisecond
	maxOrder     = 1 << 20
)

// control is the surface of DEMO.md by which tests move the demo.
func (d *demo) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_demo", d.describe)
	mux.HandleFunc("GET /_demo/clock", d.tellTime)
	mux.HandleFunc("POST /_demo/clock", d.moveClock)
	mux.HandleFunc("POST /_demo/jobs/{name}", d.runJob)
	mux.HandleFunc("POST /_demo/drain", d.drain)
	mux.HandleFunc("POST /_demo/seed", d.fill)
	return mux
}

// description is the answer to GET /_demo.
type description struct {
	Portal         string               `json:"portal"`
	Simulators     map[string]string    `json:"simulators"`
	Secrets        describedSecrets     `json:"secrets"`
	Personas       []describedPersona   `json:"personas"`
	Editors        []describedEditor    `json:"editors"`
	Collectivities []describedTownState `json:"collectivities"`
}

// describedSecrets are those of the programs that write to the portal.
type describedSecrets struct {
	DatapassWebhook string `json:"datapass_webhook"`
	DirectoryBearer string `json:"directory_bearer"`
	// Introspection is how the existing gateway is let in at /oauth/introspect.
	IntrospectionID     string `json:"introspection_client_id"`
	IntrospectionSecret string `json:"introspection_client_secret"`
}

// describedPersona is somebody whom the portal lets in, in the first of the roles.
type describedPersona struct {
	Key        string         `json:"key"`
	Role       string         `json:"role"`
	Space      string         `json:"space"`
	ProConnect map[string]any `json:"proconnect"`
}

// spaceOf is where a role is held: by the operator's people, an editor's or a town's.
func spaceOf(role string) string {
	switch role {
	case "editor_admin", "editor_member":
		return "editor"
	case "town":
		return "town"
	}
	return "administration"
}

type describedEditor struct {
	Name             string   `json:"name"`
	Siret            string   `json:"siret"`
	APIClientID      string   `json:"api_client_id"`
	APIClientSecret  string   `json:"api_client_secret"`
	TechnicalContact string   `json:"technical_contact"`
	ReturnURLs       []string `json:"return_urls"`
}

type describedTownState struct {
	Name              string `json:"name"`
	Siret             string `json:"siret"`
	CodeCOG           string `json:"code_cog"`
	Situation         string `json:"situation"`
	EditorSiret       string `json:"editor_siret,omitempty"`
	Requester         string `json:"requester"`
	Token             string `json:"token,omitempty"`
	HubEEClientID     string `json:"hubee_client_id,omitempty"`
	HubEEClientSecret string `json:"hubee_client_secret,omitempty"`
}

func (d *demo) describe(w http.ResponseWriter, _ *http.Request) {
	answer := description{
		Portal: d.url(portPortal),
		Simulators: map[string]string{
			"franceconnect":   d.local(portFranceConnect),
			"proconnect":      d.local(portProConnect),
			"hubee":           d.url(portHubEE),
			"api_particulier": d.url(portAPIParticulier),
			"register":        d.url(portRegister),
			"mail":            d.url(portInbox),
			"clamd":           d.address(portClamd),
		},
		Secrets: describedSecrets{
			DatapassWebhook: stage.DatapassSecret, DirectoryBearer: stage.DirectoryBearer,
			IntrospectionID: stage.IntrospectionID, IntrospectionSecret: stage.IntrospectionSecret,
		},
	}
	for _, p := range d.stage.Seed.People {
		switch {
		case len(p.Roles) > 0:
			answer.Personas = append(answer.Personas, describedPersona{p.Key, p.Roles[0].Role, spaceOf(p.Roles[0].Role), p.Claims()})
		case d.stage.Seed.Admits(p.Siret): // from the first sign-in on
			answer.Personas = append(answer.Personas, describedPersona{p.Key, "town", spaceOf("town"), p.Claims()})
		}
	}
	for _, e := range d.stage.Seed.Editors {
		answer.Editors = append(answer.Editors, describedEditor{e.Name, e.Siret, e.API.ID, e.API.Secret, e.TechnicalContact, e.Returns})
	}
	for _, town := range d.stage.Seed.Towns {
		described := describedTownState{
			Name: town.Name, Siret: town.Siret, CodeCOG: town.COG, Situation: town.Situation,
			EditorSiret: town.Editor, Requester: town.Requester.Mail, Token: town.Token.Text,
		}
		if town.Editor != "" {
			described.HubEEClientID, described.HubEEClientSecret = stage.HubEEClient(town), stage.HubEEClientSecret(town)
		}
		answer.Collectivities = append(answer.Collectivities, described)
	}
	write(w, http.StatusOK, answer)
}

func (d *demo) tellTime(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string]string{"now": d.clock.Now().Format(time.RFC3339Nano)})
}

func (d *demo) moveClock(w http.ResponseWriter, r *http.Request) {
	var order struct{ Advance, Set string }
	if err := decode(r, &order); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	var err error
	switch {
	case order.Advance != "" && order.Set == "":
		var by time.Duration
		if by, err = time.ParseDuration(order.Advance); err == nil {
			err = d.clock.Advance(by)
		}
	case order.Set != "" && order.Advance == "":
		var to time.Time
		if to, err = time.Parse(time.RFC3339, order.Set); err == nil {
			err = d.clock.Set(to)
		}
	default:
		err = errors.New(`either "advance" (such as "48h") or "set" (RFC 3339) is expected`)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	d.tellTime(w, r)
}

func (d *demo) runJob(w http.ResponseWriter, r *http.Request) {
	report, err := d.portal.Jobs.Run(r.Context(), r.PathValue("name"))
	switch {
	case errors.Is(err, jobs.ErrUnknownJob):
		refuse(w, http.StatusNotFound, err)
	case err != nil:
		write(w, http.StatusInternalServerError, map[string]string{"report": report, "error": err.Error()})
	default:
		write(w, http.StatusOK, map[string]string{"report": report})
	}
}

// drain answers once no order is due or leased.
func (d *demo) drain(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), drainTimeout)
	defer cancel()
	for {
		busy, err := d.portal.Outbox.Busy(ctx, d.clock.Now())
		if err != nil {
			refuse(w, http.StatusGatewayTimeout, fmt.Errorf("not drained: %w", err))
			return
		}
		if busy == 0 {
			write(w, http.StatusOK, map[string]bool{"drained": true})
			return
		}
		select {
		case <-ctx.Done():
			refuse(w, http.StatusGatewayTimeout, fmt.Errorf("%d orders are still due", busy))
			return
		case <-time.After(drainEvery):
		}
	}
}

// fill adds collectivities, clients, tokens and dossiers for measurements.
func (d *demo) fill(w http.ResponseWriter, r *http.Request) {
	var order app.Filling
	if err := decode(r, &order); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	if err := d.portal.Fill(r.Context(), order); err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	write(w, http.StatusOK, order)
}

func decode(r *http.Request, order any) error {
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxOrder)).Decode(order); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	return nil
}

func refuse(w http.ResponseWriter, status int, err error) {
	write(w, status, map[string]string{"error": err.Error()})
}

func write(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the asker left: nobody is left to tell
}
