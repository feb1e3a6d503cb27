package hubee

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxBody bounds what one call may send; the metadata bound each file further.
const maxBody = 64 << 20 // bytes

// call is one authorised exchange, its body already read. An endpoint runs under the
// server's lock and returns copies: nothing that it answers changes afterwards.
type call struct {
	request *http.Request
	route   route
	query   url.Values
	body    []byte
	grant   grant
	now     time.Time
}

func readBody(r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, errors.New("read body: too long")
	}
	return body, nil
}

// answerCall is the gateway in front of HubEE: token, scope, validation, then the resource.
func (s *Server) answerCall(w http.ResponseWriter, r *http.Request, rt route) {
	body, err := readBody(r, maxBody)
	if err != nil {
		s.always(badRequest())(w, r)
		return
	}
	c := &call{request: r, route: rt, query: r.URL.Query(), body: body, now: time.Now()}
	result, compressed, err := s.exchange(c)
	if refused := (*refusal)(nil); errors.As(err, &refused) {
		result = refusalAnswer(refused)
	} else if err != nil {
		result = refusalAnswer(refuse(http.StatusInternalServerError, "Internal Server Error"))
	}
	writeAnswer(w, r, result, compressed)
}

// exchange carries out a call under the lock and says whether to compress its answer.
func (s *Server) exchange(c *call) (result answer, compressed bool, err error) {
	s.enter(c.now)
	defer s.mu.Unlock()
	result, err = s.serve(c)
	return result, s.settings.Gzip, err
}

func (s *Server) serve(c *call) (answer, error) {
	granted, err := s.authenticate(c.request, c.now)
	if err != nil {
		return answer{}, err
	}
	c.grant = granted
	if !slices.Contains(c.route.scopes, granted.scope) {
		return answer{}, unauthorizedUser()
	}
	if err := c.checkOverride(); err != nil {
		return answer{}, err
	}
	var found []string
	found = append(found, c.headerViolations(s.settings.RequirePartnerHeaders)...)
	found = append(found, c.pathViolations()...)
	found = append(found, c.queryViolations()...)
	if len(found) > 0 {
		return answer{}, c.invalid(found)
	}
	return c.route.serve(c)
}

// id reads a UUID of the path.
func (c *call) id(name string) string { return strings.ToLower(c.request.PathValue(name)) }

// line words a finding of the gateway about one part of the request.
func (c *call) line(part, finding string) string {
	return fmt.Sprintf("[ERROR][REQUEST][%s %s %s] %s", c.request.Method, c.request.URL.Path, part, finding)
}

func (c *call) invalid(lines []string) *refusal {
	return refuse(http.StatusBadRequest, "Bad Request : Validation failed.\n%s", strings.Join(lines, "\n"))
}

// invalidBody refuses the body for these findings.
func (c *call) invalidBody(findings ...string) *refusal {
	lines := make([]string, len(findings))
	for i, finding := range findings {
		lines[i] = c.line("@body", finding)
	}
	return c.invalid(lines)
}

func (c *call) checkContentType(wanted string) error {
	sent := c.request.Header.Get("Content-Type")
	if mediaType, _, _ := mime.ParseMediaType(sent); len(c.body) > 0 && mediaType != wanted {
		return c.invalidBody(fmt.Sprintf("Request Content-Type header '%s' does not match any allowed types. Must be one of: [%q].", sent, wanted))
	}
	return nil
}

// decode checks the JSON body against a shape of the swagger and reads it.
func (c *call) decode(shape schema, into any) error {
	if err := c.checkContentType("application/json"); err != nil {
		return err
	}
	document, err := parseDocument(c.body)
	if err != nil {
		return c.invalidBody("Unable to parse JSON")
	}
	if findings := shape.violations(document); len(findings) > 0 {
		return c.invalidBody(findings...)
	}
	if err := json.Unmarshal(c.body, into); len(c.body) > 0 && err != nil {
		return c.invalidBody("Unable to parse JSON")
	}
	return nil
}

func (c *call) partner() PartnerInfo {
	header := func(name string) *string {
		if value := c.request.Header.Get(name); value != "" {
			return &value
		}
		return nil
	}
	return PartnerInfo{EditorName: header("editorName"), ApplicationName: header("applicationName"), SoftwareVersion: header("softwareVersion")}
}
