package config

import (
	"fmt"
	"strings"
	"testing"
)

func complete() []string {
	return []string{
		"PORTAL_URL=https://qf.example.fr", "DATABASE_URL=postgres://portal:hunter2@db/portal?sslmode=verify-full",
		"KEYS=k1:secret", "FRANCECONNECT_ISSUER=http://localhost:8081/api/v2", "FRANCECONNECT_CLIENT_ID=id",
		"FRANCECONNECT_CLIENT_SECRET=hunter2", "API_PARTICULIER_URL=https://api.example.fr",
		"HUBEE_API_URL=https://hubee.example.fr", "HUBEE_TOKEN_URL=https://auth.example.fr/oauth2/token",
		"HUBEE_OSL_ID=osl", "HUBEE_OSL_SECRET=hunter2",
	}
}

func TestACompleteEnvironmentIsRead(t *testing.T) {
	c, err := Read(complete())
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen == "" || c.ContactEmail != "api-particulier@api.gouv.fr" || c.HubEE.OSLSecret.Reveal() != "hunter2" || !c.Brand {
		t.Errorf("Read = %+v", c)
	}
	if printed := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(printed, "hunter2") || strings.Contains(printed, "k1:secret") {
		t.Error("a printed configuration shows a secret")
	}
}

func TestAllFaultsAreListedAtOnceAndQuoteNoValue(t *testing.T) {
	environment := []string{
		"PORTAL_URL=ftp://hunter2", "DATABASE_URL=", "FRANCECONNECT_ISSUER=http://fc.example.fr/api/v2",
		"HUBEE_API_URL=https://hubee.example.fr/", "MARQUE_ETAT=hunter2", "CONTACT_EMAIL=nobody",
	}
	_, err := Read(environment)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"PORTAL_URL", "DATABASE_URL", "KEYS", "FRANCECONNECT_ISSUER", "FRANCECONNECT_CLIENT_ID",
		"FRANCECONNECT_CLIENT_SECRET", "API_PARTICULIER_URL", "HUBEE_API_URL", "HUBEE_TOKEN_URL", "HUBEE_OSL_ID", "HUBEE_OSL_SECRET", "MARQUE_ETAT", "CONTACT_EMAIL"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the fault of %s is not listed in:\n%v", name, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a value is quoted:\n%v", err)
	}
}
