package webtest

import (
	"log/slog"
	"testing"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/authz"
	"portail-qf/internal/web"
)

// PortalURL is where the portal of a test is.
const PortalURL = "https://portail.example.fr"

// Router is the portal before any page is on it. Its address, what it says of errors and the
// id of its requests are the same in every test; settings say the rest, and without a log
// nobody reads it. Whoever may not pass yet is sent where the portal would send him: a test
// that has another gate names it afterwards.
func Router(t testing.TB, settings web.Settings) *web.Router {
	t.Helper()
	settings.PortalURL, settings.Sentences = PortalURL, Templates(t)
	settings.Errors = Views(t, func(parsed *web.Templates) (web.ErrorPages, error) { return web.ParseErrorPages(parsed, web.Page{}) })
	settings.ProErrors = Views(t, web.ParseProErrorPage)
	settings.NewRequestID = func() string { return "01JCXN3Z8G5Q" }
	if settings.Log == nil {
		settings.Log = slog.New(slog.DiscardHandler)
	}
	router := web.NewRouter(settings)
	router.GuardedBy(gate{})
	return router
}

// gate tells where somebody would be sent (package accounts).
type gate struct{}

func (gate) AskSignIn(c *gin.Context) error       { return web.SeeOther(c, "/connexion") }
func (gate) AskSpace(c *gin.Context) error        { return web.SeeOther(c, "/espaces") }
func (gate) AskConfirmation(c *gin.Context) error { return web.SeeOther(c, "/connexion/confirmation") }

// Policy is the portal's: who may do what.
func Policy(t testing.TB) *authz.Policy {
	t.Helper()
	policy, err := authz.Read()
	if err != nil {
		t.Fatal(err)
	}
	return policy
}
