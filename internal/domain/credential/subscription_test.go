package credential_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
)

// administrator is one whom HubEE accepts.
var administrator = habilitation.Contact{GivenName: "Yves", FamilyName: "Cadoret", Mail: "yves.cadoret@limerzel.fr", Phone: "02 97 66 00 00", Job: "DGS"}

var morning = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// « The town is listed and its form opens when the subscription is active; before:
// « Bientôt disponible »; a later suspension by HubEE closes the form » (PRODUCT.md 3.4).
func TestTheFormFollowsTheSubscription(t *testing.T) {
	const open, soon, closed = directory.FormOpen, directory.FormSoon, directory.FormClosed
	const unheard, active, inactive, absent = credential.HubStatus(""), credential.HubActive, credential.HubInactive, credential.HubAbsent
	for _, row := range []struct {
		want   credential.Want
		state  credential.State
		atHub  credential.HubStatus
		before directory.FormState
		form   directory.FormState
	}{
		{credential.WantActive, credential.ToCreate, unheard, soon, soon},
		{credential.WantActive, credential.OrganisationCreated, unheard, soon, soon},
		{credential.WantActive, credential.Inactive, inactive, soon, soon},
		{credential.WantActive, credential.Awaiting, inactive, soon, soon},
		{credential.WantActive, credential.Failed, unheard, soon, soon},
		{credential.WantActive, credential.Active, active, soon, open},
		{credential.WantActive, credential.Suspended, credential.HubSuspended, open, closed},
		{credential.WantSuspended, credential.Active, active, open, closed},
		{credential.WantSuspended, credential.Failed, active, open, closed},
		{credential.WantSuspended, credential.Suspended, credential.HubSuspended, closed, closed},
		// restored: not before HubEE says so
		{credential.WantActive, credential.Inactive, credential.HubSuspended, closed, soon},
		// open, and looked at again or handed over: HubEE goes on taking its dossiers
		{credential.WantActive, credential.Inactive, active, open, open},
		{credential.WantActive, credential.ToCreate, unheard, open, open},
		{credential.WantActive, credential.Awaiting, active, open, open},
		{credential.WantActive, credential.Failed, active, open, open},
		// stopped there, or gone: no dossier would arrive
		{credential.WantActive, credential.Awaiting, inactive, open, soon},
		{credential.WantActive, credential.Failed, absent, open, soon},
		{credential.WantActive, credential.OrganisationCreated, absent, open, soon},
	} {
		s := credential.Subscription{Want: row.want, State: row.state, AtHub: row.atHub}
		if got := s.FormAfter(row.before); got != row.form {
			t.Errorf("wanted %s, %s, %q at HubEE, the form being %s: %s, want %s", row.want, row.state, row.atHub, row.before, got, row.form)
		}
	}
}

// A new version by the same editor changes nothing at HubEE; another editor, or a
// suspension that ends, begins the road again where HubEE is.
func TestWhatADecisionWantsOfASubscription(t *testing.T) {
	yves := habilitation.Contact{Mail: "yves@limerzel.fr"}
	zoe := habilitation.Contact{Mail: "zoe@limerzel.fr"}
	active := credential.Subscription{
		Siret: "21560124000017", Request: 48231, Editor: "90511200900014", Administrator: yves, Want: credential.WantActive, WantedAt: morning,
		State: credential.Active, COG: "56111", HubID: "id", ActiveAt: morning,
	}
	service := credential.Service{Request: 48231, Siret: active.Siret, Editor: active.Editor, Administrator: zoe}
	later := morning.Add(time.Hour)
	if diff := cmp.Diff(active, active.Serving(service, later)); diff != "" {
		t.Errorf("the same service again: %s", diff)
	}
	stoppedThere := active
	stoppedThere.State, stoppedThere.SuspendedAtHub = credential.Suspended, true
	if diff := cmp.Diff(stoppedThere, stoppedThere.Serving(service, later)); diff != "" {
		t.Errorf("suspended at HubEE, and approved anew in passing: %s", diff)
	}
	moved := service
	moved.Editor = "91033700500011"
	got := active.Serving(moved, later)
	if got.State != credential.Inactive || got.Editor != moved.Editor || got.Administrator != yves || !got.WantedAt.Equal(later) {
		t.Errorf("another editor: %+v", got)
	}
	stopped := active.Stopped(later)
	if stopped.Want != credential.WantSuspended || stopped.State != credential.Active {
		t.Errorf("stopped, before HubEE knows: %+v", stopped)
	}
	if again := stopped.Stopped(later.Add(time.Hour)); again != stopped {
		t.Errorf("stopped twice: %+v", again)
	}
	if restored := stopped.Serving(service, later); restored.Want != credential.WantActive || restored.State != credential.Inactive {
		t.Errorf("restored: %+v", restored)
	}
	fresh := credential.Subscription{}.Serving(service, later)
	if fresh.State != credential.ToCreate || fresh.Administrator != zoe || fresh.Siret != service.Siret {
		t.Errorf("a new one: %+v", fresh)
	}
	contended := active
	contended.Contender = 50000
	contender := moved
	contender.Request = 50000
	if got := contended.Serving(contender, later); got.Contender != 0 || got.Request != 50000 {
		t.Errorf("handed over: %+v", got)
	}
}

// « narrow HubEE patterns (mail, phone, lengths) checked before calling, with the field to
// correct » (PRODUCT.md 3.4; hubee.md §10.1).
func TestWhatHubEEWouldRefuseIsToldBefore(t *testing.T) {
	good := administrator
	if faults := credential.CheckAdministrator(good); len(faults) > 0 {
		t.Errorf("a good one: %v", faults)
	}
	with := func(change func(c *habilitation.Contact)) habilitation.Contact {
		c := good
		change(&c)
		return c
	}
	for name, row := range map[string]struct {
		contact     habilitation.Contact
		field, code string
	}{
		"no mail":             {with(func(c *habilitation.Contact) { c.Mail = "" }), "mail", "hubee.mail_missing"},
		"a plus":              {with(func(c *habilitation.Contact) { c.Mail = "yves+qf@limerzel.fr" }), "mail", "hubee.mail_narrow"},
		"a long ending":       {with(func(c *habilitation.Contact) { c.Mail = "mairie@strasbourg.alsace" }), "mail", "hubee.mail_narrow"},
		"a capital ending":    {with(func(c *habilitation.Contact) { c.Mail = "mairie@limerzel.FR" }), "mail", "hubee.mail_narrow"},
		"an apostrophe":       {with(func(c *habilitation.Contact) { c.Mail = "l'accueil@limerzel.fr" }), "mail", "hubee.mail_narrow"},
		"a mail too long":     {with(func(c *habilitation.Contact) { c.Mail = strings.Repeat("a", 330) + "@limerzel.fr" }), "mail", "hubee.mail_narrow"},
		"no given name":       {with(func(c *habilitation.Contact) { c.GivenName = " " }), "prenom", "hubee.name_missing"},
		"no family name":      {with(func(c *habilitation.Contact) { c.FamilyName = "" }), "nom", "hubee.name_missing"},
		"a name too long":     {with(func(c *habilitation.Contact) { c.FamilyName = strings.Repeat("é", 256) }), "nom", "hubee.text_long"},
		"a short phone":       {with(func(c *habilitation.Contact) { c.Phone = "3939" }), "telephone", "hubee.phone_narrow"},
		"a phone with a word": {with(func(c *habilitation.Contact) { c.Phone = "02 97 66 00 00 poste 3" }), "telephone", "hubee.phone_narrow"},
		"a function too long": {with(func(c *habilitation.Contact) { c.Job = strings.Repeat("a", 256) }), "fonction", "hubee.text_long"},
	} {
		want := []credential.FieldFault{{Field: row.field, Code: row.code}}
		if diff := cmp.Diff(want, credential.CheckAdministrator(row.contact)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for written, want := range map[string]string{
		"": "", "02 97 66 00 00": "0297660000", "02.97.66.00.00": "0297660000", "+33 (0)2 97 66 00 00": "+33297660000",
		"02\u00a097\u202f66-00-00": "0297660000", "(02) 97/66/00/00": "0297660000",
	} {
		if got := credential.CleanPhone(written); got != want {
			t.Errorf("CleanPhone(%q) = %q, want %q", written, got, want)
		}
	}
}
