package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/seal"
)

// Config is the configuration of the portal. The README's table explains each variable.
type Config struct {
	PortalURL     string `env:"PORTAL_URL,required,notEmpty"`
	Listen        string `env:"LISTEN" envDefault:"127.0.0.1:8080"`
	MetricsListen string `env:"METRICS_LISTEN" envDefault:"127.0.0.1:8088"`
	// TrustedProxies are those in front of the portal; see Proxies.
	TrustedProxies []string `env:"TRUSTED_PROXIES" envSeparator:","`

	DatabaseURL          value.Secret `env:"DATABASE_URL,required,notEmpty"`
	DatabaseMigrationURL value.Secret `env:"DATABASE_MIGRATION_URL"`
	Keys                 value.Secret `env:"KEYS,required,notEmpty"`
	// Pepper holds the keys by which tokens and client secrets are hashed.
	Pepper value.Secret `env:"PEPPER,required,notEmpty"`
	Tokens Tokens

	FranceConnect  FranceConnect  `envPrefix:"FRANCECONNECT_"`
	ProConnect     ProConnect     `envPrefix:"PROCONNECT_"`
	APIParticulier APIParticulier `envPrefix:"API_PARTICULIER_"`
	HubEE          HubEE          `envPrefix:"HUBEE_"`
	Sirene         Sirene         `envPrefix:"SIRENE_"`
	Machines       Machines
	// ClamdAddress is host:port of the clamd that reads documents; without it they are not
	// analysed.
	ClamdAddress string `env:"CLAMD_ADDRESS"`

	Mail         Mail
	ContactEmail string   `env:"CONTACT_EMAIL" envDefault:"api-particulier@api.gouv.fr"`
	Operator     Operator `envPrefix:"OPERATOR_"`
	// OperatorSiret and OperatorName are the organisation for which staff act.
	OperatorSiret string `env:"OPERATOR_SIRET" envDefault:"13002526500013"`
	OperatorName  string `env:"OPERATOR_NAME" envDefault:"Direction interministérielle du numérique"`
	// Brand shows the State's brand block, which only its own sites may bear.
	Brand bool `env:"MARQUE_ETAT" envDefault:"false"`
	// FeedbackURL is the page of « Je donne mon avis »; no button without it.
	FeedbackURL string `env:"JE_DONNE_MON_AVIS_URL"`
}

// Operator is what the law wants a site to say of itself. What is missing is shown as to be
// filled in.
type Operator struct {
	PublicationDirector  string `env:"PUBLICATION_DIRECTOR"`
	HostName             string `env:"HOST_NAME"`
	HostAddress          string `env:"HOST_ADDRESS"`
	HostPhone            string `env:"HOST_PHONE"`
	DataProtection       string `env:"DATA_PROTECTION_MAIL"`
	AccessibilityContact string `env:"ACCESSIBILITY_MAIL"`
}

// FranceConnect is our registration at FranceConnect.
type FranceConnect struct {
	Issuer       string       `env:"ISSUER,required,notEmpty"`
	ClientID     string       `env:"CLIENT_ID,required,notEmpty"`
	ClientSecret value.Secret `env:"CLIENT_SECRET,required,notEmpty"`
}

// ProConnect is our registration at ProConnect.
type ProConnect struct {
	Issuer       string       `env:"ISSUER,required,notEmpty"`
	ClientID     string       `env:"CLIENT_ID,required,notEmpty"`
	ClientSecret value.Secret `env:"CLIENT_SECRET,required,notEmpty"`
	PKCE         bool         `env:"PKCE" envDefault:"true"`
	// Algorithm is the one registered for id_token and userinfo, RS256 or ES256.
	Algorithm string `env:"ALGORITHM" envDefault:"RS256"`
	// Scopes replace the usual ones: one that we are not entitled to refuses every sign-in.
	Scopes []string `env:"SCOPES" envSeparator:" "`
}

func (p ProConnect) fault() error {
	if p.Algorithm != "RS256" && p.Algorithm != "ES256" {
		return errors.New("PROCONNECT_ALGORITHM must be RS256 or ES256")
	}
	return nil
}

// Mail is how mails leave. Its texts are checked by package mail.
type Mail struct {
	SMTPURL value.Secret `env:"SMTP_URL,required,notEmpty"`
	From    string       `env:"MAIL_FROM" envDefault:"API Particulier <support@particulier.api.gouv.fr>"`
	ReplyTo string       `env:"MAIL_REPLY_TO" envDefault:"api-particulier@api.gouv.fr"`
}

// APIParticulier is where the quotient is asked for.
type APIParticulier struct {
	URL string `env:"URL,required,notEmpty"`
	// Token is our own, by which the gateway asks in the name of towns.
	Token value.Secret `env:"TOKEN,required,notEmpty"`
	// JWTKey verifies the tokens that the existing system signed (HS256); without it none of
	// them is known.
	JWTKey value.Secret `env:"JWT_KEY"`
}

func (a APIParticulier) fault() error {
	if a.JWTKey != "" && len(a.JWTKey) < minSecret {
		return fmt.Errorf("API_PARTICULIER_JWT_KEY must have %d characters or more", minSecret)
	}
	return nil
}

// Tokens are what the gateway issues and takes.
type Tokens struct {
	Prefix string `env:"TOKEN_PREFIX" envDefault:"apip_live_"`
	// Recipients is what becomes of a call for another recipient than the habilitation's.
	Recipients RecipientCheck `env:"GATEWAY_RECIPIENTS" envDefault:"enforce"`
	// IntrospectionID and IntrospectionSecret are the existing gateway's, which asks what
	// tokens open; without them it is not let in.
	IntrospectionID     string       `env:"INTROSPECTION_ID"`
	IntrospectionSecret value.Secret `env:"INTROSPECTION_SECRET"`
}

// RecipientCheck is what becomes of a call for another recipient.
type RecipientCheck string

// The checks (PRODUCT.md 3.5).
const (
	RecipientsEnforced RecipientCheck = "enforce" // it is refused
	RecipientsLogged   RecipientCheck = "log"     // it is noted, and answered
)

func (t Tokens) fault() error {
	var faults []error
	if t.Prefix != "apip_live_" && t.Prefix != "apip_test_" {
		faults = append(faults, errors.New("TOKEN_PREFIX must be apip_live_ or apip_test_"))
	}
	if t.Recipients != RecipientsEnforced && t.Recipients != RecipientsLogged {
		faults = append(faults, errors.New("GATEWAY_RECIPIENTS must be enforce or log"))
	}
	if (t.IntrospectionID == "") != (t.IntrospectionSecret == "") {
		faults = append(faults, errors.New("INTROSPECTION_ID and INTROSPECTION_SECRET go together"))
	}
	return errors.Join(faults...)
}

// HubEE is our two accounts there: the depositor's, and the administrator's, which makes
// organisations and subscriptions.
type HubEE struct {
	APIURL      string       `env:"API_URL,required,notEmpty"`
	TokenURL    string       `env:"TOKEN_URL,required,notEmpty"`
	OSLID       string       `env:"OSL_ID,required,notEmpty"`
	OSLSecret   value.Secret `env:"OSL_SECRET,required,notEmpty"`
	AdminID     string       `env:"ADMIN_ID,required,notEmpty"`
	AdminSecret value.Secret `env:"ADMIN_SECRET,required,notEmpty"`
	Activation  Activation   `env:"ACTIVATION" envDefault:"auto"`
	// PortalURL is HubEE's own portal, where editors copy the pairs of their client towns.
	PortalURL string `env:"PORTAL_URL" envDefault:"https://portail.hubee.numerique.gouv.fr"`
}

// Activation is who activates the subscriptions that we make at HubEE.
type Activation string

// The ways to activate a subscription (SETTLED.md, rules).
const (
	ActivationAuto   Activation = "auto"   // we do, and wait where HubEE refuses
	ActivationManual Activation = "manual" // somebody at HubEE does, and we wait
)

func (h HubEE) fault() error {
	if h.Activation != ActivationAuto && h.Activation != ActivationManual {
		return errors.New("HUBEE_ACTIVATION must be auto or manual")
	}
	return nil
}

// Machines are the secrets of the programs that write to the portal; without one, its
// program is refused.
type Machines struct {
	DatapassSecret  value.Secret `env:"DATAPASS_SECRET"`  // signs what DataPass sends
	DirectoryBearer value.Secret `env:"DIRECTORY_BEARER"` // of who adds collectivities
}

// minSecret is the length of a secret that nobody guesses, in bytes, if it was drawn.
const minSecret = 16

func (m Machines) fault() error {
	var faults []error
	for _, secret := range []struct {
		name  string
		value value.Secret
	}{{"DATAPASS_SECRET", m.DatapassSecret}, {"DIRECTORY_BEARER", m.DirectoryBearer}} {
		if secret.value != "" && len(secret.value) < minSecret {
			faults = append(faults, fmt.Errorf("%s must have %d characters or more", secret.name, minSecret))
		}
	}
	return errors.Join(faults...)
}

// Sirene is where imports ask for postcodes; without a URL they do without.
type Sirene struct {
	URL   string        `env:"URL"`
	Key   value.Secret  `env:"KEY"`
	Pause time.Duration `env:"PAUSE" envDefault:"2s"` // after each answer
}

// fault says what keeps the register from being asked.
func (s Sirene) fault() error {
	switch {
	case s.URL != "" && s.Key == "":
		return errors.New("SIRENE_KEY is missing: it goes with SIRENE_URL")
	case s.URL == "" && s.Key != "":
		return errors.New("SIRENE_URL is missing: it goes with SIRENE_KEY")
	case s.Pause < 0:
		return errors.New("SIRENE_PAUSE must not be negative")
	}
	return nil
}

// Read reads the environment, such as os.Environ(). The error lists every fault, one a
// line, and quotes no value.
func Read(environment []string) (Config, error) {
	var c Config
	faults := []error{readInto(&c, environment)}
	for _, address := range []struct{ name, value string }{
		{"PORTAL_URL", c.PortalURL},
		{"FRANCECONNECT_ISSUER", c.FranceConnect.Issuer},
		{"PROCONNECT_ISSUER", c.ProConnect.Issuer},
		{"API_PARTICULIER_URL", c.APIParticulier.URL},
		{"HUBEE_API_URL", c.HubEE.APIURL},
		{"HUBEE_TOKEN_URL", c.HubEE.TokenURL},
		{"HUBEE_PORTAL_URL", c.HubEE.PortalURL},
		{"SIRENE_URL", c.Sirene.URL},
		{"JE_DONNE_MON_AVIS_URL", c.FeedbackURL},
	} {
		if address.value != "" && !safeURL(address.value) {
			faults = append(faults, fmt.Errorf("%s must be an https address (http on this machine only), without a final slash, query or fragment", address.name))
		}
	}
	if at := strings.IndexByte(c.ContactEmail, '@'); at < 1 || at == len(c.ContactEmail)-1 {
		faults = append(faults, errors.New("CONTACT_EMAIL must be a mail address"))
	}
	faults = append(faults, c.Sirene.fault(), c.ProConnect.fault(), c.HubEE.fault(), c.Machines.fault(), c.APIParticulier.fault(), c.Tokens.fault())
	if _, err := value.ParseExactSiret(c.OperatorSiret); err != nil {
		faults = append(faults, errors.New("OPERATOR_SIRET must be a SIRET"))
	}
	if _, err := seal.Parse(c.Keys.Reveal()); c.Keys != "" && err != nil {
		faults = append(faults, fmt.Errorf("KEYS: %w", err))
	}
	if _, err := seal.ParsePepper(c.Pepper.Reveal()); c.Pepper != "" && err != nil {
		faults = append(faults, fmt.Errorf("PEPPER: %w", err))
	}
	for _, listener := range []struct{ name, value string }{{"LISTEN", c.Listen}, {"METRICS_LISTEN", c.MetricsListen}} {
		if _, port, err := net.SplitHostPort(listener.value); err != nil || port == "" {
			faults = append(faults, fmt.Errorf("%s must be host:port", listener.name))
		}
	}
	if _, err := c.Proxies(); err != nil {
		faults = append(faults, err)
	}
	if c.ClamdAddress != "" && !reachable(c.ClamdAddress) {
		faults = append(faults, errors.New("CLAMD_ADDRESS must be host:port"))
	}
	for _, database := range []struct {
		name  string
		value value.Secret
	}{{"DATABASE_URL", c.DatabaseURL}, {"DATABASE_MIGRATION_URL", c.DatabaseMigrationURL}} {
		if database.value != "" && !databaseURL(database.value.Reveal()) {
			faults = append(faults, fmt.Errorf("%s must be postgres://… with sslmode", database.name))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return Config{}, fmt.Errorf("configuration:\n%w", err)
	}
	return c, nil
}

// Proxies are the addresses of the proxies in front of the portal: they alone are believed when
// they say from where a request comes.
func (c Config) Proxies() ([]netip.Prefix, error) {
	var proxies []netip.Prefix
	for _, text := range c.TrustedProxies {
		proxy, err := value.ParseNetwork(strings.TrimSpace(text))
		if err != nil {
			return nil, errors.New("TRUSTED_PROXIES must be addresses or ranges such as 10.0.0.0/24, apart by commas")
		}
		proxies = append(proxies, proxy)
	}
	return proxies, nil
}

// ReadDatabase reads only what reading the database needs.
func ReadDatabase(environment []string) (value.Secret, error) {
	if url := env.ToMap(environment)["DATABASE_URL"]; url != "" {
		return value.Secret(url), nil
	}
	return "", errors.New("configuration:\nDATABASE_URL is missing")
}

// ReadMigration reads only what `portal migrate` needs.
func ReadMigration(environment []string) (value.Secret, error) {
	set := env.ToMap(environment)
	for _, name := range []string{"DATABASE_MIGRATION_URL", "DATABASE_URL"} {
		if set[name] != "" {
			return value.Secret(set[name]), nil
		}
	}
	return "", errors.New("configuration:\nDATABASE_MIGRATION_URL (or DATABASE_URL) is missing")
}

// readInto turns the library's faults into sentences that name the variable and never its
// value.
func readInto(c *Config, environment []string) error {
	err := env.ParseWithOptions(c, env.Options{Environment: env.ToMap(environment)})
	var several env.AggregateError
	if !errors.As(err, &several) {
		return err
	}
	faults := make([]error, 0, len(several.Errors))
	for _, fault := range several.Errors {
		var missing env.VarIsNotSetError
		var empty env.EmptyVarError
		var unread env.ParseError
		switch {
		case errors.As(fault, &missing):
			faults = append(faults, fmt.Errorf("%s is missing", missing.Key))
		case errors.As(fault, &empty):
			faults = append(faults, fmt.Errorf("%s is empty", empty.Key))
		case errors.As(fault, &unread):
			faults = append(faults, fmt.Errorf("%s must be %s", variable(reflect.TypeFor[Config](), unread), expected(unread.Type)))
		default:
			faults = append(faults, fault)
		}
	}
	return errors.Join(faults...)
}

// variable finds the variable of a value that could not be read: the library names the
// field only.
func variable(in reflect.Type, unread env.ParseError) string {
	for i := range in.NumField() {
		field := in.Field(i)
		if prefix := field.Tag.Get("envPrefix"); prefix != "" {
			if name := variable(field.Type, unread); name != "" {
				return prefix + name
			}
		} else if field.Name == unread.Name && field.Type == unread.Type {
			return field.Tag.Get("env")
		}
	}
	return ""
}

func expected(kind reflect.Type) string {
	if kind == reflect.TypeFor[time.Duration]() {
		return "a duration, such as 2s"
	}
	return "true or false"
}

// databaseURL asks for sslmode, whose default is not what one thinks.
func databaseURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && u.Query().Has("sslmode")
}

// reachable asks for a host and the number of a port: an address to connect to, not one to
// listen on.
func reachable(text string) bool {
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" {
		return false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0
}

func safeURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(text, "/") {
		return false
	}
	host := u.Hostname()
	return u.Scheme == "https" || u.Scheme == "http" && (host == "localhost" || host == "127.0.0.1" || host == "::1")
}
