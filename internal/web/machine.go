package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"
)

// MachineFunc answers a program, whose credential was verified. body is what it sent, nil
// where it sends nothing. An error becomes the status of the table in errors.go.
type MachineFunc func(c *gin.Context, body []byte) error

// Machine says which program may use a route, and how much it may send.
type Machine struct {
	Credential Credential
	MaxBody    int64 // bytes; 0 for a route to which nothing is sent
}

// HandleMachine registers a route of programs. It reads the body raw, forms included, and
// knows neither cookies nor sessions: another site that sends a request by somebody's
// browser gains nothing. Whatever goes wrong is told as {"error":"…"}, in English.
func (r *Router) HandleMachine(method, path string, machine Machine, handler MachineFunc) {
	r.routes = append(r.routes, Route{method, path, Access{name: machine.Credential.String()}})
	r.answer(method, path, func(c *gin.Context) {
		c.Set(machineKey, true)
		body, refused := machine.receive(c)
		if refused != 0 {
			machine.Credential.challenge(c.Writer.Header(), refused)
			r.writeError(c, refused)
			return
		}
		// From here on: a program that sends slowly leaves the handler its time.
		ctx, cancel := context.WithTimeout(c.Request.Context(), usualPatience)
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

const machineKey = "machine"

// isMachine tells whether a program made the request.
func isMachine(c *gin.Context) bool {
	path, taken := c.Request.URL.Path, c.FullPath() != ""
	return c.GetBool(machineKey) || !taken && (path == machinesPath || below(path, machinesPath) || below(path, doorPath))
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
		if isMachine(c) {
			r.writeError(c, status)
			c.Abort()
		}
	}
}
