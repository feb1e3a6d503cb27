package hubee

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// Where the interfaces of HubEE live (reference/hubee.md §1).
const (
	foldersBase     = "/teledossiers/v1"
	referentialBase = "/referential/v1"
)

// maxAnswer bounds what is read of one answer, once decompressed.
const maxAnswer = 4 << 20

// call is one request to HubEE and what is expected of it.
type call struct {
	method  string
	base    string   // foldersBase when empty
	path    []string // segments below base
	query   url.Values
	payload any    // nil, a file as []byte, or a value sent as JSON
	success int    // the one status that means done
	missing string // the code of a 404; "" when the path names no object
}

// answer is what HubEE replied, read whole.
type answer struct {
	status       int
	requestID    string
	contentRange string
	body         []byte
}

// perform makes a call and returns HubEE's answer when it is the expected one. Otherwise
// the error is a fault, and the answer says more when there was one.
func (c *connection) perform(ctx context.Context, todo call) (answer, error) {
	target, err := todo.target(c.config.APIURL)
	if err != nil {
		return answer{}, err
	}
	contentType, body, err := todo.encode()
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience(todo))
	defer cancel()

	reply, err := c.authorized(ctx, func(token value.Secret) (*http.Request, error) {
		request, err := http.NewRequestWithContext(ctx, todo.method, target, bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("prepare request: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+token.Reveal())
		if contentType != "" {
			request.Header.Set("Content-Type", contentType)
		}
		if todo.isUpload() {
			digest := sha256.Sum256(body)
			request.Header.Set("Digest", base64.StdEncoding.EncodeToString(digest[:]))
		}
		return request, nil
	})
	switch {
	case err != nil:
		return answer{}, err
	case reply.status != todo.success:
		return reply, reply.failure(todo.missing)
	}
	return reply, nil
}

// authorized sends a request with the current token, and once more with a fresh one when
// HubEE answers 401: a token may end between two calls of a deposit.
func (c *connection) authorized(ctx context.Context, prepare func(value.Secret) (*http.Request, error)) (answer, error) {
	var refused value.Secret
	for {
		token, err := c.tokens.get(ctx, c.config.Now, refused, c.fetchToken)
		if err != nil {
			return answer{}, err
		}
		request, err := prepare(token)
		if err != nil {
			return answer{}, unavailable(err)
		}
		reply, err := c.send(request)
		if err != nil || reply.status != http.StatusUnauthorized || refused != "" {
			return reply, err
		}
		refused = token
	}
}

// send adds what every request carries, the token's included, and reads the answer.
func (c *connection) send(request *http.Request) (answer, error) {
	request.Header.Set("Accept", "application/json")
	for name, content := range map[string]string{
		"editorName":      c.config.Editor,
		"applicationName": c.config.Application,
		"softwareVersion": c.config.Version,
	} {
		if content != "" {
			request.Header.Set(name, content)
		}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, unavailable(fmt.Errorf("reach HubEE: %w", err))
	}
	defer response.Body.Close()
	body, err := readBody(response)
	if err != nil {
		return answer{}, unavailable(fmt.Errorf("read HubEE's answer of status %d: %w", response.StatusCode, err))
	}
	return answer{
		status:       response.StatusCode,
		requestID:    response.Header.Get("X-Request-Id"),
		contentRange: response.Header.Get("Content-Range"),
		body:         body,
	}, nil
}

// target is the address of the call. An identifier we do not hold is refused here: sent
// as it is, the path would name something else.
func (t call) target(apiURL string) (string, error) {
	var address strings.Builder
	address.WriteString(apiURL + cmp.Or(t.base, foldersBase))
	for _, segment := range t.path {
		if segment == "" || segment == "." || segment == ".." {
			return "", fault.Because(fault.Invalid, codeRefused, errors.New("an identifier of HubEE is missing"))
		}
		address.WriteString("/" + url.PathEscape(segment))
	}
	if len(t.query) > 0 {
		address.WriteString("?" + t.query.Encode())
	}
	return address.String(), nil
}

func (c *connection) patience(todo call) time.Duration {
	switch {
	case todo.isUpload():
		return c.config.UploadTimeout
	case todo.isCreation():
		return c.config.CreateTimeout
	}
	return c.config.Timeout
}

// isCreation tells the one call that must not be made twice.
func (t call) isCreation() bool {
	_, isFolder := t.payload.(newFolder)
	return isFolder
}

func (t call) isUpload() bool {
	_, isFile := t.payload.([]byte)
	return isFile
}

func (t call) encode() (contentType string, body []byte, err error) {
	switch payload := t.payload.(type) {
	case nil:
		return "", nil, nil
	case []byte:
		return "application/octet-stream", payload, nil
	default:
		body, err = json.Marshal(payload)
		if err != nil {
			return "", nil, fmt.Errorf("encode request: %w", err)
		}
		return "application/json", body, nil
	}
}

// readBody reads an answer whole. HubEE may compress although nobody asked, in which
// case net/http leaves it compressed; a 204 may announce gzip and be empty.
func readBody(response *http.Response) ([]byte, error) {
	body, err := readBounded(response.Body)
	if err != nil || len(body) == 0 || !strings.EqualFold(response.Header.Get("Content-Encoding"), "gzip") {
		return body, err
	}
	plain, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	return readBounded(plain)
}

func readBounded(source io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(source, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("longer than %d bytes", maxAnswer)
	}
	return body, nil
}

// decode reads the JSON of an expected answer. The decoder's error is dropped, since it
// may quote a value.
func (a answer) decode(into any) error {
	if json.Unmarshal(a.body, into) != nil {
		return a.unusable("is not the JSON of the contract")
	}
	return nil
}
