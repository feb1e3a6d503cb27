package franceconnect

import (
	"net/http"

	"portail-qf/internal/sim/oidc"
)

// interaction is an authorisation that waits for the person, page after page (§4.2.7):
// choice of the identity provider, log-in, information, continue; or back to the service.
type interaction struct {
	session string // of the browser that asked
	request authorization
	failure string // code by which FranceConnect refused the person
}

func (s *Server) openInteraction(w http.ResponseWriter, r *http.Request, request authorization) {
	id := s.interactions.Add(interaction{session: s.sessions.Ensure(w, r), request: request})
	http.Redirect(w, r, s.here(id), http.StatusSeeOther)
}

func (s *Server) here(id string) string { return s.issuer.Path("/interaction/" + id) }

// pending finds the interaction of the address, for the browser that opened it; otherwise
// it answers a page and found is false.
func (s *Server) pending(w http.ResponseWriter, r *http.Request) (i interaction, current session, found bool) {
	id, current, known := s.sessions.Current(r)
	i, found = s.interactions.Find(r.PathValue("id"))
	if !found || !known || i.session != id {
		s.pages.Refuse(w, http.StatusBadRequest, oidc.PageRefusal{
			Reason: "Votre demande a expiré. Retournez au service et recommencez.",
		})
		return interaction{}, session{}, false
	}
	return i, current, true
}

// showInteraction shows the page where the person is. Within an open session it is the
// information page at once: single sign-on does not skip it (§1.3).
func (s *Server) showInteraction(w http.ResponseWriter, r *http.Request) {
	i, current, found := s.pending(w, r)
	if !found {
		return
	}
	here := s.here(r.PathValue("id"))
	switch {
	case i.failure != "":
		s.pages.Render(w, http.StatusBadRequest, "failure", failurePage{
			Page:    oidc.Page{Title: "Connexion impossible"},
			Here:    here,
			Service: i.request.client.Name,
			Code:    i.failure,
		})
	case current.person != nil:
		s.pages.Render(w, http.StatusOK, "information", newInformationPage(here, i.request, current.person))
	case i.request.idpHint:
		http.Redirect(w, r, here+"/connexion", http.StatusSeeOther)
	default:
		s.pages.Render(w, http.StatusOK, "choice", choicePage{
			Page:    oidc.Page{Title: "Choisir un compte pour se connecter"},
			Here:    here,
			Service: i.request.client.Name,
		})
	}
}

func (s *Server) showLogin(w http.ResponseWriter, r *http.Request) {
	i, _, found := s.pending(w, r)
	if !found {
		return
	}
	s.pages.Render(w, http.StatusOK, "login", loginPage{
		Page:       oidc.Page{Title: "Choisir une identité de démonstration"},
		Here:       s.here(r.PathValue("id")),
		Service:    i.request.client.Name,
		Identities: s.identities,
	})
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	i, _, found := s.pending(w, r)
	if !found {
		return
	}
	form, err := oidc.PostedForm(w, r)
	identity, known := s.findIdentity(form.Get("key"))
	if err != nil || !known {
		s.pages.Refuse(w, http.StatusBadRequest, oidc.PageRefusal{Reason: "Cette identité n’existe pas."})
		return
	}
	i.failure = identity.Refusal
	if i.failure == "" {
		s.signIn(w, r, identity.Claims)
	}
	s.interactions.Put(r.PathValue("id"), i)
	http.Redirect(w, r, s.here(r.PathValue("id")), http.StatusSeeOther)
}

// resume is « Continuer » on the information page: the person goes back with a code.
func (s *Server) resume(w http.ResponseWriter, r *http.Request) {
	i, current, found := s.pending(w, r)
	if !found {
		return
	}
	if current.person == nil || i.failure != "" {
		http.Redirect(w, r, s.here(r.PathValue("id")), http.StatusSeeOther)
		return
	}
	s.interactions.Remove(r.PathValue("id"))
	s.grants.SendCode(w, r, &grant{authorization: i.request, person: current.person, authTime: current.authTime})
}

// abort is « Retour au service »: access_denied when the person changed her mind,
// server_error after an error page (§1.6).
func (s *Server) abort(w http.ResponseWriter, r *http.Request) {
	i, _, found := s.pending(w, r)
	if !found {
		return
	}
	s.interactions.Remove(r.PathValue("id"))
	refusal := errAborted
	if i.failure != "" {
		refusal = errFailed
	}
	i.request.Refuse(w, r, refusal, nil)
}
