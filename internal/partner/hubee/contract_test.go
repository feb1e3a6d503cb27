package hubee_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"portail-qf/internal/domain/fault"
)

// folderContract and subscriptionContract are HubEE's published OpenAPI files, or nil when
// CONTRACTS_DIR is unset. Every request that the hubs of these tests receive is checked
// against them.
var (
	folderContract       = contractOf("api_folder_v1.2.7.yaml", "/teledossiers/v1")
	subscriptionContract = contractOf("api_subscription_v1.2.3.yaml", "/referential/v1")
)

func contractOf(file, base string) func() (routers.Router, error) {
	return sync.OnceValues(func() (routers.Router, error) {
		directory := os.Getenv("CONTRACTS_DIR")
		if directory == "" {
			return nil, nil
		}
		openapi3.DefineStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForUUIDOfRFC4122))
		document, err := openapi3.NewLoader().LoadFromFile(filepath.Join(directory, "hubee", file))
		if err != nil {
			return nil, err
		}
		document.Servers = openapi3.Servers{{URL: base}}
		return gorillamux.NewRouter(document)
	})
}

func checkContract(t *testing.T, contract func() (routers.Router, error), r *http.Request, body []byte) {
	router, err := contract()
	if err != nil {
		t.Errorf("load HubEE's contract: %v", err)
	}
	if router == nil {
		return
	}
	if err := validateRequest(router, r, body); err != nil {
		t.Errorf("%s %s is not of the contract: %v", r.Method, r.URL.Path, err)
	}
}

// validateRequest also refuses a query parameter that the contract does not name, as
// HubEE's gateway does; eventDetails is the one it knows and does not publish
// (reference/hubee.md §0).
func validateRequest(router routers.Router, r *http.Request, body []byte) error {
	bare := r.Clone(r.Context())
	bare.URL = &url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	bare.Body = http.NoBody
	if len(body) > 0 {
		bare.Body = io.NopCloser(bytes.NewReader(body))
	}
	route, parameters, err := router.FindRoute(bare)
	if err != nil {
		return err
	}
	for name := range bare.URL.Query() {
		if name != "eventDetails" && route.Operation.Parameters.GetByInAndName("query", name) == nil {
			return fmt.Errorf("query parameter %q is unexpected", name)
		}
	}
	return openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request:    bare,
		PathParams: parameters,
		Route:      route,
		Options: &openapi3filter.Options{
			AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc,
			RejectWhenRequestBodyNotSpecified: true,
		},
	})
}

// « a gateway validates requests against the swagger » (reference/hubee.md §2): every
// request of the adapter passes, and the check can fail.
func TestEveryRequestSatisfiesTheContract(t *testing.T) {
	router, err := folderContract()
	if err != nil {
		t.Fatalf("load HubEE's contract: %v", err)
	}
	if router == nil {
		t.Skip("CONTRACTS_DIR is unset: HubEE's OpenAPI file is not at hand")
	}
	h := newHub(t)
	client := h.client()
	deposit(t, client)
	h.notifications = []object{notificationOf("FormulaireQF", noticeID)}
	h.events = []object{statusUpdate("IN_PROGRESS")}
	follow(t, client)
	if err := client.Withdraw(t.Context(), folderID); !fault.Is(err, "hubee.refused") {
		t.Errorf("withdrawing a closed folder: %v, want hubee.refused", err)
	}

	asked := map[string]bool{}
	for _, route := range h.routes() {
		asked[route] = true
	}
	if len(asked) != 12 {
		t.Errorf("the adapter asked %d routes of the 12 it knows: %v", len(asked), asked)
	}

	broken := map[string]struct{ method, path, body string }{
		"no applicant":   {"POST", "/folders", `{"processCode":"FormulaireQF","externalId":"a","cases":[],"attachments":[]}`},
		"long reference": {"PATCH", "/folders/" + folderID, `{"globalStatus":"` + strings.Repeat("x", 51) + `"}`},
		"not a UUID":     {"DELETE", "/notifications/dddddd", ""},
		"unknown filter": {"GET", "/notifications?processType=x", ""},
	}
	for name, one := range broken {
		request, err := http.NewRequest(one.method, "/teledossiers/v1"+one.path, strings.NewReader(one.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		if validateRequest(router, request, []byte(one.body)) == nil {
			t.Errorf("%s: the contract accepts what it must refuse", name)
		}
	}
}

// The same of the referential: its requests are checked in every test; here the check
// shows that it can fail.
func TestTheReferentialsContractRefuses(t *testing.T) {
	router, err := subscriptionContract()
	if err != nil {
		t.Fatalf("load HubEE's contract: %v", err)
	}
	if router == nil {
		t.Skip("CONTRACTS_DIR is unset: HubEE's OpenAPI file is not at hand")
	}
	const (
		made    = `{"datapassId":1,"processCode":"FormulaireQF","notificationFrequency":"Unitaire","subscriber":{"type":"SI","companyRegister":"21910998000017","branchCode":"91998"},"localAdministrator":{"email":"mairie@valombre.fr"}`
		one     = "/subscriptions/" + folderID
		noMail  = `{"datapassId":1,"processCode":"FormulaireQF","notificationFrequency":"Unitaire","subscriber":{"type":"SI","companyRegister":"21910998000017","branchCode":"91998"}}`
		nothing = ""
	)
	for name, c := range map[string]struct {
		method, path, body string
		accepted           bool
	}{
		"whole":                  {"PUT", one, made + "}", true},
		"no administrator":       {"POST", "/subscriptions", noMail, false},
		"an absent delegation":   {"PUT", one, made + `,"delegationActor":{"type":null,"companyRegister":null,"branchCode":null}}`, false},
		"a null frequency":       {"PUT", one, strings.Replace(made, `"Unitaire"`, "null", 1) + "}", false},
		"its own identifier":     {"PUT", one, made + `,"id":"` + folderID + `"}`, false},
		"a mode of nobody":       {"PUT", one, made + `,"accessMode":"FAX"}`, false},
		"not a UUID":             {"GET", "/subscriptions/23133", nothing, false},
		"unknown filter":         {"GET", "/subscriptions?processType=x", nothing, false},
		"a filter of the port":   {"GET", "/subscriptions?companyRegister=21910998000017", nothing, true},
		"a register of 3 digits": {"GET", "/subscriptions?companyRegister=219", nothing, false},
	} {
		request, err := http.NewRequest(c.method, "/referential/v1"+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		if err := validateRequest(router, request, []byte(c.body)); (err == nil) != c.accepted {
			t.Errorf("%s: the contract says %v", name, err)
		}
	}
}
