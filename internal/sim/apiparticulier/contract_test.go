package apiparticulier_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"portail-qf/internal/sim/apiparticulier"
)

// contract is the two official OpenAPI files.
type contract struct{ documents map[string]*openapi3.T }

func readContract(t *testing.T) contract {
	t.Helper()
	dir := os.Getenv("CONTRACTS_DIR")
	if dir == "" {
		t.Skip("CONTRACTS_DIR is not set: the official OpenAPI files are not there to compare with")
	}
	c := contract{map[string]*openapi3.T{}}
	for _, name := range []string{"openapi-v2-quotient-familial.yaml", "openapi-v3-quotient-familial.yaml"} {
		document, err := openapi3.NewLoader().LoadFromFile(filepath.Join(dir, "api-particulier", name))
		if err != nil {
			t.Fatal(err)
		}
		for path := range document.Paths.Map() {
			c.documents[path] = document
		}
	}
	return c
}

// check compares an answer with what the contract says of its path and status.
func (c contract) check(t *testing.T, path string, got answered) error {
	t.Helper()
	document := c.documents[path]
	item := document.Paths.Find(path)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://contract.example"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	header := got.header.Clone()
	// §7.4: the service answers refusals as application/vnd.api+json, which the files never
	// name; its empty X-Cache-Expires-in is no number either, although they describe it so.
	header.Set("Content-Type", "application/json")
	header.Del("X-Cache-Expires-in")
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: request,
			Route:   &routers.Route{Spec: document, Path: path, PathItem: item, Method: http.MethodGet, Operation: item.Get},
		},
		Status: got.status, Header: header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	input.SetBodyBytes(got.body)
	return openapi3filter.ValidateResponse(t.Context(), input)
}

func pathOf(route apiparticulier.Route) string {
	switch route {
	case apiparticulier.RouteV2:
		return oldPath
	case apiparticulier.RouteV3Identity:
		return identityPath
	default:
		return citizenPath
	}
}

// undocumented are the statuses that §7.4 read in the code and the files leave out.
func undocumented(path string, status int) bool {
	switch path {
	case oldPath:
		return status == 403 || status == 409 || status == 429 || status == 502
	case citizenPath:
		return status == 502 || status == 504
	}
	return false
}

func TestOwnFamiliesKeepToTheContract(t *testing.T) {
	c := readContract(t)
	b := newBench(t, nil)
	for _, f := range b.sim.Families() {
		got := b.ask(f)
		if undocumented(pathOf(f.Route), got.status) {
			continue
		}
		err := c.check(t, pathOf(f.Route), got)
		if f.OutsideContract == "" && err != nil {
			t.Errorf("%s %s: %v", f.Route, f.Params.BirthName, err)
		}
		if f.OutsideContract != "" && f.Route != apiparticulier.RouteV2 && err == nil {
			t.Errorf("%s %s is said to be outside the contract (%s) and is not", f.Route, f.Params.BirthName, f.OutsideContract)
		}
	}
}

func TestRefusalsKeepToTheContract(t *testing.T) {
	c := readContract(t)
	b := newBench(t, func(o *apiparticulier.Options) {
		o.Tokens = append(o.Tokens, apiparticulier.Token{Value: "elsewhere", Scopes: allScopes,
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	})
	without := func(name string) url.Values {
		q := lucie()
		q.Del(name)
		return q
	}
	tests := []struct {
		why    string
		path   string
		query  url.Values
		token  string
		status int
	}{
		{"00101", identityPath, lucie(), "nobody's", 401},
		{"00103", identityPath, lucie(), "expired", 401},
		{"00105", identityPath, lucie(), "blacklisted", 401},
		{"00100", identityPath, lucie(), "other-scopes", 403},
		{"00107", identityPath, lucie(), "elsewhere", 403},
		{"00210", identityPath, without("recipient"), "full", 422},
		{"00427", identityPath, without("sexeEtatCivil"), "full", 422},
		{"37003", identityPath, without("jourDateNaissance"), "full", 404},
		{"50001", citizenPath, toRecipient(), "malformed", 401},
		{"50002", citizenPath, toRecipient(), "fc-unknown", 401},
		{"50003", citizenPath, toRecipient(), b.fc.signIn(nil, nil), 401},
		{"00210", citizenPath, nil, b.fc.signIn(angela(), nil), 422},
		{"00354", citizenPath, url.Values{"recipient": {recipient}, "mois": {"13"}}, b.fc.signIn(angela(), nil), 422},
		{"v2 access_denied", oldPath, oldLucie(), "other-scopes", 401},
		{"v2 expired", oldPath, oldLucie(), "expired", 401},
		{"v2 bad_request", oldPath, inOldWords(without("sexeEtatCivil")), "full", 400},
		{"v2 not_found", oldPath, inOldWords(without("jourDateNaissance")), "full", 404},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			headers := []string{"Authorization", "Bearer " + test.token}
			if test.path == oldPath {
				headers = []string{"X-Api-Key", test.token}
			}
			got := b.get(test.path, test.query, headers...)
			same(t, test.status, got.status)
			if err := c.check(t, test.path, got); err != nil {
				t.Error(err)
			}
		})
	}
}

// The comparison itself can fail.
func TestTheContractIsReallyCompared(t *testing.T) {
	c := readContract(t)
	header := http.Header{"X-Response-Cached": {"false"}}
	for _, wrong := range []answered{
		{200, header, []byte(`{"data":{},"links":{},"meta":{}}`)},
		{404, header, []byte(`{"error":"not_found"}`)},
		{418, header, []byte(`{"errors":[]}`)},
	} {
		if err := c.check(t, identityPath, wrong); err == nil {
			t.Errorf("accepted: %d %s", wrong.status, wrong.body)
		}
	}
}
