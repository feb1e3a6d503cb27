package hubee

import (
	"net/http"
	"slices"
)

const (
	foldersBase     = "/teledossiers/v1"
	referentialBase = "/referential/v1"
)

// route is one line of the rights matrix (reference/hubee.md §3).
type route struct {
	method   string
	base     string
	path     string // as the swagger writes it, after the base
	scopes   []Scope
	query    []parameter
	override bool // a POST that stands for a PATCH
	serve    func(*call) (answer, error)
}

// parameter is a query parameter that a route knows; any other one is refused.
type parameter struct {
	name string
	kind string // string, boolean, integer, number
}

var (
	everyone    = []Scope{ScopeOSL, ScopeSI, ScopeAdmin}
	depositors  = []Scope{ScopeOSL, ScopeAdmin}
	admins      = []Scope{ScopeAdmin}
	portalAlone = []Scope{} // §3 row 25: HubEE's own portal, hence nobody here
)

func (s *Server) folderRoutes() []route {
	const (
		oneFolder     = "/folders/{folderId}"
		oneCase       = "/cases/{caseId}"
		oneEvent      = oneCase + "/events/{eventId}"
		oneEventFile  = oneEvent + "/attachments/{attachmentId}"
		oneFolderFile = oneFolder + "/attachments/{attachmentId}"
	)
	queue := []parameter{{"maxResult", "number"}, {"processCode", "string"}, {"processPriority", "string"}, {"eventDetails", "boolean"}}
	return []route{
		{method: "GET", path: "/notifications", scopes: everyone, query: queue, serve: s.listNotifications},
		{method: "DELETE", path: "/notifications/{notificationId}", scopes: everyone, serve: s.deleteNotification},
		{method: "POST", path: "/folders", scopes: depositors, serve: s.createFolder},
		{method: "GET", path: oneFolder, scopes: depositors, serve: s.getFolder},
		{method: "PATCH", path: oneFolder, scopes: depositors, serve: s.patchFolder},
		{method: "POST", path: oneFolder, scopes: depositors, serve: s.patchFolder, override: true},
		{method: "DELETE", path: oneFolder, scopes: depositors, serve: s.deleteFolder},
		{method: "PUT", path: oneFolderFile, scopes: depositors, serve: s.uploadFolderFile},
		{method: "GET", path: oneCase, scopes: everyone, query: []parameter{{"lite", "string"}}, serve: s.getCase},
		{method: "PATCH", path: oneCase, scopes: everyone, serve: s.patchCase},
		{method: "POST", path: oneCase, scopes: everyone, serve: s.patchCase, override: true},
		{method: "GET", path: oneCase + "/attachments/{attachmentId}", scopes: everyone, serve: s.downloadCaseFile},
		{method: "POST", path: oneCase + "/events", scopes: everyone, serve: s.createEvent},
		{method: "GET", path: oneEvent, scopes: everyone, serve: s.getEvent},
		{method: "PATCH", path: oneEvent, scopes: everyone, serve: s.patchEvent},
		{method: "POST", path: oneEvent, scopes: everyone, serve: s.patchEvent, override: true},
		{method: "DELETE", path: oneEvent, scopes: everyone, serve: s.deleteEvent},
		{method: "PUT", path: oneEventFile, scopes: everyone, serve: s.uploadEventFile},
		{method: "GET", path: oneEventFile, scopes: everyone, serve: s.downloadEventFile},
		{method: "PUT", path: "/cases/migrate", scopes: portalAlone},
		{method: "GET", path: "/attachmentsIdsForPurge", scopes: portalAlone},
		{method: "PUT", path: "/idsPurged", scopes: portalAlone},
	}
}

func (s *Server) referentialRoutes() []route {
	const (
		oneSubscription = "/subscriptions/{subscriptionId}"
		oneOrganization = "/organizations/{organizationId}"
		oneProcess      = "/processes/{code}"
	)
	page := []parameter{{"orderBy", "string"}, {"offSet", "integer"}, {"maxResult", "integer"}}
	subscriptions := append([]parameter{
		{"processCode", "string"}, {"status", "string"}, {"companyRegister", "string"}, {"delegationActorEmail", "string"},
		{"datapassId", "integer"}, // not in the swagger, used by DataPass (§10.1)
	}, page...)
	organizations := append([]parameter{{"type", "string"}, {"company_register", "string"}}, page...)
	return []route{
		{method: "GET", path: "/subscriptions", scopes: depositors, query: subscriptions, serve: s.listSubscriptions},
		{method: "GET", path: oneSubscription, scopes: depositors, serve: s.getSubscription},
		{method: "POST", path: "/subscriptions", scopes: admins, serve: s.createSubscription},
		{method: "PUT", path: oneSubscription, scopes: admins, serve: s.updateSubscription},
		{method: "GET", path: "/organizations", scopes: admins, query: organizations, serve: s.listOrganizations},
		{method: "GET", path: oneOrganization, scopes: admins, serve: s.getOrganization},
		{method: "POST", path: "/organizations", scopes: admins, serve: s.createOrganization},
		{method: "PUT", path: oneOrganization, scopes: admins, serve: s.updateOrganization},
		{method: "GET", path: "/processes", scopes: admins, serve: s.listProcesses},
		{method: "GET", path: oneProcess, scopes: admins, serve: s.getProcess},
		{method: "POST", path: "/processes", scopes: admins, serve: s.createProcess},
		{method: "PUT", path: oneProcess, scopes: admins, serve: s.updateProcess},
	}
}

// protocol is everything but the control surface: the token, the two APIs, the portal.
func (s *Server) protocol() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/token", s.issueToken)
	for base, routes := range map[string][]route{foldersBase: s.folderRoutes(), referentialBase: s.referentialRoutes()} {
		var paths []string
		for _, rt := range routes {
			rt.base = base
			mux.HandleFunc(rt.method+" "+base+rt.path, func(w http.ResponseWriter, r *http.Request) { s.answerCall(w, r, rt) })
			if rt.path != "/cases/migrate" && !slices.Contains(paths, rt.path) { // that one would shadow a case
				paths = append(paths, rt.path)
				mux.HandleFunc(base+rt.path, s.always(refuse(http.StatusMethodNotAllowed, "Method not allowed")))
			}
		}
		mux.HandleFunc(base+"/", s.always(notFound("Not Found")))
	}
	s.mountPortal(mux)
	return mux
}

func (s *Server) always(refused *refusal) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { writeAnswer(w, r, refusalAnswer(refused), false) }
}
