package arch

// A room is a package, or with "/..." a package and all below it, with what it may import of the project; the first line that
// names a package holds. The standard library needs no permission, save in the domain.
type room struct {
	folder string
	may    []string
}

const domain = "internal/domain/"

// ranks order the packages of rules: one imports lower ranks only. When two peers must talk, a higher one owns the conversation.
var ranks = [][]string{
	{"value", "fault", "place", "audit", "outbox"},
	{"notice", "operation", "launch"},
	{"account"},
	{"directory", "machine"},
	{"editor"},
	{"habilitation"},
	{"credential"},
	{"request"},
	{"renewal", "dossier", "inquiry", "hook"},
	{"decision"},
	{"support"},
}

// adapters know the rules and never one another; only cmd and e2e know the composition root, and nothing knows cmd.
var adapters = []room{
	{"internal/failpoint", nil},
	{"internal/config", []string{domain + "value", "internal/seal"}},
	{"internal/seal", []string{domain + "value"}},
	{"internal/observe", nil},
	{"internal/authz", []string{domain + "account"}},
	{"internal/document", []string{domain + "..."}},
	{"internal/document/intake", []string{domain + "..."}},
	{"internal/document/intake/intaketest", nil},
	{"internal/mail", []string{domain + "...", "templates"}},
	{"internal/jobs", []string{domain + "...", "internal/failpoint"}},
	{"internal/postgres", []string{domain + "...", "migrations", "internal/seal", "internal/failpoint"}},
	{"internal/postgres/pglocal", nil},
	{"internal/postgres/pgtest", []string{"internal/postgres", "internal/postgres/pglocal"}},

	{"internal/partner/outward", nil},
	{"internal/partner/franceconnect", []string{domain + "...", "internal/partner/oidc"}},
	{"internal/partner/proconnect", []string{domain + "...", "internal/partner/oidc"}},
	{"internal/partner/...", []string{domain + "...", "internal/partner/outward"}},

	{"internal/web/form", []string{domain + "value", domain + "fault"}},
	{"internal/web/dsfr", []string{"internal/web/form"}},
	{"internal/web/webtest", []string{domain + "account", domain + "value", "internal/authz", "internal/web", "templates"}},
	{"internal/web", []string{domain + "...", "internal/authz", "internal/failpoint", "internal/web/form", "internal/web/dsfr", "templates", "static"}},
	{"internal/web/...", []string{domain + "...", "internal/authz", "internal/failpoint", "internal/web", "internal/web/form", "internal/web/dsfr", "templates"}},

	{"internal/sim/...", []string{"internal/sim/..."}},
	{"internal/app", []string{
		domain + "...", "internal/config", "internal/seal", "internal/observe", "internal/authz", "internal/document",
		"internal/document/intake", "internal/mail", "internal/jobs", "internal/postgres", "internal/partner/...", "internal/web/...",
		"internal/failpoint", "templates", "static",
	}},
	{"internal/e2e/...", []string{"internal/...", "templates", "static", "migrations"}},
	{"internal/arch", nil},
	{"cmd/portal", []string{domain + "...", "internal/app", "internal/config", "internal/postgres"}},
	{"cmd/demo/...", []string{
		domain + "...", "internal/app", "internal/config", "internal/jobs", "internal/postgres", "internal/postgres/pglocal",
		"internal/seal", "internal/sim/...",
	}},
	{"templates", nil},
	{"migrations", nil},
	{"static/...", nil},
}

// inTests is what the test files of every package may import besides, those of the simulators apart: a service is tried with the
// real stores, the real seal and the real adapters in front of simulators, never with stand-ins of what can run for real.
var inTests = []string{"internal/sim/...", "internal/partner/...", "internal/postgres", "internal/seal", "internal/postgres/pgtest", "internal/postgres/pglocal", "internal/web/webtest", "internal/document/...", "templates", "static"}

// never may be imported by the domain although it is of the standard library: the web, a database, a page.
var never = []string{"net/http", "database/sql", "html/template"}

// A home is where a library may be imported: replacing it touches that folder.
type home struct {
	library string
	rooms   []string
}

var homes = []home{
	{"github.com/gin-gonic/gin", []string{"internal/web/..."}},
	{"github.com/alexedwards/scs/v2", []string{"internal/web/..."}},
	{"github.com/casbin/casbin/v2", []string{"internal/authz"}},
	{"github.com/jmoiron/sqlx", []string{"internal/postgres/..."}},
	{"github.com/lib/pq", []string{"internal/postgres/..."}},
	{"github.com/pressly/goose/v3", []string{"internal/postgres"}},
	{"github.com/robfig/cron/v3", []string{"internal/jobs"}},
	{"github.com/wneessen/go-mail", []string{"internal/mail"}},
	{"github.com/coreos/go-oidc/v3", []string{"internal/partner/oidc"}},
	{"golang.org/x/oauth2", []string{"internal/partner/oidc"}},
	{"github.com/go-jose/go-jose/v4", []string{"internal/partner/oidc", "internal/sim/..."}},
	{"github.com/emersion/go-smtp", []string{"internal/sim/smtp"}},
	{"github.com/emersion/go-sasl", []string{"internal/sim/smtp"}},
	{"github.com/goccy/go-yaml", []string{"internal/sim/apiparticulier", "internal/web/apidocs"}},
	{"github.com/standard-webhooks/standard-webhooks", []string{"internal/partner/webhook"}},
	{"code.dny.dev/ssrf", []string{"internal/partner/webhook"}},
	{"github.com/gabriel-vasile/mimetype", []string{"internal/web/..."}},
	{"github.com/pdfcpu/pdfcpu", []string{"internal/document", "internal/document/intake/..."}},
	{"github.com/piglig/go-qr", []string{"internal/document"}},
	{"golang.org/x/text", []string{"internal/document"}},
	{"github.com/prometheus/client_golang", []string{"internal/observe"}},
	{"github.com/caarlos0/env/v11", []string{"internal/config"}},
	{"github.com/alecthomas/kong", []string{"cmd/..."}},
	{"github.com/google/uuid", []string{"internal/app"}},
	{"golang.org/x/sync", []string{"internal/app", "internal/partner/oidc", "cmd/..."}},
	{"golang.org/x/net", []string{"internal/web/webtest"}},
}

// testLibraries may be imported by any test file.
var testLibraries = []string{
	"github.com/google/go-cmp", "pgregory.net/rapid", "github.com/getkin/kin-openapi", "github.com/go-jose/go-jose/v4",
	"github.com/pdfcpu/pdfcpu", "github.com/chromedp/chromedp", "github.com/chromedp/cdproto", "github.com/jba/templatecheck", "github.com/makiuchi-d/gozxing",
	"github.com/wneessen/go-mail", "github.com/goccy/go-yaml", "gopkg.in/yaml.v3", "golang.org/x/net",
}
