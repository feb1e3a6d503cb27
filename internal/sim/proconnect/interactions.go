package proconnect

import (
	"net/http"
	"slices"
	"strings"

	"portail-qf/internal/sim/oidc"
)

// interaction is an authorisation that waits for the person, page after page (§4.2.7):
// e-mail, identity, organisation, second factor; or back to the service. A page whose
// question is settled is not shown.
type interaction struct {
	session string // of the browser that asked
	request authorization
	email   string // typed or hinted, "" if nothing was
	asked   bool   // the page of the e-mail is behind
	person  person // nil: not chosen; with organizations: none chosen
}

// openInteraction begins at the first page that has something to ask. Who is signed in, but
// not well enough, only proves the second factor if that will do.
func (s *Server) openInteraction(w http.ResponseWriter, r *http.Request, request authorization, current *login) {
	s.followUps.Remove(request.ClientID)
	opened := interaction{
		session: s.sessions.Ensure(w, r),
		request: request,
		email:   request.loginHint,
		asked:   request.loginHint != "" || request.idpHint != "" || current != nil,
	}
	if current != nil {
		opened.email = current.person.email()
		if current.person.reach(request.demand) == byCode {
			opened.person = current.person
		}
	}
	http.Redirect(w, r, s.here(s.interactions.Add(opened)), http.StatusSeeOther)
}

func (s *Server) here(id string) string { return s.issuer.Path("/interaction/" + id) }

// pending finds the interaction of the address, for the browser that opened it; otherwise
// it answers a page and found is false.
func (s *Server) pending(w http.ResponseWriter, r *http.Request) (i interaction, found bool) {
	id, _, known := s.sessions.Current(r)
	i, found = s.interactions.Find(r.PathValue("id"))
	if !found || !known || i.session != id {
		s.pages.Refuse(w, http.StatusBadRequest, oidc.PageRefusal{
			Reason: "Votre demande a expiré. Retournez au service et recommencez.",
		})
		return interaction{}, false
	}
	return i, true
}

// showInteraction shows the page where the person is.
func (s *Server) showInteraction(w http.ResponseWriter, r *http.Request) {
	i, found := s.pending(w, r)
	if !found {
		return
	}
	here := s.here(r.PathValue("id"))
	switch {
	case i.person == nil && !i.asked:
		s.pages.Render(w, http.StatusOK, "email", s.newEmailPage(here, i))
	case i.person == nil:
		http.Redirect(w, r, here+"/connexion", http.StatusSeeOther)
	case len(i.person.organizations()) > 0:
		s.pages.Render(w, http.StatusOK, "organization", newOrganizationPage(here, i))
	default:
		s.pages.Render(w, http.StatusOK, "factor", factorPage{
			Page:    oidc.Page{Title: "Confirmer votre connexion"},
			Here:    here,
			Service: i.request.client.Name,
			Email:   i.person.text("email"),
		})
	}
}

func (s *Server) nameEmail(w http.ResponseWriter, r *http.Request) {
	i, found := s.pending(w, r)
	if !found {
		return
	}
	form, err := oidc.PostedForm(w, r)
	if err != nil {
		s.pages.Refuse(w, http.StatusBadRequest, oidc.PageRefusal{Reason: "La requête est illisible."})
		return
	}
	i.email, i.asked = strings.TrimSpace(form.Get("email")), true
	s.interactions.Put(r.PathValue("id"), i)
	http.Redirect(w, r, s.here(r.PathValue("id"))+"/connexion", http.StatusSeeOther)
}

// showLogin offers the identities of the provider that was hinted, and among them those of
// the e-mail, if anybody has it.
func (s *Server) showLogin(w http.ResponseWriter, r *http.Request) {
	i, found := s.pending(w, r)
	if !found {
		return
	}
	p := loginPage{
		Page:       oidc.Page{Title: "Choisir une identité de démonstration"},
		Here:       s.here(r.PathValue("id")),
		Service:    i.request.client.Name,
		Identities: s.identities,
	}
	if i.request.idpHint != "" {
		p.Identities = matching(s.identities, func(who person) bool { return who.idp() == i.request.idpHint })
	}
	if i.email != "" && !r.URL.Query().Has("toutes") {
		same := matching(p.Identities, func(who person) bool { return strings.EqualFold(who.email(), i.email) })
		if len(same) == 0 {
			p.Unknown = i.email
		} else {
			p.More = len(same) < len(p.Identities)
			p.Identities = same
		}
	}
	s.pages.Render(w, http.StatusOK, "login", p)
}

func matching(identities []Identity, wanted func(person) bool) []Identity {
	var found []Identity
	for _, identity := range identities {
		if wanted(identity.Claims) {
			found = append(found, identity)
		}
	}
	return found
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	i, found := s.pending(w, r)
	if !found {
		return
	}
	form, err := oidc.PostedForm(w, r)
	identity, known := s.findIdentity(form.Get("key"))
	if err != nil || !known {
		s.pages.Refuse(w, http.StatusBadRequest, oidc.PageRefusal{Reason: "Cette identité n’existe pas."})
		return
	}
	i.person = identity.Claims
	if len(i.person.organizations()) < 2 {
		i.person = i.person.hinted("")
	}
	s.settle(w, r, i)
}

func (s *Server) chooseOrganization(w http.ResponseWriter, r *http.Request) {
	i, found := s.pending(w, r)
	if !found {
		return
	}
	form, err := oidc.PostedForm(w, r)
	organizations := i.person.organizations()
	chosen := slices.IndexFunc(organizations, func(o person) bool { return o.text("siret") == form.Get("siret") })
	if err != nil || chosen < 0 {
		s.pages.Refuse(w, http.StatusBadRequest, oidc.PageRefusal{Reason: "Cette organisation n’est pas l’une des vôtres."})
		return
	}
	i.person = i.person.within(organizations[chosen])
	s.settle(w, r, i)
}

// settle goes as far as it can: to the next page, back to the service with a code, or back
// because the demanded level is out of reach.
func (s *Server) settle(w http.ResponseWriter, r *http.Request, i interaction) {
	if len(i.person.organizations()) == 0 {
		if !s.admits(w, i.request.client, i.person) {
			return
		}
		switch i.person.reach(i.request.demand) {
		case directly:
			s.finish(w, r, i, login{person: i.person, acr: i.person.level(), amr: i.person.amr()})
			return
		case unreachable:
			s.interactions.Remove(r.PathValue("id"))
			i.request.Refuse(w, r, errLevel, nil)
			return
		case byCode: // on the page
		}
	}
	s.interactions.Put(r.PathValue("id"), i)
	http.Redirect(w, r, s.here(r.PathValue("id")), http.StatusSeeOther)
}

// confirmFactor is the code that ProConnect sent, taken for typed.
func (s *Server) confirmFactor(w http.ResponseWriter, r *http.Request) {
	i, found := s.pending(w, r)
	if !found {
		return
	}
	if i.person == nil || len(i.person.organizations()) > 0 || i.person.reach(i.request.demand) != byCode {
		http.Redirect(w, r, s.here(r.PathValue("id")), http.StatusSeeOther)
		return
	}
	s.finish(w, r, i, login{person: i.person, acr: withCode(i.person.level()), amr: []string{"pwd", "mail"}})
}

// finish opens the session and sends the person back with a code.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, i interaction, who login) {
	s.interactions.Remove(r.PathValue("id"))
	who.authTime = s.now()
	s.sessions.Open(w, r, session{login: &who})
	s.grants.SendCode(w, r, &grant{authorization: i.request, login: who})
}

// abort is « Retour au service »: the person changed her mind.
func (s *Server) abort(w http.ResponseWriter, r *http.Request) {
	i, found := s.pending(w, r)
	if !found {
		return
	}
	s.interactions.Remove(r.PathValue("id"))
	i.request.Refuse(w, r, errAborted, nil)
}
