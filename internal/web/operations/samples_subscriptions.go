package operations

import (
	"fmt"
	"net/url"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

var (
	mayProvision = subscriptionRights{Relaunch: true, Correct: true, HandOver: true, ReadHabilitations: true, ReadTowns: true}
	mayWatch     = subscriptionRights{ReadHabilitations: true, ReadTowns: true}
)

// tag is hostile without the signs that no name has in print.
const tag = "<script>alert(1)</script>"

// sampleSubscription is that of a town in a state, as far on the road as the state says.
func sampleSubscription(state credential.State) credential.Watched {
	w := credential.Watched{
		Subscription: credential.Subscription{
			Siret: "21040107100019", Request: 48231, Organisation: "COMMUNE DE MAJASTRES", Editor: "90511200900014",
			Administrator: habilitation.Contact{
				GivenName: "Anne", FamilyName: "Morel", Mail: "anne.morel@majastres.example.fr", Phone: "04 00 00 00 00", Job: "Directrice générale des services",
			},
			Want: credential.WantActive, WantedAt: noon.Add(-26 * time.Hour), State: state, COG: "04107", HubID: "7f2c1d58-5a0e-4f0b-9d0a-0c3c3f0d2e11",
			SeenAt: noon.Add(-time.Hour), Revision: 4,
		},
		Town: "Majastres", TownForm: directory.FormSoon, EditorName: "Logiciels Tilleul",
	}
	switch state {
	case credential.ToCreate:
		w.COG, w.HubID, w.SeenAt = "", "", time.Time{}
	case credential.OrganisationCreated:
		w.HubID, w.SeenAt = "", time.Time{}
		w.Failure = credential.Failure{Code: "hubee.unavailable", Trace: "find subscription: hubee.unavailable: context deadline exceeded", At: noon.Add(-time.Minute)}
	case credential.Awaiting:
		w.Failure = credential.Failure{Code: "provisioning.activation_refused", Trace: "hubee.refused: 400 unknown organization EDT-90511200900014-69123", At: noon.Add(-25 * time.Hour)}
	case credential.Active:
		w.ActiveAt, w.AtHub, w.TownForm = noon.Add(-20*time.Hour), credential.HubActive, directory.FormOpen
	case credential.Failed:
		w.HubID, w.SeenAt, w.Administrator.Mail = "", time.Time{}, "anne+mairie@majastres.paris"
		w.Failure = credential.Failure{Code: "hubee.mail_narrow", Field: credential.FieldMail, Trace: "hubee.mail_narrow", At: noon.Add(-time.Hour)}
	case credential.Suspended:
		w.Want, w.ActiveAt, w.TownForm = credential.WantSuspended, noon.Add(-90*24*time.Hour), directory.FormClosed
	case credential.Inactive:
	}
	return w
}

// sampleSubscriptions are in every state in turn, and some ask for somebody.
func sampleSubscriptions(count int) []credential.Watched {
	listed := make([]credential.Watched, count)
	for i := range listed {
		listed[i] = sampleSubscription(credential.States[i%len(credential.States)])
		listed[i].Siret = value.Siret(fmt.Sprintf("2104010710%04d", i))
		listed[i].Town = fmt.Sprintf("Saint-Exemple-les-Bains %d", i+1)
	}
	return listed
}

// contended is an active subscription that a second software would have.
func contended(editor string) credential.Watched {
	w := sampleSubscription(credential.Active)
	w.Contender, w.Contending = 48260, credential.Contending{Siret: "91033700500011", Name: editor}
	if editor == "" {
		w.Contending.Siret = ""
	}
	return w
}

// inBetween are what HubEE has not done yet, and what it did otherwise than asked.
func inBetween() []credential.Watched {
	stopping, changing, refused := sampleSubscription(credential.Active), sampleSubscription(credential.Inactive), sampleSubscription(credential.Active)
	stopping.Want, stopping.TownForm = credential.WantSuspended, directory.FormClosed
	changing.AtHub, changing.TownForm = credential.HubActive, directory.FormOpen
	refused.Failure = credential.Failure{Code: "provisioning.activation_refused", Trace: "hubee.refused: 400", At: noon}
	differs := refused
	differs.Failure = credential.Failure{Code: "provisioning.delegation_differs", At: noon}
	return []credential.Watched{stopping, changing, refused, differs}
}

func (v Views) subscriptionsSamples(page web.ProPage) []web.Sample[subscriptionsPage] {
	page = at(page, subscriptionsPath)
	show := func(query string, total int, listed []credential.Watched, rights subscriptionRights) subscriptionsPage {
		p := v.newSubscriptionsPage(page, asked(subscriptionListing, query, total), listed, rights)
		p.Counts = newStateCounts(map[credential.State]int{credential.Active: 34_211, credential.Failed: 3, credential.Awaiting: 12})
		return p
	}
	long := sampleSubscriptions(4)
	long[0].Town, long[0].EditorName = tag+endless, endless
	long[1].Failure = credential.Failure{Code: "failed", Trace: hostile + endless}
	long[2].Town, long[2].EditorName = "", ""
	long[3] = contended("Ateliers Brume")
	stopped := sampleSubscription(credential.Suspended)
	stopped.Want, stopped.SuspendedAtHub = credential.WantActive, true
	none := show("", 0, nil, mayProvision)
	none.Counts = nil
	return []web.Sample[subscriptionsPage]{
		{Name: "pleine", Content: show("page=2", 34_226, sampleSubscriptions(25), mayProvision)},
		{Name: "sans-droit-de-relancer", Content: show("tri=nom", 7, sampleSubscriptions(7), mayWatch)},
		{Name: "noms-longs", Content: show("q=saint&etat=dispute&tri=-date", 9, append(append(long, inBetween()...), stopped), mayProvision)},
		{Name: "vide", Content: none},
		{Name: "sans-resultat", Content: show("q=D48231&etat=en_erreur", 0, nil, mayProvision)},
		{Name: "au-dela", Content: show("page=4000", 0, nil, mayProvision)},
	}
}

// sampleCalls are those of a road with an outage, and one that this instance has no words for.
func sampleCalls() []credential.Call {
	calls := []credential.Call{
		{Step: credential.StepRead, Outcome: credential.CallDone},
		{Step: credential.StepActivate, Outcome: "hubee.refused", Trace: "hubee.refused: 400 " + hostile + endless},
		{Step: credential.StepSubscribe, Outcome: credential.CallDone},
		{Step: credential.StepLook, Outcome: "hubee.subscription_missing"},
		{Step: credential.StepCreate, Outcome: "hubee.unavailable", Trace: "POST organizations: context deadline exceeded"},
		{Step: credential.StepFind, Outcome: credential.CallFound},
		{Step: "greet", Outcome: "failed", Trace: "panic"},
		{Step: credential.StepLocate, Outcome: credential.CallFound},
	}
	for i := range calls {
		calls[i].At = noon.Add(-time.Duration(i) * 61 * time.Second)
	}
	return calls
}

func (v Views) subscriptionSamples(page web.ProPage) []web.Sample[subscriptionPage] {
	page = at(page, subscriptionPath("21040107100019"))
	var samples []web.Sample[subscriptionPage]
	show := func(name string, w credential.Watched, calls []credential.Call, rights subscriptionRights) {
		samples = append(samples, web.Sample[subscriptionPage]{Name: name, Content: v.newSubscriptionPage(page, w, calls, rights)})
	}
	for _, state := range credential.States {
		show(string(state), sampleSubscription(state), sampleCalls(), mayProvision)
	}
	for i, name := range []string{"suspension-demandee", "changement", "actif-refuse", "actif-autrement"} {
		show(name, inBetween()[i], sampleCalls()[:1], mayProvision)
	}
	for _, state := range credential.HubAccountStates {
		w := sampleSubscription(credential.Active)
		w.Account = state
		show("identifiants-"+string(state), w, sampleCalls()[:1], mayProvision)
	}
	stopped := sampleSubscription(credential.Suspended)
	stopped.Want, stopped.SuspendedAtHub = credential.WantActive, true
	show("suspendu-par-hubee", stopped, nil, mayProvision)
	show("deux-logiciels", contended("Ateliers Brume"), sampleCalls()[:1], mayProvision)
	own := contended("")
	own.Editor, own.EditorName = "", endless
	show("contre-la-collectivite", own, nil, mayProvision)
	show("en-consultation", contended("Ateliers Brume"), sampleCalls(), mayWatch)
	refused := sampleSubscription(credential.Failed)
	refused.Failure = credential.Failure{Code: "hubee.refused", Trace: hostile + endless, At: noon}
	refused.Town, refused.Request, refused.Editor, refused.EditorName = "", 0, "", ""
	show("refuse-sans-dire-quoi", refused, nil, mayProvision)
	unnamed := refused
	unnamed.Failure.Code, unnamed.Town = "newer.code", tag+endless
	var many []credential.Call
	for len(many) < credential.CallsShown {
		many = append(many, sampleCalls()...)
	}
	show("cause-nouvelle", unnamed, many[:credential.CallsShown], mayProvision)
	return append(samples, v.correctionSample(page))
}

// correctionSample is a correction that HubEE would refuse in every field.
func (v Views) correctionSample(page web.ProPage) web.Sample[subscriptionPage] {
	content := v.newSubscriptionPage(page, sampleSubscription(credential.Failed), sampleCalls(), mayProvision)
	content.Administrator, _ = readAdministratorForm(url.Values{
		credential.FieldMail: {hostile + endless}, credential.FieldPhone: {"06"}, credential.FieldFamilyName: {endless}, credential.FieldJob: {endless},
	}).checked()
	content.Problems = content.Administrator.problems()
	return web.Sample[subscriptionPage]{Name: "correction-refusee", Content: content}
}

func handOverSamples(page web.ProPage) []web.Sample[handOverPage] {
	page = at(page, subscriptionPath("21040107100019")+"/logiciel")
	fromTown := contended("Ateliers Brume")
	fromTown.EditorName, fromTown.State, fromTown.Town, fromTown.TownForm = "", credential.Awaiting, "", directory.FormSoon
	long := contended(endless)
	long.EditorName, long.Town = "Logiciels d'"+tag, endless
	settled := newHandOverPage(page, sampleSubscription(credential.Active))
	settled.Conflict = "subscription.uncontended"
	return []web.Sample[handOverPage]{
		{Name: "plus-rien-a-decider", Content: settled},
		{Name: "page", Content: newHandOverPage(page, contended("Ateliers Brume"))},
		{Name: "a-la-collectivite", Content: newHandOverPage(page, contended(""))},
		{Name: "de-la-collectivite", Content: newHandOverPage(page, fromTown)},
		{Name: "noms-longs", Content: newHandOverPage(page, long)},
	}
}
