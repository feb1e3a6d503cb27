package accounts

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// Handler answers professionals at the door.
type Handler struct {
	Views    Views
	SignIns  *account.SignIns
	Sessions *account.Sessions
	Access   *account.Access
	Now      func() time.Time
	// Arrived learns where somebody who has just signed in goes on to; what it fails at is
	// logged, and keeps nobody out. nil for nobody.
	Arrived func(ctx context.Context, session value.Token, to string) error
	Log     *slog.Logger
	// Frame is what every page of a request shows; Recognise tells who is signed in where
	// a route is public; NoteRefused journals a refusal that has a page of its own.
	Frame       func(c *gin.Context) web.ProPage
	Recognise   func(c *gin.Context) (account.Actor, error)
	NoteRefused func(c *gin.Context) error
}

// The addresses registered at ProConnect, which compares them exactly.
const (
	CallbackPath  = "/proconnect/retour"
	LoggedOutPath = "/proconnect/deconnexion"
)

const (
	signInPath  = "/connexion"
	confirmPath = "/connexion/confirmation"
	resumePath  = "/connexion/reprise"
	spacesPath  = "/espaces"
	accountPath = "/mon-compte"

	// paramReturn is where a sign-in leads.
	paramReturn = "retour"
	// paramOver says that a session was, and is over.
	paramOver = "terminee"
)

// signInPatience covers ProConnect, three calls of 5 seconds, and the register, 3.
const signInPatience = 25 * time.Second

// Mount registers the routes of the door, and its gate.
func (h *Handler) Mount(r *web.Router) {
	r.GuardedBy(h)
	r.Handle(http.MethodGet, signInPath, web.Public, h.signInPage)
	r.Handle(http.MethodPost, signInPath, web.Public, h.start)
	r.HandleWithin(signInPatience, http.MethodGet, CallbackPath, web.Public, h.arrive)
	r.Handle(http.MethodGet, signInPath+"/refus/:cause", web.Public, h.refusal)
	r.Handle(http.MethodPost, "/deconnexion-professionnelle", web.Public, h.signOut)
	r.Handle(http.MethodGet, LoggedOutPath, web.Public, h.signedOut)

	r.Handle(http.MethodGet, confirmPath, web.SignedIn, h.confirmPage)
	r.Handle(http.MethodPost, confirmPath, web.SignedIn, h.confirm)
	r.Handle(http.MethodGet, resumePath, web.SignedIn, h.resumePage)

	r.Handle(http.MethodGet, spacesPath, web.SignedIn, h.spaces)
	r.Handle(http.MethodPost, spacesPath, web.SignedIn, h.choose)
	r.Handle(http.MethodGet, accountPath, web.SignedIn, h.ownAccount)
	r.Handle(http.MethodPost, accountPath+"/sessions/:id/fermeture", web.SignedIn, h.endOwnSession)
	r.Handle(http.MethodGet, accountPath+"/roles/:id/depart", web.SignedIn, h.leavePage)
	r.Handle(http.MethodPost, accountPath+"/roles/:id/depart", web.SignedIn, h.leave)

	r.Handle(http.MethodGet, "/invitations/:jeton", web.Public, h.invitation)
	r.Handle(http.MethodPost, "/invitations/:jeton", web.SignedIn, h.accept)
}
