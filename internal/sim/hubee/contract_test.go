package hubee_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// contract is one of HubEE's two OpenAPI files.
type contract struct {
	base   string
	router routers.Router
}

// startUnderContract makes every answer validated against the official files, when they
// are there; the scenario is played in both cases.
func startUnderContract(t *testing.T) *hub {
	t.Helper()
	h := start(t)
	directory := os.Getenv("CONTRACTS_DIR")
	if directory == "" {
		t.Log("CONTRACTS_DIR is not set: answers are not compared with HubEE's OpenAPI files")
		return h
	}
	h.contracts = []contract{
		loadContract(t, filepath.Join(directory, "hubee", "api_folder_v1.2.7.yaml"), folders),
		loadContract(t, filepath.Join(directory, "hubee", "api_subscription_v1.2.3.yaml"), referential),
	}
	return h
}

func loadContract(t *testing.T, file, base string) contract {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		t.Fatalf("load %s: %v", file, err)
	}
	document.Servers = openapi3.Servers{{URL: base}}
	tolerate(document)
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		t.Fatalf("route %s: %v", file, err)
	}
	return contract{base, router}
}

// tolerate lifts what the published swagger says and HubEE does not do: a delegation to an
// editor's organisation carries no mail, and an absent one is null after a creation
// (reference/hubee.md §0, point 4, and §10.1).
func tolerate(document *openapi3.T) {
	if subscription, found := document.Components.Schemas["Subscription"]; found {
		delegation := subscription.Value.Properties["delegationActor"].Value
		delegation.Required = slices.DeleteFunc(delegation.Required, func(name string) bool { return name == "email" })
	}
	if delegation, found := document.Components.Schemas["DelegationActor"]; found {
		delegation.Value.Nullable = true
	}
}

// check validates one answer against the contract that describes it. Organisations have
// no published contract any more.
func (c caller) check(method, path string, got reply) {
	c.t.Helper()
	for _, one := range c.contracts {
		if !strings.HasPrefix(path, one.base) || strings.Contains(path, "/organizations") || strings.Contains(path, "/processes") {
			continue
		}
		request, err := http.NewRequest(method, path, http.NoBody)
		if err != nil {
			c.t.Fatal(err)
		}
		route, parameters, err := one.router.FindRoute(request)
		if err != nil {
			c.t.Errorf("%s is not a route of the contract: %v", got.line, err)
			return
		}
		err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: parameters, Route: route},
			Status:                 got.status, Header: got.header, Body: io.NopCloser(bytes.NewReader(got.body)),
			Options: &openapi3filter.Options{
				IncludeResponseStatus: true, MultiError: true,
				SchemaValidationOptions: []openapi3.SchemaValidationOption{
					openapi3.WithStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForUUIDOfRFC4122)),
					openapi3.WithStringFormatValidator("email", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForEmail)),
				},
			},
		})
		if err != nil {
			c.t.Errorf("%s answers %d against the contract: %v\nbody: %s", got.line, got.status, err, got.body)
		}
	}
}
