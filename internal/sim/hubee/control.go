package hubee

import (
	"net/http"
	"time"

	"portail-qf/internal/sim/control"
)

// mountControl adds what is HubEE's own to the control surface.
func (s *Server) mountControl() {
	s.surface.Handle("GET /_sim/folders", func(w http.ResponseWriter, _ *http.Request) { control.Answer(w, s.Folders()) })
	s.surface.Handle("GET /_sim/organizations", func(w http.ResponseWriter, _ *http.Request) { control.Answer(w, s.Organizations()) })
	s.surface.Handle("GET /_sim/subscriptions", func(w http.ResponseWriter, _ *http.Request) { control.Answer(w, s.Subscriptions()) })
	s.surface.Handle("GET /_sim/mails", func(w http.ResponseWriter, _ *http.Request) { control.Answer(w, s.Mails()) })
	s.surface.Handle("PUT /_sim/settings", s.putSettings)
}

// putSettings changes the switches that the body names and keeps the others.
func (s *Server) putSettings(w http.ResponseWriter, r *http.Request) {
	s.enter(time.Now())
	wanted := s.settings
	s.mu.Unlock()
	err := control.Decode(r, &wanted)
	if err == nil {
		err = s.SetSettings(wanted)
	}
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	control.Answer(w, wanted)
}

// Folders lists what was deposited, oldest first, with files and events.
func (s *Server) Folders() []Folder {
	s.enter(time.Now())
	defer s.mu.Unlock()
	shown := make([]Folder, 0)
	for _, f := range s.folderOrder {
		one := Folder{FolderHeader: f.FolderHeader, Cases: []FolderCase{}, Attachments: []StoredAttachment{}}
		for _, k := range f.cases {
			one.Cases = append(one.Cases, FolderCase{CaseSummary: k.CaseSummary, Events: k.eventAnswers(ScopeAdmin)})
		}
		for _, file := range f.attachments {
			one.Attachments = append(one.Attachments, *file)
		}
		shown = append(shown, one)
	}
	return shown
}

// Organizations lists the directory, oldest first.
func (s *Server) Organizations() []Organization {
	s.enter(time.Now())
	defer s.mu.Unlock()
	shown := make([]Organization, 0)
	for _, id := range s.organizationOrder {
		shown = append(shown, *s.organizations[id])
	}
	return shown
}

// Subscriptions lists every subscription, oldest first, without credentials.
func (s *Server) Subscriptions() []Subscription {
	s.enter(time.Now())
	defer s.mu.Unlock()
	shown := make([]Subscription, 0)
	for _, sub := range s.subscriptionOrder {
		shown = append(shown, s.inFull(sub))
	}
	return shown
}

// Mails lists what HubEE itself would have sent, oldest first.
func (s *Server) Mails() []Mail {
	s.enter(time.Now())
	defer s.mu.Unlock()
	return append([]Mail{}, s.mails...)
}

// Notifications lists every queue, for tests that assert on what is left.
func (s *Server) Notifications() []Notification {
	s.enter(time.Now())
	defer s.mu.Unlock()
	shown := make([]Notification, 0)
	for _, queue := range s.queues {
		for _, n := range queue {
			shown = append(shown, n.Notification)
		}
	}
	return shown
}
