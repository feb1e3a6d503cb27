package e2e

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// « a stated permission on every route » (ARCHITECTURE.md): the list of routes with their
// access is reviewed like code.
func TestEveryRouteIsListedWithItsAccess(t *testing.T) {
	router := open(t).app.Router()
	var listed []string
	registered := map[string]bool{}
	for _, route := range router.Routes() {
		listed = append(listed, fmt.Sprintf("%-5s %-50s %s", route.Method, route.Path, route.Access))
		registered[route.Method+" "+route.Path] = true
	}
	slices.Sort(listed)
	golden, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(golden)), "\n"), listed); diff != "" {
		t.Errorf("testdata/routes.txt differs from the site:\n%s", diff)
	}
	for _, route := range router.Answered() {
		method := route.Method
		if method == http.MethodHead { // Handle answers it wherever it answers GET
			method = http.MethodGet
		}
		if !registered[method+" "+route.Path] {
			t.Errorf("%s %s is answered and was not registered through Handle", route.Method, route.Path)
		}
	}
}

// « URLs: French, kebab-case, nouns » (ARCHITECTURE.md §4).
func TestAddressesAreKebabCase(t *testing.T) {
	segment := regexp.MustCompile(`^([a-z0-9.-]*|[:*][a-z]+)$`)
	kept := map[string]bool{"me_connecter": true, "quotient_familial": true} // the guide's own, and API Particulier's
	for _, route := range open(t).app.Router().Routes() {
		for part := range strings.SplitSeq(route.Path, "/") {
			if !segment.MatchString(part) && !kept[part] {
				t.Errorf("%s has the segment %q", route.Path, part)
			}
		}
	}
}
