package hubee

import (
	"net/http"
	"strings"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/outward"
)

// The deadlines of reference/hubee.md §2: HubEE's gateway is slow, and allows more to an
// upload than to the rest.
const (
	defaultTimeout       = 10 * time.Second
	defaultUploadTimeout = 30 * time.Second
	// Nobody waits behind the creation of a folder, and an answer that is not waited for
	// leaves a folder that cannot be found again.
	defaultCreateTimeout = time.Minute
)

// maxPartnerHeader is the length, in characters, of the headers that name the software
// (reference/hubee.md §2).
const maxPartnerHeader = 50

// Config says how to reach HubEE and as whom.
type Config struct {
	APIURL       string // without /teledossiers/v1 nor /referential/v1
	TokenURL     string
	ClientID     string
	ClientSecret value.Secret
	Scope        string // of the role when empty: "OSL", the depositor's; "ADMIN", the administrator's

	// Editor, Application and Version name this software to HubEE, on every call; each
	// is cut to 50 characters.
	Editor, Application, Version string

	// HTTP carries the calls; nil stands for a client that connects within 2 seconds.
	// Its redirections are refused in any case.
	HTTP *http.Client
	// Now is the real time, never the business one: HubEE's tokens live by it. nil
	// stands for time.Now.
	Now func() time.Time

	Timeout       time.Duration // of one exchange, token included; 10 s when zero
	UploadTimeout time.Duration // of one upload, token included; 30 s when zero
	CreateTimeout time.Duration // of the creation of a folder, token included; a minute when zero

	// Observe, when set, learns each operation with its outcome, "ok" or the code of the
	// fault, and its duration.
	Observe func(operation, outcome string, elapsed time.Duration)
}

// Client is HubEE for the depositor. It may be used by several goroutines at once.
type Client struct{ *connection }

var (
	_ dossier.Depositor      = (*Client)(nil)
	_ dossier.Correspondence = (*Client)(nil)
)

// New returns a client; it calls nobody before its first use.
func New(config Config) *Client { return &Client{connect(config, "OSL")} }

// connection is what the roles at HubEE have in common: one client of the token endpoint,
// and the ways of the exchange.
type connection struct {
	config Config
	http   *http.Client
	tokens tokenCache
}

// connect completes a configuration; scope is that of the role.
func connect(config Config, scope string) *connection {
	config.APIURL = strings.TrimRight(config.APIURL, "/")
	if config.Scope == "" {
		config.Scope = scope
	}
	config.Editor = firstCharacters(config.Editor, maxPartnerHeader)
	config.Application = firstCharacters(config.Application, maxPartnerHeader)
	config.Version = firstCharacters(config.Version, maxPartnerHeader)
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.CreateTimeout == 0 {
		config.CreateTimeout = defaultCreateTimeout
	}
	if config.UploadTimeout == 0 {
		config.UploadTimeout = defaultUploadTimeout
	}
	return &connection{config: config, http: outward.Client(config.HTTP), tokens: newTokenCache()}
}

// observed reports the end of an operation; it is deferred with the operation's start.
func (c *connection) observed(operation string, start time.Time, err *error) {
	if c.config.Observe == nil {
		return
	}
	outcome := "ok"
	if *err != nil {
		outcome = fault.CodeOf(*err)
	}
	c.config.Observe(operation, outcome, c.config.Now().Sub(start))
}

// firstCharacters cuts a text to at most limit characters, never inside one.
func firstCharacters(text string, limit int) string {
	seen := 0
	for at := range text {
		if seen == limit {
			return text[:at]
		}
		seen++
	}
	return text
}
