package franceconnect

import (
	"crypto/rand"
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
	opened := interaction{session: s.ensureSession(w, r), request: request}
	id := rand.Text()
	s.keepInteraction(id, opened)
	http.Redirect(w, r, s.base+"/interaction/"+id, http.StatusSeeOther)
}

func (s *Server) keepInteraction(id string, i interaction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interactions.Put(id, i, s.now(), interactionLife)
}

// pending finds the interaction of the address, for the browser that opened it; otherwise
// it answers a page and found is false.
func (s *Server) pending(w http.ResponseWriter, r *http.Request) (i interaction, current session, found bool) {
	id, current, known := s.currentSession(r)
	s.mu.Lock()
	i, found = s.interactions.Find(r.PathValue("id"), s.now())
	s.mu.Unlock()
	if !found || !known || i.session != id {
		s.refusePage(w, http.StatusBadRequest, oidc.PageRefusal{
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
	here := s.base + "/interaction/" + r.PathValue("id")
	switch {
	case i.failure != "":
		render(w, http.StatusBadRequest, "failure", failurePage{
			page:    page{Title: "Connexion impossible"},
			Here:    here,
			Service: i.request.client.Name,
			Code:    i.failure,
		})
	case current.person != nil:
		render(w, http.StatusOK, "information", newInformationPage(here, i.request, current.person))
	case i.request.idpHint:
		http.Redirect(w, r, here+"/connexion", http.StatusSeeOther)
	default:
		render(w, http.StatusOK, "choice", choicePage{
			page:    page{Title: "Choisir un compte pour se connecter"},
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
	render(w, http.StatusOK, "login", loginPage{
		page:       page{Title: "Choisir une identité de démonstration"},
		Here:       s.base + "/interaction/" + r.PathValue("id"),
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
		s.refusePage(w, http.StatusBadRequest, oidc.PageRefusal{Reason: "Cette identité n’existe pas."})
		return
	}
	i.failure = identity.Refusal
	if i.failure == "" {
		s.openSession(w, r, identity.Claims)
	}
	s.keepInteraction(r.PathValue("id"), i)
	http.Redirect(w, r, s.base+"/interaction/"+r.PathValue("id"), http.StatusSeeOther)
}

// resume is « Continuer » on the information page: the person goes back with a code.
func (s *Server) resume(w http.ResponseWriter, r *http.Request) {
	i, current, found := s.pending(w, r)
	if !found {
		return
	}
	if current.person == nil || i.failure != "" {
		http.Redirect(w, r, s.base+"/interaction/"+r.PathValue("id"), http.StatusSeeOther)
		return
	}
	s.endInteraction(r)
	s.sendCode(w, r, &grant{request: i.request, person: current.person, authTime: current.authTime})
}

// abort is « Retour au service »: access_denied when the person changed her mind,
// server_error after an error page (§1.6).
func (s *Server) abort(w http.ResponseWriter, r *http.Request) {
	i, _, found := s.pending(w, r)
	if !found {
		return
	}
	s.endInteraction(r)
	refusal := errAborted
	if i.failure != "" {
		refusal = errFailed
	}
	s.refuseBack(w, r, i.request, refusal, nil)
}

func (s *Server) endInteraction(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interactions.Remove(r.PathValue("id"))
}
