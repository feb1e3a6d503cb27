package hubee

import (
	"net/http"
	"time"
)

// townMove is a status that an agent can give on the portal.
type townMove struct{ Status, Label string }

// townCase is a case as the town's page prints it.
type townCase struct {
	ID, Number, Process, ReceivedOn, Status string
	Files                                   []string
}

var townMoves = []townMove{{"SI_RECEIVED", "Reçu"}, {"IN_PROGRESS", "En cours"}, {"DONE", "Traité"}, {"REFUSED", "Refusé"}}

// statusLabel is the portal's word for the status of a case (reference/hubee.md §6.1).
func statusLabel(status string) string {
	switch status {
	case statusNotified, "SENT":
		return "Nouveau"
	case "ADD_AWAITING":
		return "En attente de complément"
	case "SI_INTG_ERROR":
		return "Erreur d’intégration"
	case statusClosed:
		return "Clos"
	case "ARCHIVED":
		return "Archivé"
	}
	for _, move := range townMoves {
		if move.Status == status {
			return move.Label
		}
	}
	return status
}

// mountTownPages adds the pages by which anybody plays the agents of a town: no sign-in,
// this is the simulator's own convenience.
func (s *Server) mountTownPages(mux *http.ServeMux) {
	mux.HandleFunc("GET /dossiers", s.showTowns)
	mux.HandleFunc("GET /dossiers/{town}", s.showTown)
	mux.HandleFunc("POST /dossiers/{town}/cas/{id}", s.moveCase)
	mux.HandleFunc("POST /dossiers/{town}/abonnements/{id}", s.moveSubscription)
}

func (s *Server) showTowns(w http.ResponseWriter, _ *http.Request) {
	view := struct {
		portalPage
		Towns []portalOrganization
	}{portalPage: portalPage{Title: "Dossiers reçus"}}
	s.enter(time.Now())
	view.Towns = s.organizationsOfType("SI")
	s.mu.Unlock()
	render(w, http.StatusOK, "towns", view)
}

func (s *Server) showTown(w http.ResponseWriter, r *http.Request) {
	view := struct {
		portalPage
		Key   string
		Cases []townCase
		Rows  []portalSubscription
		Moves []townMove
	}{Key: r.PathValue("town"), Moves: townMoves}
	s.enter(time.Now())
	town, known := s.organizationByKey(view.Key)
	if known {
		view.Title = town.Name
		view.Cases = s.casesOf(town.OrganizationID)
		for _, sub := range s.subscriptionOrder {
			if sub.Subscriber.OrganizationID == town.OrganizationID {
				view.Rows = append(view.Rows, s.shownRow(sub))
			}
		}
	}
	s.mu.Unlock()
	if !known {
		renderNotFound(w)
		return
	}
	render(w, http.StatusOK, "town", view)
}

// casesOf lists what a town has received, latest first.
func (s *Server) casesOf(town OrganizationID) []townCase {
	var found []townCase
	for i := len(s.folderOrder) - 1; i >= 0; i-- {
		for _, k := range s.folderOrder[i].cases {
			if k.Recipient != town || k.TransmissionDateTime == nil {
				continue
			}
			one := townCase{
				ID: k.ID, Number: k.ExternalID, Process: k.folder.ProcessCode, Status: statusLabel(k.Status),
				ReceivedOn: k.TransmissionDateTime.Local().Format("02/01/2006 à 15:04"),
			}
			for _, file := range k.files() {
				one.Files = append(one.Files, file.FileName)
			}
			found = append(found, one)
		}
	}
	return found
}

// moveCase does what the agent's click does: an event and a notification.
func (s *Server) moveCase(w http.ResponseWriter, r *http.Request) {
	status := formValue(w, r, "statut")
	now := time.Now()
	s.enter(now)
	k, found := s.cases[r.PathValue("id")]
	found = found && k.Recipient.String() == r.PathValue("town")
	var err error
	if found {
		err = s.advance(k, status, now)
	}
	s.mu.Unlock()
	switch {
	case !found:
		renderNotFound(w)
	case err != nil:
		renderProblem(w, http.StatusUnprocessableEntity, "Changement refusé", "Ce dossier ne peut pas prendre ce statut.")
	default:
		http.Redirect(w, r, "/dossiers/"+r.PathValue("town"), http.StatusSeeOther)
	}
}

// moveSubscription activates or suspends, as the local administrator does.
func (s *Server) moveSubscription(w http.ResponseWriter, r *http.Request) {
	status := formValue(w, r, "statut")
	now := time.Now()
	s.enter(now)
	sub, found := s.subscriptions[r.PathValue("id")]
	found = found && sub.Subscriber.String() == r.PathValue("town") && (status == statusActive || status == statusSuspended)
	if found {
		s.setSubscriptionStatus(sub, status, now)
	}
	s.mu.Unlock()
	if !found {
		renderNotFound(w)
		return
	}
	http.Redirect(w, r, "/dossiers/"+r.PathValue("town"), http.StatusSeeOther)
}
