package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// Editor answers the programs of editors (SETTLED.md, editor API). What it answers is written
// down in templates/api/openapi.yaml: every answer of the tests is compared with it.
type Editor struct {
	Clients  *credential.Clients
	Tokens   *credential.Tokens
	Dossiers *dossier.Lookup
	// Deposit keeps the pair by which the software of a town reads HubEE, and tells what came of
	// it. nil: the route is not there.
	Deposit   func(ctx context.Context, by account.Actor, siret value.Siret, id string, secret value.Secret) (credential.HubAnswer, error)
	PortalURL string // without final slash

	refuse func(c *gin.Context, status int, code string)
}

const editorAPI = "/api/v1/editeur"

// maxCall is many times what a call sends, in bytes.
const maxCall = 8 << 10

// Mount registers the routes.
func (e *Editor) Mount(r *web.Router) {
	e.refuse = r.WriteProblem
	reads := func(object string, scope machine.Scope) web.Client {
		return web.Client{Object: object, Act: "read", Scope: scope}
	}
	writes := func(object, act string, scope machine.Scope) web.Client {
		return web.Client{Object: object, Act: act, Scope: scope, MaxBody: maxCall}
	}
	get := func(path string, client web.Client, handler web.MachineFunc) {
		r.HandleClient(http.MethodGet, editorAPI+path, client, e.telling(handler))
	}
	post := func(path string, client web.Client, handler web.MachineFunc) {
		r.HandleClient(http.MethodPost, editorAPI+path, client, e.telling(handler))
	}
	get("/clients", reads("client", machine.ScopeClients), e.listClients)
	get("/clients/:siret", reads("client", machine.ScopeClients), e.showClient)
	get("/jetons", reads("token", machine.ScopeTokens), e.listTokens)
	get("/jetons/:id", reads("token", machine.ScopeTokens), e.showToken)
	post("/jetons/:id/collecte", writes("token", "collect", machine.ScopeTokensWrite), e.collect)
	post("/jetons/:id/confirmation", writes("token", "collect", machine.ScopeTokensWrite), e.confirm)
	post("/jetons/:id/remplacement", writes("token", "replace", machine.ScopeTokensWrite), e.replace)
	get("/dossiers", reads("dossier", machine.ScopeDossiers), e.listDossiers)
	get("/dossiers/:id", reads("dossier", machine.ScopeDossiers), e.showDossier)
	if e.Deposit != nil {
		post("/clients/:siret/hubee", writes("hub_account", "write", machine.ScopeHubWrite), e.deposit)
	}
}

// badCall is what is wrong with a call itself: its parameters, its headers or its body.
type badCall struct {
	status int
	code   string
}

func (b badCall) Error() string { return b.code }

// malformed is a call that cannot be understood.
func malformed(code string) error { return badCall{http.StatusBadRequest, code} }

// telling tells a program what is wrong with its call.
func (e *Editor) telling(handler web.MachineFunc) web.MachineFunc {
	return func(c *gin.Context, body []byte) error {
		err := handler(c, body)
		var bad badCall
		if errors.As(err, &bad) {
			e.refuse(c, bad.status, bad.code)
			return nil
		}
		return err
	}
}
