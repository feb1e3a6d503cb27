package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/authz"
	"portail-qf/internal/domain/account"
)

// HandlerFunc answers a request. An error it returns becomes a page or a document of the
// table in errors.go; it must not have written anything then.
type HandlerFunc func(c *gin.Context) error

// Route is a registered route, for the reviewed list.
type Route struct {
	Method, Path string
	Access       Access
}

// Router is the map of the site: spaces mount their routes on it.
type Router struct {
	engine *gin.Engine
	routes []Route
	config Settings
	// policy is the Content-Security-Policy of every page.
	policy      string
	machines    map[string]bool // the paths of programs
	crossOrigin *http.CrossOriginProtection
	gate        Gate
	uploads     chan struct{} // a place for each form with files that is in memory
	territories []territory
}

// Settings are what every answer of the portal needs.
type Settings struct {
	PortalURL string // without final slash
	Brand     bool
	Contact   string // mail address for professionals
	Errors    ErrorPages
	// ProErrors is the page of an error for somebody who is signed in.
	ProErrors ProErrorPage
	// Sentences knows the sentences of templates/messages.
	Sentences *Templates
	Log       *slog.Logger
	Sessions  *account.Sessions
	Policy    *authz.Policy
	// Clients lets the programs of editors in.
	Clients ClientDoor
	// TrustedProxies are those in front of the portal, which say from where a request comes.
	TrustedProxies []netip.Prefix
	// FormActions are the origins of identity providers to which a form may lead.
	FormActions []string
	// Observe is told of each answer: route, status, time taken.
	Observe func(route string, status int, took time.Duration)
	// DatabaseAway tells the errors of a database that does not answer from our own.
	DatabaseAway func(err error) bool
	// NewRequestID makes the id that a person may quote to support.
	NewRequestID func() string
}

// NewRouter makes a router with the steps that every request goes through, in order; those
// of people then pass refuseCrossOrigin and boundBody, those of programs what HandleMachine
// says.
func NewRouter(config Settings) *Router {
	gin.SetMode(gin.ReleaseMode) // its debug mode prints to the terminal
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.ContextWithFallback = true
	engine.RedirectTrailingSlash = false // gin's answer would go through none of the steps below
	r := &Router{
		engine: engine, config: config, policy: contentPolicy(config.FormActions), crossOrigin: http.NewCrossOriginProtection(),
		machines: map[string]bool{}, uploads: make(chan struct{}, uploadsAtOnce), territories: []territory{{machinesPath, RefuseMachine}, {doorPath, RefuseMachine}},
	}
	engine.Use(r.identify, r.endAfterChunks, r.logRequest, r.secure, r.recoverPanic)
	engine.NoRoute(r.refuseMachine(http.StatusNotFound), r.refuseCrossOrigin, r.boundBody, r.withoutFinalSlash, r.refuseAs(http.StatusNotFound))
	engine.NoMethod(r.refuseMachine(http.StatusMethodNotAllowed), r.refuseCrossOrigin, r.boundBody, r.refuseAs(http.StatusMethodNotAllowed))
	return r
}

// withoutFinalSlash sends an address on which somebody put a final slash to the page without. A path that begins
// with two slashes would be read as another site.
func (r *Router) withoutFinalSlash(c *gin.Context) {
	path, slashed := strings.CutSuffix(c.Request.URL.Path, "/")
	if !slashed || path == "" || strings.HasPrefix(path, "//") || c.Request.Method != http.MethodGet {
		return
	}
	c.Redirect(http.StatusSeeOther, (&url.URL{Path: path, RawQuery: c.Request.URL.RawQuery}).String())
	c.Abort()
}

// usualPatience is how long an answer may take: nobody waits longer for a page, and what
// waits for a lock must not keep the connections of all the others.
const usualPatience = 8 * time.Second

// GuardedBy names who sends those who may not pass yet where they can earn it.
func (r *Router) GuardedBy(gate Gate) { r.gate = gate }

// Handle registers a route of people; those of programs have HandleMachine. A GET answers
// HEAD as well.
func (r *Router) Handle(method, path string, access Access, handler HandlerFunc) {
	r.HandleWithin(usualPatience, method, path, access, handler)
}

// HandleWithin is Handle for a route that waits for somebody else.
func (r *Router) HandleWithin(patience time.Duration, method, path string, access Access, handler HandlerFunc) {
	access = access.within(path)
	r.routes = append(r.routes, Route{method, path, access})
	answer := func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		admitted, err := r.admit(c, access)
		if admitted {
			err = handler(c)
		}
		if err != nil {
			r.fail(c, err)
		}
	}
	r.answer(method, path, r.refuseCrossOrigin, r.boundBody, answer)
}

// answer has the engine answer a method, and HEAD wherever it answers GET.
func (r *Router) answer(method, path string, steps ...gin.HandlerFunc) {
	r.engine.Handle(method, path, steps...)
	if method == http.MethodGet {
		r.engine.Handle(http.MethodHead, path, steps...)
	}
}

// Files serves static files below a prefix.
func (r *Router) Files(prefix string, files http.Handler) {
	r.routes = append(r.routes, Route{http.MethodGet, prefix + "*file", Public})
	r.answer(http.MethodGet, prefix+"*file", gin.WrapH(files))
}

// ServeHTTP answers a request.
func (r *Router) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.engine.ServeHTTP(w, request)
}

// Routes lists the registered routes in order of registration.
func (r *Router) Routes() []Route { return r.routes }

// Answered lists what the engine answers, access apart: a test compares it with Routes, so
// that no route comes in by another door.
func (r *Router) Answered() []Route {
	var answered []Route
	for _, route := range r.engine.Routes() {
		answered = append(answered, Route{Method: route.Method, Path: route.Path})
	}
	return answered
}

// Frame is what every page of this request shows.
func (r *Router) Frame(c *gin.Context) Page {
	return Page{Path: c.Request.URL.Path, Brand: r.config.Brand, RequestID: requestID(c)}
}

// ProFrame is what every page of a professional shows.
func (r *Router) ProFrame(c *gin.Context) ProPage {
	page, actor := ProPage{Page: r.Frame(c)}, ActorOf(c)
	page.Contact = r.config.Contact
	if !actor.SignedIn() {
		return page
	}
	page.Person, page.Organisation = actor.Name, actor.Organisation.Name
	page.Space, page.SeveralSpaces = actor.Role.Space(), len(actor.Open) > 1
	page.Navigation = r.navigation(actor, page.Path)
	page.Flash = r.takeFlash(c)
	return page
}
