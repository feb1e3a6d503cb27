package web

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
)

// ClientDoor lets the programs of editors in. machine.Door is one.
type ClientDoor interface {
	Admit(ctx context.Context, text value.Secret, from netip.Addr) (machine.Pass, error)
}

// Client says which programs of editors may use a route: the role api_client must have the
// act (package authz), and the access token the scope.
type Client struct {
	Object, Act string
	Scope       machine.Scope
	MaxBody     int64 // bytes; 0 for a route to which nothing is sent
}

func (a Client) access() Access {
	return Access{name: "client: " + a.Object + " " + a.Act + ", scope " + string(a.Scope)}
}

// HandleClient registers a route of the API of editors. ActorOf is then the client, acting for
// its editor. Whatever goes wrong is a problem (RFC 9457), and without the right access token
// what RFC 6750 says. A query that repeats a parameter is refused: which one was meant?
func (r *Router) HandleClient(method, path string, client Client, handler MachineFunc) {
	r.routes = append(r.routes, Route{method, path, client.access()})
	r.machines[path] = true
	r.answer(method, path, func(c *gin.Context) {
		c.Set(machineKey, true)
		c.Set(problemKey, "")
		ctx, cancel := context.WithTimeout(c.Request.Context(), usualPatience)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		admitted, err := r.admitClient(c, client)
		if err == nil && admitted {
			err = r.answerClient(c, client, handler)
		}
		if err != nil {
			c.Set(problemKey, fault.CodeOf(err))
			r.fail(c, err)
		}
	})
}

func (r *Router) answerClient(c *gin.Context, client Client, handler MachineFunc) error {
	body, refused := Machine{Credential: Anyone, MaxBody: client.MaxBody}.receive(c)
	if refused != 0 {
		r.WriteProblem(c, refused, "")
		return nil
	}
	return handler(c, body)
}

// admitClient answers a program that may not use the route, or tells that the handler may go
// on.
func (r *Router) admitClient(c *gin.Context, client Client) (admitted bool, err error) {
	if !plainQuery(c.Request.URL.RawQuery) {
		r.WriteProblem(c, http.StatusBadRequest, "api_client.query_refused")
		return false, nil
	}
	token, shown := bearerToken(c.Request.Header)
	if !shown {
		c.Header("WWW-Authenticate", "Bearer")
		r.WriteProblem(c, http.StatusUnauthorized, "")
		return false, nil
	}
	pass, err := r.config.Clients.Admit(c.Request.Context(), token, r.Address(c))
	switch {
	case fault.Is(err, "api_client.access_refused"):
		c.Header("WWW-Authenticate", `Bearer error="invalid_token"`)
		r.WriteProblem(c, http.StatusUnauthorized, "api_client.access_refused")
		return false, nil
	case fault.Is(err, "api_client.too_many_calls"):
		c.Header("Retry-After", "1")
		r.WriteProblem(c, http.StatusTooManyRequests, "api_client.too_many_calls")
		return false, nil
	case err != nil:
		return false, err
	case !pass.Opens(client.Scope) || !r.config.Policy.Can(account.APIClient, client.Object, client.Act):
		c.Header("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+string(client.Scope)+`"`)
		r.WriteProblem(c, http.StatusForbidden, "api_client.scope_missing")
		return false, nil
	}
	actor := pass.Client.Actor()
	actor.RequestID = requestID(c)
	c.Set(actorKey, actor)
	return true, nil
}

// plainQuery tells whether a query can be read in one way only, and holds no token: in an
// address it would be written in every log.
func plainQuery(query string) bool {
	parameters, err := url.ParseQuery(query)
	if err != nil || parameters.Has("access_token") {
		return false
	}
	for _, values := range parameters {
		if len(values) > 1 {
			return false
		}
	}
	return true
}

// bearerToken reads the token that a program shows in its one header. shown is false for none,
// or for two, of which nobody knows which was meant.
func bearerToken(headers http.Header) (token value.Secret, shown bool) {
	values := headers.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, text, _ := strings.Cut(values[0], " ")
	return value.Secret(text), strings.EqualFold(scheme, "Bearer")
}
