package apiparticulier_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"gopkg.in/yaml.v3"

	"portail-qf/internal/domain/fault"
)

const route = "/v3/dss/quotient_familial/france_connect"

// officialOperation reads the route in API Particulier's OpenAPI document.
func officialOperation(t *testing.T) (*openapi3.T, *openapi3.PathItem) {
	t.Helper()
	directory := os.Getenv("CONTRACTS_DIR")
	if directory == "" {
		t.Skip("CONTRACTS_DIR is unset: the official OpenAPI document of API Particulier is not checked")
	}
	document, err := openapi3.NewLoader().LoadFromFile(filepath.Join(directory, "api-particulier", "openapi-v3-quotient-familial.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	item := document.Paths.Find(route)
	if item == nil || item.Get == nil {
		t.Fatalf("the document has no GET %s", route)
	}
	return document, item
}

func TestTheQuestionSatisfiesTheOfficialContract(t *testing.T) {
	document, item := officialOperation(t)
	client := start(t, func(w http.ResponseWriter, r *http.Request) {
		err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
			Request: r, QueryParams: r.URL.Query(),
			Route: &routers.Route{Spec: document, Path: route, PathItem: item, Method: http.MethodGet, Operation: item.Get},
			// The security schemes are checked by this package's other tests.
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		})
		if err != nil {
			t.Errorf("the request breaks the contract: %v", err)
		}
		saying(200, angela)(w, r)
	})
	if _, err := client.Quotient(t.Context(), token, recipient); err != nil {
		t.Fatal(err)
	}
}

// Every documented example of an error is understood: none falls in a defect of ours.
func TestEveryOfficialErrorIsClassified(t *testing.T) {
	_, item := officialOperation(t)
	want := map[string]string{
		"00100": "quotient.unavailable", "00101": "quotient.unavailable", "00103": "quotient.unavailable", "00105": "quotient.unavailable",
		"00366": "quotient.not_found", "00203": "quotient.unavailable",
		"10003": "quotient.not_found", "23003": "quotient.not_found", "35003": "quotient.not_found",
		"00015": "quotient.slow", "00429": "quotient.slow",
	}
	for status, response := range item.Get.Responses.Map() {
		number, err := strconv.Atoi(status)
		if err != nil || number == http.StatusOK {
			continue
		}
		for name, example := range response.Value.Content.Get("application/json").Examples {
			t.Run(status+" "+name, func(t *testing.T) {
				body, err := json.Marshal(example.Value.Value)
				if err != nil {
					t.Fatal(err)
				}
				var read struct{ Errors []struct{ Code any } }
				if err := json.Unmarshal(body, &read); err != nil || len(read.Errors) != 1 {
					t.Fatalf("example: got %s, %v", body, err)
				}
				code, isText := read.Errors[0].Code.(string)
				if !isText {
					code = "00429" // written as a number in the document
				}
				_, err = start(t, saying(number, string(body))).Quotient(t.Context(), token, recipient)
				if got := fault.CodeOf(err); got != want[code] {
					t.Errorf("%s: got %q, want %q", code, got, want[code])
				}
			})
		}
	}
}

func TestTheOfficialFamiliesAreUnderstood(t *testing.T) {
	directory := os.Getenv("FAMILIES_DIR")
	if directory == "" {
		t.Skip("FAMILIES_DIR is unset: the official sandbox families are not read")
	}
	var files []string
	for _, pattern := range []string{"*.yml", "*.yaml"} {
		found, err := filepath.Glob(filepath.Join(directory, "v3-*", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Fatal("no family found")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var family struct {
				Status  int    `yaml:"status"`
				Payload string `yaml:"payload"`
			}
			if err := yaml.Unmarshal(text, &family); err != nil {
				t.Fatal(err)
			}
			quotient, err := start(t, saying(family.Status, family.Payload)).Quotient(t.Context(), token, recipient)
			switch family.Status {
			case http.StatusOK:
				if err != nil || quotient.Value == nil || len(quotient.Holders) == 0 {
					t.Errorf("got %+v, %v", quotient, err)
				}
			case http.StatusNotFound:
				assertFault(t, err, fault.NotFound, "quotient.not_found")
			default:
				assertFault(t, err, fault.Unavailable, "quotient.unavailable")
			}
		})
	}
}
