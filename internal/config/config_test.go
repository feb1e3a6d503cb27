package config

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func complete() []string {
	return []string{
		"PORTAL_URL=https://qf.example.fr", "DATABASE_URL=postgres://portal:hunter2@db/portal?sslmode=verify-full",
		"KEYS=k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "FRANCECONNECT_ISSUER=http://localhost:8081/api/v2", "FRANCECONNECT_CLIENT_ID=id",
		"FRANCECONNECT_CLIENT_SECRET=hunter2", "API_PARTICULIER_URL=https://api.example.fr", "API_PARTICULIER_TOKEN=hunter2",
		"PEPPER=p1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"PROCONNECT_ISSUER=https://pc.example.fr/api/v2", "PROCONNECT_CLIENT_ID=id", "PROCONNECT_CLIENT_SECRET=hunter2",
		"SMTP_URL=smtps://portail:hunter2@mail.example.fr",
		"HUBEE_API_URL=https://hubee.example.fr", "HUBEE_TOKEN_URL=https://auth.example.fr/oauth2/token",
		"HUBEE_OSL_ID=osl", "HUBEE_OSL_SECRET=hunter2", "HUBEE_ADMIN_ID=admin", "HUBEE_ADMIN_SECRET=hunter2",
	}
}

func TestACompleteEnvironmentIsRead(t *testing.T) {
	c, err := Read(complete())
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen == "" || c.ContactEmail != "api-particulier@api.gouv.fr" || c.HubEE.OSLSecret.Reveal() != "hunter2" || c.Brand {
		t.Errorf("Read = %+v", c)
	}
	if from, replyTo := c.Mail.From, c.Mail.ReplyTo; from != "API Particulier <support@particulier.api.gouv.fr>" || replyTo != "api-particulier@api.gouv.fr" { // PRODUCT.md 3.10
		t.Errorf("mails leave from %q, and are answered at %q", from, replyTo)
	}
	if printed := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(printed, "hunter2") || strings.Contains(printed, "AAAA") {
		t.Error("a printed configuration shows a secret")
	}
}

// « CIDR list, default none »
func TestTheProxiesInFrontAreKnown(t *testing.T) {
	for set, want := range map[string]string{
		"": "[]", "TRUSTED_PROXIES=": "[]", "TRUSTED_PROXIES=10.0.0.1, 2001:db8::/48": "[10.0.0.1/32 2001:db8::/48]",
	} {
		c, err := Read(append(complete(), set))
		if err != nil {
			t.Fatal(err)
		}
		if proxies, err := c.Proxies(); err != nil || fmt.Sprint(proxies) != want {
			t.Errorf("%s: %v, %v", set, proxies, err)
		}
	}
}

func TestAllFaultsAreListedAtOnceAndQuoteNoValue(t *testing.T) {
	environment := []string{
		"PORTAL_URL=ftp://hunter2", "DATABASE_URL=", "FRANCECONNECT_ISSUER=http://fc.example.fr/api/v2",
		"HUBEE_API_URL=https://hubee.example.fr/", "MARQUE_ETAT=hunter2", "CONTACT_EMAIL=nobody",
		"SIRENE_URL=https://hunter2/", "SIRENE_PAUSE=hunter2", "PROCONNECT_ISSUER=hunter2", "PROCONNECT_PKCE=hunter2",
		"PROCONNECT_ALGORITHM=hunter2", "OPERATOR_SIRET=hunter2", "HUBEE_ACTIVATION=hunter2", "DATAPASS_SECRET=hunter2", "DIRECTORY_BEARER=hunter2",
		"CLAMD_ADDRESS=hunter2", "PEPPER=hunter2", "API_PARTICULIER_JWT_KEY=hunter2", "TOKEN_PREFIX=hunter2", "GATEWAY_RECIPIENTS=hunter2", "INTROSPECTION_ID=hunter2",
		"TRUSTED_PROXIES=10.0.0.0/8,hunter2",
	}
	_, err := Read(environment)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"PORTAL_URL", "DATABASE_URL", "KEYS", "FRANCECONNECT_ISSUER", "FRANCECONNECT_CLIENT_ID",
		"FRANCECONNECT_CLIENT_SECRET", "API_PARTICULIER_URL", "HUBEE_API_URL", "HUBEE_TOKEN_URL", "HUBEE_OSL_ID", "HUBEE_OSL_SECRET", "HUBEE_ADMIN_ID", "HUBEE_ADMIN_SECRET", "MARQUE_ETAT", "CONTACT_EMAIL",
		"PROCONNECT_ISSUER", "PROCONNECT_CLIENT_ID", "PROCONNECT_CLIENT_SECRET", "PROCONNECT_PKCE must be", "PROCONNECT_ALGORITHM must be",
		"SMTP_URL is missing", "OPERATOR_SIRET must be", "HUBEE_ACTIVATION must be auto or manual", "DATAPASS_SECRET must have 16", "DIRECTORY_BEARER must have 16",
		"SIRENE_URL must be", "SIRENE_KEY is missing", "SIRENE_PAUSE must be a duration", "CLAMD_ADDRESS must be host:port",
		"API_PARTICULIER_TOKEN is missing", "API_PARTICULIER_JWT_KEY must have 16", "PEPPER: each key", "TOKEN_PREFIX must be", "GATEWAY_RECIPIENTS must be enforce or log", "INTROSPECTION_ID and INTROSPECTION_SECRET",
		"TRUSTED_PROXIES must be addresses or ranges"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the fault of %s is not listed in:\n%v", name, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a value is quoted:\n%v", err)
	}
}

// Without their secrets, DataPass and the existing back-office are refused; the portal
// starts all the same.
func TestTheSecretsOfMachinesAreOptional(t *testing.T) {
	c, err := Read(complete())
	if err != nil || c.Machines != (Machines{}) || c.HubEE.Activation != ActivationAuto {
		t.Errorf("Read = %+v, %v", c, err)
	}
	c, err = Read(append(complete(), "DATAPASS_SECRET=0123456789abcdef", "DIRECTORY_BEARER=fedcba9876543210", "HUBEE_ACTIVATION=manual"))
	if err != nil || c.Machines.DatapassSecret.Reveal() != "0123456789abcdef" || c.Machines.DirectoryBearer.Reveal() != "fedcba9876543210" ||
		c.HubEE.Activation != ActivationManual {
		t.Errorf("Read = %+v, %v", c, err)
	}
}

// "both or none": the register is asked with an address and a key, or not at all.
func TestTheRegisterIsOptionalAsAWhole(t *testing.T) {
	tests := []struct {
		name  string
		given []string
		fault string // "" for none
	}{
		{"none", nil, ""},
		{"both", []string{"SIRENE_URL=https://registre.example.fr", "SIRENE_KEY=hunter2"}, ""},
		{"no key", []string{"SIRENE_URL=https://registre.example.fr"}, "SIRENE_KEY is missing"},
		{"no address", []string{"SIRENE_KEY=hunter2"}, "SIRENE_URL is missing"},
		{"no pause", []string{"SIRENE_PAUSE=0s"}, ""},
		{"a pause back in time", []string{"SIRENE_PAUSE=-1s"}, "SIRENE_PAUSE must not be negative"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := Read(append(complete(), test.given...))
			switch {
			case test.fault == "" && err != nil:
				t.Fatal(err)
			case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)):
				t.Fatalf("error = %v, want %q", err, test.fault)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Errorf("a value is quoted: %v", err)
			case test.name == "both" && (c.Sirene.Pause != 2*time.Second || c.Sirene.Key.Reveal() != "hunter2"):
				t.Errorf("Sirene = %+v, want 30 calls a minute", c.Sirene)
			}
		})
	}
}

// Without a clamd documents are not analysed; with one, its address is one to connect to.
func TestTheAntivirusIsOptional(t *testing.T) {
	for given, accepted := range map[string]bool{
		"": true, "127.0.0.1:3310": true, "clamd.example.fr:3310": true, "[::1]:3310": true,
		"clamd.example.fr": false, "clamd.example.fr:": false, ":3310": false, "tcp://clamd.example.fr:3310": false, "clamd.example.fr:clamd": false,
		"clamd.example.fr:0": false, "clamd.example.fr:65536": false, "::1:3310": false, "/run/clamd.sock": false,
	} {
		c, err := Read(append(complete(), "CLAMD_ADDRESS="+given))
		switch {
		case !accepted && (err == nil || !strings.Contains(err.Error(), "CLAMD_ADDRESS must be host:port")):
			t.Errorf("%q: %v", given, err)
		case accepted && (err != nil || c.ClamdAddress != given):
			t.Errorf("%q is read as %q, %v", given, c.ClamdAddress, err)
		}
	}
}
