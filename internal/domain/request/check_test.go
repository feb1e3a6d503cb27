package request

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
)

type faulty = map[Field]string

func TestNothingIsToBeMendedInACompleteRequest(t *testing.T) {
	if got := wrong(complete()); len(got) > 0 {
		t.Errorf("to be mended: %v", got)
	}
}

// What nobody answered is named field by field, each once.
func TestAnEmptyRequestSaysAllThatItLacks(t *testing.T) {
	const required, invalid = "request.required", "request.required"
	want := faulty{
		"intitule": required, "description": required, FieldModalities: "request.modality_required", "cadre_juridique": required,
		FieldDocument: "request.deliberation_required", "destinataires": required, "conservation": required, "demandeur_telephone": required,
		"dpd_prenom": required, "dpd_nom": required, "dpd_mail": invalid, "dpd_telephone": required,
		"responsable_prenom": required, "responsable_nom": required, "responsable_mail": required, "responsable_fonction": required,
		"technique_prenom": required, "technique_nom": required, "technique_mail": required, "technique_telephone": required,
	}
	faults := Check(Answers{}, Situation{Template: everythingAsked(), Requester: requester}, editor.Blocks[:]...)
	if diff := cmp.Diff(want, found(faults)); diff != "" {
		t.Error(diff)
	}
	if len(faults) != len(want) {
		t.Errorf("%d faults for %d fields", len(faults), len(want))
	}
}

// « contact rules (DPD distinct from controller and business contact by e-mail and normalised name) »; guide 2.b: « ce contact
// doit être distinct du contact métier et du responsable de traitement (souvent le maire pour une commune) ».
func TestTheDataProtectionOfficerIsSomebodyElse(t *testing.T) {
	person := func(given, family, mail string) habilitation.Contact {
		return habilitation.Contact{GivenName: given, FamilyName: family, Mail: mail, Phone: "04 66 00 00 02", Job: "Maire"}
	}
	elsewhere := func(business habilitation.Contact) func(a *Answers) {
		return func(a *Answers) { a.BusinessElsewhere, a.Business = true, business }
	}
	for name, row := range map[string]struct {
		how  func(a *Answers)
		want faulty
	}{
		"the mayor's mail": {func(a *Answers) { a.DPD.Mail = "maire@clairval.example.fr" }, faulty{"dpd_mail": "request.dpd_is_controller"}},
		"the mayor's mail in capitals, with spaces": {
			func(a *Answers) {
				a.Controller.Mail = " MAIRE@Clairval.example.fr"
				a.DPD.Mail = "maire@clairval.example.fr "
			}, faulty{"dpd_mail": "request.dpd_is_controller"}},
		"the mayor with another mail":        {func(a *Answers) { a.DPD.GivenName, a.DPD.FamilyName = "PAUL", "vidal" }, faulty{"dpd_nom": "request.dpd_is_controller"}},
		"the mayor, family name first":       {func(a *Answers) { a.DPD.GivenName, a.DPD.FamilyName = "Vidal", "Paul" }, faulty{"dpd_nom": "request.dpd_is_controller"}},
		"a mayor of the same family":         {func(a *Answers) { a.DPD.FamilyName = "Vidal" }, faulty{}},
		"the requester, business by default": {func(a *Answers) { a.DPD.Mail = requester.Mail }, faulty{"dpd_mail": "request.dpd_is_business"}},
		"the requester's name":               {func(a *Answers) { a.DPD.GivenName, a.DPD.FamilyName = "lucie", "MARCHAND" }, faulty{"dpd_nom": "request.dpd_is_business"}},
		"the requester, while somebody else is the business contact": {
			func(a *Answers) {
				a.DPD = person("Lucie", "Marchand", requester.Mail)
				elsewhere(person("Jean", "Faure", "jean.faure@clairval.example.fr"))(a)
			}, faulty{}},
		"another business contact by the mail": {elsewhere(person("Jean", "Faure", "dpd@gard.example.fr")), faulty{"dpd_mail": "request.dpd_is_business"}},
		"another business contact by the name": {elsewhere(person("Helene", "ROY", "h.roy@clairval.example.fr")), faulty{"dpd_nom": "request.dpd_is_business"}},
		"somebody is named and the requester chosen": {
			func(a *Answers) { a.Business = a.DPD }, faulty{"metier_moi": "request.business_named"}},
		"both at once are told at once": {func(a *Answers) {
			a.DPD = person("Paul", "Vidal", requester.Mail)
		}, faulty{"dpd_nom": "request.dpd_is_controller", "dpd_mail": "request.dpd_is_business"}},
		"nobody yet is not the same nobody": {func(a *Answers) { a.DPD, a.Controller = habilitation.Contact{}, habilitation.Contact{} }, faulty{
			"dpd_prenom": "request.required", "dpd_nom": "request.required", "dpd_mail": "request.required", "dpd_telephone": "request.required",
			"responsable_prenom": "request.required", "responsable_nom": "request.required", "responsable_mail": "request.required", "responsable_fonction": "request.required",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, wrong(change(row.how))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestANameIsTheSameHoweverItIsWritten(t *testing.T) {
	name := func(given, family string) string {
		return NormalisedName(habilitation.Contact{GivenName: given, FamilyName: family})
	}
	for _, pair := range [][4]string{
		{"Marie-Claude", "LE GOFF", "le goff", "marie claude"},
		{"Hélène", "Lefèvre", "HELENE", "LEFEVRE"},
		{"Jean‑Noël", "d’Arcy", "jean noel", "D'ARCY"},
		{"He\u0301le\u0300ne", "Roy", "Hélène", "Roy"}, // decomposed letters, as some keyboards send them
		{"Cœur", "Ægidius", "coeur", "aegidius"},
		{" Paul ", "Vidal\u00a0", "Paul", "Vidal"},
		{"Paul", "Vidal (maire)", "paul", "maire vidal"},
		{"", "Paul Vidal", "Vidal", "Paul"},
	} {
		if a, b := name(pair[0], pair[1]), name(pair[2], pair[3]); a != b || a == "" {
			t.Errorf("%q is %q, %q is %q", pair[:2], a, pair[2:], b)
		}
	}
	for _, pair := range [][4]string{
		{"Paul", "Vidal", "Paule", "Vidal"},
		{"Paul", "Vidal", "Paul", "Vidal-Roux"},
		{"Jean", "Marie", "Jean", "Marin"},
	} {
		if a, b := name(pair[0], pair[1]), name(pair[2], pair[3]); a == b {
			t.Errorf("%q and %q are both %q", pair[:2], pair[2:], a)
		}
	}
	if got := name("-", " ’ "); got != "" {
		t.Errorf("a name without letter is %q", got)
	}
}

// « French phone »
func TestAPhoneIsFrench(t *testing.T) {
	for typed, want := range map[string]bool{
		"0466000001": true, "04 66 00 00 01": true, "04.66.00.00.01": true, "04-66-00-00-01": true, "04/66/00/00/01": true, "06\u00a012\u202f34 56 78": true,
		"+33 4 66 00 00 01": true, "+33466000001": true, "0033 4 66 00 00 01": true, "+33 (0)4 66 00 00 01": true, "0033(0)466000001": true,
		"0262 12 34 56": true, "+262 262 12 34 56": true, "+262 639 12 34 56": true, "+590 590 12 34 56": true, "00 594 594 12 34 56": true,
		"+596 696 12 34 56": true, "+508 41 12 34": true, "+508 508 12 34 56": true, "+687 25 12 34": true, "+681 72 12 34": true, "+689 40 12 34 56": true,

		"": false, "mairie": false, "04 66 00 00": false, "04 66 00 00 01 2": false, "00 66 00 00 01": false, "466000001": false,
		"+33 4 66 00 00": false, "+33 4 66 00 0": false, "+33 04 66 00 00 01": false, "+33 066 000 001": false, "0033 4 66 00 00 01 2": false,
		"+32 2 123 45 67": false, "+44 20 7946 0958": false, "+262 12 34": false, "+689 40 12 34": false, "+33": false,
		"04 66 00 00 01 poste 12": false, "04 66 00 00 0l": false, "٠٤٦٦٠٠٠٠٠١": false, "<b>0466000001</b>": false, "0466000001\n": false,
	} {
		if got := FrenchPhone(typed); got != want {
			t.Errorf("FrenchPhone(%q) is %v", typed, got)
		}
	}
	wrongPhones := wrong(change(func(a *Answers) {
		a.RequesterPhone, a.DPD.Phone, a.Technical.Phone, a.Users.Phone = "12", "12", "12", "12"
		a.BusinessElsewhere, a.Business = true, habilitation.Contact{GivenName: "Jean", FamilyName: "Faure", Mail: "jean.faure@clairval.example.fr", Phone: "12"}
	}))
	const invalid = "request.phone_invalid"
	want := faulty{"demandeur_telephone": invalid, "dpd_telephone": invalid, "technique_telephone": invalid, "usagers_telephone": invalid, "metier_telephone": invalid}
	if diff := cmp.Diff(want, wrongPhones); diff != "" {
		t.Error(diff)
	}
}

// « retention in months (> 36 needs a reason) »
func TestDataAreKeptForAWhileOrWithAReason(t *testing.T) {
	const needed, invalid = "request.retention_reason_required", "request.retention_invalid"
	for typed, want := range map[string]faulty{
		"1": {}, "12": {}, " 36 ": {}, "24 mois": {}, "24 MOIS": {}, "24mois": {}, "036": {},
		"37": {"conservation_motif": needed}, "1200": {"conservation_motif": needed}, "37 mois": {"conservation_motif": needed},
		"":  {"conservation": "request.required"},
		"0": {"conservation": invalid}, "-12": {"conservation": invalid}, "12,5": {"conservation": invalid}, "1.5": {"conservation": invalid},
		"trois ans": {"conservation": invalid}, "3 ans": {"conservation": invalid}, "mois": {"conservation": invalid}, "1201": {"conservation": invalid},
		"99999999999999999999": {"conservation": invalid}, "1e1": {"conservation": invalid}, "0x24": {"conservation": invalid},
	} {
		if diff := cmp.Diff(want, wrong(change(func(a *Answers) { a.Retention = typed }))); diff != "" {
			t.Errorf("%q: %s", typed, diff)
		}
	}
	if got := wrong(change(func(a *Answers) { a.Retention, a.RetentionReason = "37", "Durée du contentieux" })); len(got) > 0 {
		t.Errorf("37 months with a reason: %v", got)
	}
}

// « délibération PDF […] or URL »: « URL regex tolerates a missing scheme, rejects a bare word »
func TestADeliberationIsAtAnAddressOfTheWeb(t *testing.T) {
	for typed, want := range map[string]string{
		"https://clairval.example.fr/d.pdf":               "https://clairval.example.fr/d.pdf",
		"http://clairval.example.fr":                      "http://clairval.example.fr",
		"HTTPS://Clairval.example.fr/":                    "https://Clairval.example.fr/",
		"clairval.example.fr/actes?annee=2026":            "https://clairval.example.fr/actes?annee=2026",
		"clairval.example.fr/voir?u=https://x.example.fr": "https://clairval.example.fr/voir?u=https://x.example.fr",
		"www.l-haÿ.example.fr":                            "https://www.l-ha%C3%BF.example.fr",
		"clairval.example.fr:8443/délibération":           "https://clairval.example.fr:8443/d%C3%A9lib%C3%A9ration",
		"mairie":              "",
		"voir.":               "",
		"...":                 "",
		"n.c":                 "",
		"localhost":           "",
		"10.0.0.1/d.pdf":      "",
		"[::1]/d.pdf":         "",
		"javascript:alert(1)": "",
		"javascript://clairval.example.fr/%0aalert(1)":       "",
		"data:text/html,x.fr":                                "",
		"ftp://clairval.example.fr/d.pdf":                    "",
		"file:///etc/hosts.conf":                             "",
		"lucie@clairval.example.fr":                          "",
		"mailto:lucie@clairval.example.fr":                   "",
		"https://lucie@clairval.example.fr/":                 "",
		"https://lucie:secret@clairval.example.fr/":          "",
		"//clairval.example.fr":                              "",
		"https://":                                           "",
		"https:///d.pdf":                                     "",
		"clairval.example.fr/la délibération":                "",
		"https://clairval.example.fr/\"onclick=\"alert(1)":   "",
		"https://clairval.example.fr/<script>":               "",
		"https://clairval.example.fr\\@pirate.example":       "",
		"https://clairval.example.fr:99999999999999/d.pdf\n": "",
		"": "",
	} {
		if got, valid := WebAddress(typed); got != want || valid != (want != "") {
			t.Errorf("WebAddress(%q) = %q, %v", typed, got, valid)
		}
	}
}

func TestADeliberationIsAFileOrAnAddress(t *testing.T) {
	filed := func(state DocumentState, how func(a *Answers)) faulty {
		a := change(func(a *Answers) { a.Document, a.DeliberationURL = 7, ""; how(a) })
		s := Situation{Template: everythingAsked(), Requester: requester, Document: Document{ID: 7, State: state}}
		return found(Check(a, s, editor.BlockDeliberation))
	}
	nothing := func(*Answers) {}
	for state, want := range map[DocumentState]faulty{
		Clean: {}, NotScanned: {}, Unscanned: {}, // configured but down: it waits, and the work goes on
		Infected: {FieldDocument: "document.infected"},
	} {
		if diff := cmp.Diff(want, filed(state, nothing)); diff != "" {
			t.Errorf("%s: %s", state, diff)
		}
	}
	badAddress := func(a *Answers) { a.DeliberationURL = "mairie" }
	if diff := cmp.Diff(faulty{"deliberation_url": "request.url_invalid"}, filed(Clean, badAddress)); diff != "" {
		t.Errorf("a file and a bare word: %s", diff)
	}
	neither := wrong(change(func(a *Answers) { a.DeliberationURL = "" }))
	if diff := cmp.Diff(faulty{FieldDocument: "request.deliberation_required"}, neither); diff != "" {
		t.Errorf("neither: %s", diff)
	}
}

// « nominative-mailbox advice »; datapass.md §3: « Matching the whole address is a source of false positives (a town domain
// containing "ville") ».
func TestAMailboxIsSharedByWhatStandsBeforeTheAt(t *testing.T) {
	for address, want := range map[string]bool{
		"mairie@clairval.example.fr": true, "contact@clairval.example.fr": true, "Accueil.Mairie@clairval.example.fr": true, "secretariat-general@x.fr": true,
		"ccas2@clairval.example.fr": true, "service_enfance@clairval.example.fr": true, "dgs@clairval.example.fr": true,
		"lucie.marchand@clairval.example.fr": false, "lucie@ville-de-clairval.example.fr": false, "lucie@mairie-contact.example.fr": false,
		"contactin@clairval.example.fr": false, "marie.villedieu@clairval.example.fr": false, "@mairie.fr": false, "": false,
	} {
		if got := SharedMailbox(address); got != want {
			t.Errorf("SharedMailbox(%q) is %v", address, got)
		}
	}
	if got := wrong(change(func(a *Answers) { a.Controller.Mail = "mairie@clairval.example.fr" })); len(got) > 0 {
		t.Errorf("the advice forbids: %v", got)
	}
}

func TestAMailAddressIsOneThatAMailReaches(t *testing.T) {
	for _, typed := range []string{"mairie", "mairie@clairval", "mairie@@clairval.fr", "rené@clairval.fr", "a@b.fr, c@d.fr", "<script>@x.fr"} {
		got := wrong(change(func(a *Answers) { a.DPD.Mail, a.Controller.Mail, a.Users.Mail = typed, typed+"x", typed }))
		for _, field := range []Field{"dpd_mail", "responsable_mail", "usagers_mail"} {
			if got[field] != "mail.address_invalid" {
				t.Errorf("%q in %s: %v", typed, field, got)
			}
		}
	}
}

// PRODUCT.md, on the second editor: « asks "which software must receive them?" (token only, or replacement […]) ».
func TestTheSecondEditorsQuestionIsAskedOnlyWhereItArises(t *testing.T) {
	form, token := everythingAsked(), everythingAsked()
	form.Blocks = map[editor.Block]editor.Exposure{editor.BlockModalities: editor.ReadOnly}
	token.Blocks, token.Form = form.Blocks, false
	for name, row := range map[string]struct {
		template  editor.Template
		elsewhere bool
		want      bool
	}{
		"nobody receives the dossiers yet":                  {form, false, false},
		"another software receives them":                    {form, true, true},
		"this software takes a token and no dossier":        {token, true, false},
		"the town chooses between form and token":           {everythingAsked(), true, true},
		"the town chooses, and nobody receives them so far": {everythingAsked(), false, false},
	} {
		steps := Steps(row.template, row.elsewhere)
		asked := false
		for _, block := range steps {
			asked = asked || block == editor.BlockReception
		}
		if asked != row.want {
			t.Errorf("%s: %v", name, steps)
		}
	}
	s := Situation{Template: form, Requester: requester, Elsewhere: true}
	for reception, want := range map[Reception]faulty{"": {FieldReception: "request.reception_required"}, ReceptionKeep: {}, ReceptionReplace: {}} {
		if diff := cmp.Diff(want, found(Check(change(func(a *Answers) { a.Reception = reception }), s, editor.Blocks[:]...))); diff != "" {
			t.Errorf("%q: %s", reception, diff)
		}
	}
	tokenOnly := change(func(a *Answers) { a.Form = false })
	if got := Check(tokenOnly, s, editor.BlockReception); len(got) > 0 {
		t.Errorf("no dossier is asked for, and somebody must receive it: %v", got)
	}
}

// « contact_usagers », optional: but a label alone helps nobody.
func TestWhomCitizensMayAskIsOptional(t *testing.T) {
	for name, row := range map[string]struct {
		users UsersContact
		want  faulty
	}{
		"nothing":           {UsersContact{}, faulty{}},
		"a label alone":     {UsersContact{Label: "Service enfance"}, faulty{"usagers_mail": "request.users_contact_empty"}},
		"a phone":           {UsersContact{Label: "Service enfance", Phone: "04 66 00 00 03"}, faulty{}},
		"a page":            {UsersContact{URL: "clairval.example.fr/contact"}, faulty{}},
		"a wrong page":      {UsersContact{URL: "javascript:alert(1)"}, faulty{"usagers_url": "request.url_invalid"}},
		"a mail and a page": {UsersContact{Mail: "enfance@clairval.example.fr", URL: "https://clairval.example.fr"}, faulty{}},
	} {
		if diff := cmp.Diff(row.want, wrong(change(func(a *Answers) { a.Users = row.users }))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// « only touched blocks checked while editing, all at submission »
func TestOnlyTheBlocksThatAreNamedAreChecked(t *testing.T) {
	s := Situation{Template: everythingAsked(), Requester: requester}
	broken := change(func(a *Answers) { a.Title, a.Retention, a.DPD.Phone = "", "0", "12" })
	if got := found(Check(broken, s, editor.BlockProject)); !maps.Equal(got, faulty{"intitule": "request.required"}) {
		t.Errorf("one block: %v", got)
	}
	if got := found(Check(broken, s)); len(got) > 0 {
		t.Errorf("no block: %v", got)
	}
	s.Template.Blocks = map[editor.Block]editor.Exposure{editor.BlockProject: editor.ReadOnly, editor.BlockProcessing: editor.Hidden}
	if got := found(Check(broken, s, editor.Blocks[:]...)); !maps.Equal(got, faulty{"dpd_telephone": "request.phone_invalid"}) {
		t.Errorf("what the template answers is asked of the town: %v", got)
	}
}

func TestATechnicalContactIsAskedAsTheTemplateSays(t *testing.T) {
	nobody := change(func(a *Answers) { a.Technical = habilitation.Contact{} })
	mailbox := change(func(a *Answers) {
		a.Technical = habilitation.Contact{Mail: "support@brume.example.fr", Phone: "02 40 00 00 01"}
	})
	oneself := change(func(a *Answers) { a.Technical, a.TechnicalOneself = habilitation.Contact{}, true })
	missing := faulty{"technique_prenom": "request.required", "technique_nom": "request.required"}
	for name, row := range map[string]struct {
		contact editor.TemplateContact
		answers Answers
		want    faulty
	}{
		"locked: never asked (guide, 2.b)":    {editor.TemplateContact{Locked: true}, nobody, faulty{}},
		"an organisation has no name":         {editor.TemplateContact{Organisation: true}, mailbox, faulty{}},
		"an organisation has a mailbox":       {editor.TemplateContact{Organisation: true}, nobody, faulty{"technique_mail": "request.required", "technique_telephone": "request.required"}},
		"a person has a name":                 {editor.TemplateContact{}, mailbox, missing},
		"« c’est moi » where it is allowed":   {editor.TemplateContact{}, oneself, faulty{}},
		"« c’est moi » for an organisation":   {editor.TemplateContact{Organisation: true}, oneself, faulty{}},
		"everything was typed for somebody":   {editor.TemplateContact{}, complete(), faulty{}},
		"a name too many for an organisation": {editor.TemplateContact{Organisation: true}, complete(), faulty{}},
	} {
		s := Situation{Template: everythingAsked(), Requester: requester}
		s.Template.Technical = row.contact
		if diff := cmp.Diff(row.want, found(Check(row.answers, s, editor.BlockContacts))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
