package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
)

// MachineFunc answers a program, whose credential was verified. body is what it sent, nil
// where it sends nothing. An error becomes the status of the table in errors.go.
type MachineFunc func(c *gin.Context, body []byte) error

// Machine says which program may use a route, and how much it may send.
type Machine struct {
	Credential Credential
	MaxBody    int64 // bytes; 0 for a route to which nothing is sent
	// Patience is how long the answer may take, for a route that waits for somebody else; 0
	// for the usual time.
	Patience time.Duration
}

// HandleMachine registers a route of programs. It reads the body raw, forms included, and
// knows neither cookies nor sessions: another site that sends a request by somebody's
// browser gains nothing. Whatever goes wrong is told as {"error":"…"}, in English, or as
// ProgramsBelow says.
func (r *Router) HandleMachine(method, path string, machine Machine, handler MachineFunc) {
	r.routes = append(r.routes, Route{method, path, Access{name: machine.Credential.String()}})
	r.machines[path] = true
	patience := cmp.Or(machine.Patience, usualPatience)
	r.answer(method, path, func(c *gin.Context) {
		c.Set(machineKey, true)
		body, refused := machine.receive(c)
		if refused != 0 {
			machine.Credential.challenge(c.Writer.Header(), refused)
			r.writeError(c, refused)
			return
		}
		// From here on: a program that sends slowly leaves the handler its time.
		ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		if err := handler(c, body); err != nil {
			r.fail(c, err)
		}
	})
}

// receive reads what an entitled program sends; refused is the status of a refusal, 0 for
// none. Nothing is read of whoever is not entitled.
func (m Machine) receive(c *gin.Context) (body []byte, refused int) {
	vouches, ok := m.Credential.open(c.Request.Header)
	switch {
	case !ok:
		return nil, http.StatusUnauthorized
	case m.MaxBody == 0:
		return nil, 0
	case c.Request.ContentLength > m.MaxBody:
		return nil, http.StatusRequestEntityTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, m.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, http.StatusRequestTimeout
	case err != nil:
		return nil, http.StatusBadRequest
	case !vouches(body):
		return nil, http.StatusUnauthorized
	}
	return body, 0
}

// machinesPath and doorPath are above the addresses of programs: one that does not exist is
// theirs too.
const machinesPath, doorPath = "/api", "/oauth"

// Dialect tells programs, as they expect it, that a request ended with a status for which
// no handler answered.
type Dialect func(c *gin.Context, status int, message string)

// territory is the addresses below one, with the dialect of the programs to which they
// belong.
type territory struct {
	path string
	tell Dialect
}

// ProgramsBelow gives the addresses below one to programs: what no handler answers there —
// an address that does not exist, another method, a panic, too long a wait — is told in
// their dialect.
func (r *Router) ProgramsBelow(path string, dialect Dialect) {
	r.territories = append(r.territories, territory{path, dialect})
}

// dialectOf is the dialect of the innermost territory of a request. known is false where
// there is none.
func (r *Router) dialectOf(c *gin.Context) (dialect Dialect, known bool) {
	path, longest := c.Request.URL.Path, -1
	for _, t := range r.territories {
		if (path == t.path || below(path, t.path)) && len(t.path) > longest {
			dialect, longest = t.tell, len(t.path)
		}
	}
	return dialect, longest >= 0
}

const machineKey = "machine"

// isMachine tells whether a program made the request.
func (r *Router) isMachine(c *gin.Context) bool {
	_, theirs := r.dialectOf(c)
	return c.GetBool(machineKey) || theirs && c.FullPath() == ""
}

// tellMachine tells a program that a request ended with a status.
func (r *Router) tellMachine(c *gin.Context, status int) {
	dialect, known := r.dialectOf(c)
	if !known {
		dialect = RefuseMachine // a route of programs elsewhere
	}
	dialect(c, status, http.StatusText(status))
}

// RefuseMachine tells a program, in English, what went wrong.
func RefuseMachine(c *gin.Context, status int, message string) {
	c.JSON(status, struct {
		Error string `json:"error"`
	}{message})
}

// refuseMachine answers a program whose request no handler takes, before any step that is
// for people.
func (r *Router) refuseMachine(status int) gin.HandlerFunc {
	return func(c *gin.Context) {
		if r.isMachine(c) {
			r.writeError(c, status)
			c.Abort()
		}
	}
}
