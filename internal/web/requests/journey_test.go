package requests

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portail-qf/internal/document/intake/intaketest"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	simclamav "portail-qf/internal/sim/clamav"
)

const (
	prepared = "api-particulier-tilleul"
	allAsked = "api-particulier-brume"
)

// typedPeople is what a town types of the people, on a form with its technical contact.
func typedPeople() url.Values {
	return url.Values{
		"demandeur_telephone": {"04 92 00 00 00"}, "metier_autre": {"moi"},
		"dpd_prenom": {"Zoé"}, "dpd_nom": {"Lambert"}, "dpd_mail": {"dpd@pays.example.fr"}, "dpd_telephone": {"04 92 00 00 02"},
		"responsable_prenom": {"Jean"}, "responsable_nom": {"Aubert"}, "responsable_mail": {"jean.aubert@majastres.example.fr"}, "responsable_fonction": {"Maire"},
	}
}

// begin begins a request through a form, and gives its address.
func (s *scene) begin(as person, form string, more ...string) string {
	s.t.Helper()
	fields := url.Values{"formulaire": {form}}
	for i := 0; i+1 < len(more); i += 2 {
		fields.Add(more[i], more[i+1])
	}
	a := s.post(as, homePath, fields)
	if a.status != http.StatusSeeOther {
		s.t.Fatalf("status %d:\n%s", a.status, a.text)
	}
	path, _, found := strings.Cut(a.to, stepsPart)
	if !found {
		s.t.Fatalf("a request begins at %q", a.to)
	}
	return path
}

// step sends what is typed in a block, as its page was shown.
func (s *scene) step(as person, path string, block editor.Block, typed url.Values) answer {
	s.t.Helper()
	address := path + stepsPart + string(block)
	typed.Set(fieldStamp, s.get(as, address).is(http.StatusOK).hidden(fieldStamp))
	return s.post(as, address, typed)
}

// join hands a délibération in.
func (s *scene) join(as person, path, name string, content []byte) answer {
	s.t.Helper()
	address := path + stepsPart + string(editor.BlockDeliberation)
	stamp := s.get(as, address).is(http.StatusOK, `enctype="multipart/form-data"`).hidden(fieldStamp)
	return s.upload(as, address, url.Values{fieldStamp: {stamp}}, name, content)
}

// complete answers all that a prepared form asks, and leaves a request to be deposited.
func (s *scene) complete(as person) (path string) {
	s.t.Helper()
	path = s.begin(as, prepared)
	s.join(as, path, "délibération.pdf", intaketest.PDF(2)).leads(path+stepsPart+"traitement", "")
	s.step(as, path, editor.BlockProcessing, url.Values{"destinataires": {"Les agents du service enfance"}, "conservation": {"12"}}).leads(path+stepsPart+"personnes", "")
	s.step(as, path, editor.BlockContacts, typedPeople()).leads(path+stepsPart+"usagers", "")
	s.step(as, path, editor.BlockUsers, url.Values{}).leads(path+summaryPart, "")
	return path
}

// deposit sends the summary.
func (s *scene) deposit(as person, path string, consents ...string) answer {
	s.t.Helper()
	fields := url.Values{fieldEdition: {s.get(as, path+summaryPart).is(http.StatusOK).hidden(fieldEdition)}}
	for _, consent := range consents {
		fields.Set(consent, yes)
	}
	return s.post(as, path+summaryPart, fields)
}

func numberOf(path string) habilitation.RequestNumber {
	var n habilitation.RequestNumber
	for _, digit := range strings.TrimPrefix(path, homePath+"/") {
		n = n*10 + habilitation.RequestNumber(digit-'0')
	}
	return n
}

// giveBack asks the town for changes, as an instructor does.
func (s *scene) giveBack(path, reason string, comments ...request.Comment) {
	s.t.Helper()
	a, err := s.instruction.Find(s.t.Context(), numberOf(path))
	if err != nil {
		s.t.Fatal(err)
	}
	note := request.Note{Request: a.Request.Number, Act: habilitation.RequestChanges, Revision: a.Request.Revision, Text: reason, Comments: comments}
	if err := s.instruction.Draft(s.t.Context(), s.hugo, note); err != nil {
		s.t.Fatal(err)
	}
	if err := s.instruction.RequestChanges(s.t.Context(), s.hugo, a.Request.Number); err != nil {
		s.t.Fatal(err)
	}
}

// approve grants what was deposited.
func (s *scene) approve(path string) {
	s.t.Helper()
	a, err := s.instruction.Find(s.t.Context(), numberOf(path))
	if err != nil {
		s.t.Fatal(err)
	}
	number, err := s.decisions.Store.NextHabilitation(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	note := request.Note{Request: a.Request.Number, Act: habilitation.Approve, Revision: a.Request.Revision, Number: number}
	if err := s.instruction.Draft(s.t.Context(), s.hugo, note); err != nil {
		s.t.Fatal(err)
	}
	if err := s.decisions.ApproveNoted(s.t.Context(), s.hugo, a.Request.Number); err != nil {
		s.t.Fatal(err)
	}
}

// « From that URL: what to have at hand, time it takes, mean delay … draft saved at each step;
// summary; consents; number D… » (PRODUCT.md 3.2), then changes asked, deposited again,
// approved.
func TestATownAsksThroughItsEditorsForm(t *testing.T) {
	s := setScene(t)
	start := s.get(person{}, "/formulaires/"+prepared+"/demande/nouveau").is(http.StatusOK, "Tilleul Enfance", "Logiciels Tilleul", "10 minutes", "SIRET",
		"délibération", "https://www.cnil.fr/fr/designation-dpo", "souvent le maire", "Je n’ai pas de délibération", modelPath, "a déjà rempli",
		"ne vous est pas demandé", "Commencer la demande", "!En général")
	start.is(http.StatusOK, beginPath+"?formulaire="+prepared)
	s.get(s.anne, beginPath+"?formulaire="+prepared).is(http.StatusOK, "COMMUNE DE MAJASTRES", "210 401 071 00019", "Majastres", "anne@exemple.fr", "!déjà habilitée")

	path := s.complete(s.anne)
	s.get(s.anne, path+stepsPart+"deliberation").is(http.StatusOK, "Étape 1 sur 4", "délibération.pdf", "2 pages", "Aucun virus connu", "a déjà rempli", "Calculer le tarif")
	s.get(s.anne, path+summaryPart).is(http.StatusOK, "!Il reste", "non modifiable", "Les agents du service enfance", "Le demandeur", "de septembre 2026",
		"https://particulier.api.gouv.fr/cgu", "https://partenaires.franceconnect.gouv.fr/cgu", "celles de HubEE")
	s.deposit(s.anne, path).is(http.StatusUnprocessableEntity, "Acceptez les conditions", "Confirmez que le délégué")
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.get(s.anne, path+depositedPart).is(http.StatusOK, numberOf(path).String(), "24 janvier 2027", "anne@exemple.fr", "integration@90511200900014.example.fr",
		"HubEE va vous demander de créer un mot de passe sous 48 heures", "Tilleul Enfance reçoit les quotients pour vous")
	s.get(s.anne, path+summaryPart).leads(path, "demande-changee")
	s.get(s.anne, path+stepsPart+"personnes").leads(path, "demande-changee")
	s.post(s.anne, path+stepsPart+"personnes", typedPeople()).is(http.StatusConflict, "ne sont pas enregistrées", "Zoé", "dpd@pays.example.fr", "Le demandeur", `href="`+path+`"`, "!Enregistrer")
	s.get(s.anne, path).is(http.StatusOK, "Déposée", "lue par les instructeurs", "!Compléter", "Retirer la demande", "Demande commencée", "Demande déposée")

	s.giveBack(path, "La délibération ne dit rien du quotient.", request.Comment{Field: "dpd_mail", Text: "Est-ce la bonne ?"}, request.Comment{Field: request.FieldDocument, Text: "Page 2."})
	s.get(s.anne, path).is(http.StatusOK, "Modifications demandées", "La délibération ne dit rien du quotient.", "Est-ce la bonne ?", "Page 2.", "Corriger", "Hugo Talbot")
	s.get(s.anne, path+summaryPart).is(http.StatusOK, "rien changé depuis la demande de l’instructeur")
	s.get(s.anne, path+stepsPart+"personnes").is(http.StatusOK, "Est-ce la bonne ?", "!Étape", "Retourner au récapitulatif")
	people := typedPeople()
	people.Set("dpd_mail", "zoe.lambert@pays.example.fr")
	s.step(s.anne, path, editor.BlockContacts, people).leads(path+summaryPart, "demande-enregistree")
	s.get(s.anne, path+summaryPart).is(http.StatusOK, "zoe.lambert@pays.example.fr", "Déposer à nouveau", "!rien changé")
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.approve(path)
	s.get(s.anne, path).is(http.StatusOK, "Validée", "H10000", "l’habilitation est valide", "Modifier l’habilitation", "Habilitation validée")
	s.get(s.anne, beginPath+"?formulaire="+prepared).is(http.StatusOK, "déjà habilitée", path, actPath(numberOf(path), habilitation.Reopen))
}

// « a clear French sentence beside the field and in the summary »; « draft saved per step »:
// what is wrong is kept too.
func TestWhatIsWrongIsKeptAndSaidBesideTheField(t *testing.T) {
	s := setScene(t)
	path := s.begin(s.anne, prepared)
	s.get(s.anne, path+stepsPart+"personnes").is(http.StatusOK, `<details class="qf-details">`, `!<details class="qf-details" open>`)
	people := typedPeople()
	people.Set("metier_prenom", "Lou")
	s.step(s.anne, path, editor.BlockContacts, people).is(http.StatusUnprocessableEntity, `<details class="qf-details" open>`)
	people = typedPeople()
	people.Set("dpd_mail", "jean.aubert@majastres.example.fr")
	people.Set("demandeur_telephone", "12")
	people.Del("responsable_nom")
	s.step(s.anne, path, editor.BlockContacts, people).is(http.StatusUnprocessableEntity, "autre personne que le responsable de traitement", "numéro de téléphone français",
		"Remplissez ce champ", `value="12"`, "Vos réponses sont enregistrées", "Le faire plus tard")
	s.get(s.anne, path+stepsPart+"personnes").is(http.StatusOK, `value="12"`, "!à corriger")
	s.get(s.anne, path+summaryPart).is(http.StatusOK, "réponses à donner ou à corriger", "personnes?corriger=1", "Téléphone du demandeur")
	s.get(s.anne, path+stepsPart+"personnes?retour=recapitulatif&corriger=1").is(http.StatusOK, "numéro de téléphone français", "Retourner au récapitulatif")
	s.deposit(s.anne, path, "cgu", "dpd_informe").is(http.StatusUnprocessableEntity, "Nom du responsable de traitement", "Remplissez ce champ", path+"/etapes/personnes?corriger=1", "!Acceptez")

	people.Set("dpd_prenom", "")
	people.Set(fieldThen, thenLeave)
	s.step(s.anne, path, editor.BlockContacts, people).leads(path, "demande-enregistree")
	s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {"Nous"}, "conservation": {"48"}}).is(http.StatusUnprocessableEntity, "Au-delà de 36 mois")
	people.Set("dpd_mail", "mairie@majastres.example.fr")
	s.step(s.anne, path, editor.BlockContacts, people).leads(path, "demande-enregistree")
	s.get(s.anne, path+summaryPart).is(http.StatusOK, "Un conseil, sans obligation", "mairie@majastres.example.fr")
}

// « two tabs on one draft (nothing typed is lost) »
func TestTwoTabsOnOneDraftLoseNothing(t *testing.T) {
	s := setScene(t)
	path := s.begin(s.anne, prepared)
	address := path + stepsPart + "traitement"
	first := s.get(s.anne, address).hidden(fieldStamp)
	s.post(s.anne, address, url.Values{fieldStamp: {first}, "destinataires": {"Le service enfance"}, "conservation": {"24"}}).leads(path+stepsPart+"personnes", "")
	clash := s.post(s.anne, address, url.Values{fieldStamp: {first}, "destinataires": {"Le CCAS <b>"}, "conservation": {"12"}}).
		is(http.StatusConflict, "ont changé entre-temps", "Le CCAS &lt;b&gt;", `value="12"`, "Le service enfance", ">24<", "Enregistré entre-temps")
	again := clash.hidden(fieldStamp)
	s.post(s.anne, address, url.Values{fieldStamp: {again}, "destinataires": {"Le CCAS <b>"}, "conservation": {"12"}}).leads(path+stepsPart+"personnes", "")
	s.get(s.anne, address).is(http.StatusOK, "Le CCAS &lt;b&gt;", `value="12"`)

	// Another block in the other tab is no clash; the summary that was read before is.
	edition := s.get(s.anne, path+summaryPart).hidden(fieldEdition)
	s.step(s.anne, path, editor.BlockUsers, url.Values{"usagers_libelle": {"Accueil"}, "usagers_telephone": {"04 92 00 00 09"}})
	s.join(s.anne, path, "a.pdf", intaketest.PDF(1))
	s.step(s.anne, path, editor.BlockContacts, typedPeople())
	s.post(s.anne, path+summaryPart, url.Values{fieldEdition: {edition}, "cgu": {yes}, "dpd_informe": {yes}}).
		is(http.StatusConflict, "a été modifiée entre-temps", `id="cgu" name="cgu" value="oui" checked`)
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
}

// « délibération PDF (≤ 10 MB, a real PDF, scanned, served only as attachment with its own
// CSP) or URL »
func TestADocumentIsAPDFServedAsAnAttachment(t *testing.T) {
	s := setScene(t)
	path := s.begin(s.anne, prepared)
	address := path + stepsPart + "deliberation"
	for name, row := range map[string]struct {
		content []byte
		says    string
	}{
		"empty":     {nil, "Ce fichier est vide"},
		"an image":  {[]byte("\x89PNG\r\n\x1a\n"), "n’est pas un PDF"},
		"a virus":   {simclamav.EICAR(), "n’est pas un PDF"},
		"encrypted": {intaketest.Encrypted(), "mot de passe"},
		"a script":  {intaketest.Active(), "contient un programme"},
		"10 MB + 1": {append(intaketest.PDF(1), make([]byte, maxDocument)...), "trop lourd"},
	} {
		t.Run(name, func(*testing.T) {
			s.join(s.anne, path, "a.pdf", row.content).is(http.StatusUnprocessableEntity, row.says)
		})
	}
	stamp := s.get(s.anne, address).hidden(fieldStamp)
	s.upload(s.anne, address, url.Values{fieldStamp: {stamp}, fieldThen: {thenLeave}}, "a.pdf", []byte("no")).is(http.StatusUnprocessableEntity, "n’est pas un PDF")

	s.join(s.anne, path, "../Délibération n° 12\r\n.pdf.exe", intaketest.PDF(1)).leads(path+stepsPart+"traitement", "")
	s.join(s.anne, path, "Délibération «été».pdf", intaketest.PDF(3)).leads(path+stepsPart+"traitement", "")
	id := s.read(`SELECT max(id) FROM documents`)
	file := s.get(s.anne, path+documentsPart+"/"+id)
	file.is(http.StatusOK)
	for header, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store",
		"Content-Disposition": `attachment; filename="deliberation-ete.pdf"; filename*=UTF-8''D%C3%A9lib%C3%A9ration%20%C2%AB%C3%A9t%C3%A9%C2%BB.pdf`,
	} {
		if got := file.header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if file.body != string(intaketest.PDF(3)) {
		t.Error("the file is not the one that was handed in")
	}
	s.get(s.ines, path+documentsPart+"/"+id).is(http.StatusOK)
	s.get(s.paul, path+documentsPart+"/"+id).is(http.StatusNotFound)
	s.get(person{}, path+documentsPart+"/"+id).leads("/connexion", "")
	s.run(`UPDATE documents SET state = 'infectee' WHERE id = $1`, id)
	s.get(s.anne, path+documentsPart+"/"+id).is(http.StatusConflict, "ne peut pas être ouvert")
	s.get(s.anne, address).is(http.StatusOK, "Contient un virus", "!"+documentsPart+"/"+id)

	stamp = s.get(s.anne, address).hidden(fieldStamp)
	s.post(s.anne, address, url.Values{fieldStamp: {stamp}, fieldDrop: {yes}, "deliberation_url": {"majastres.example.fr/deliberation"}}).leads(path+stepsPart+"traitement", "")
	s.get(s.anne, address).is(http.StatusOK, "!déjà donné", `value="majastres.example.fr/deliberation"`)
}

// « query parameters pre-fill an allow-list that excludes contacts and SIRET »; « Tampered
// locked fields, mass assignment »
func TestAnAddressBringsOnlyWhatItMay(t *testing.T) {
	s := setScene(t)
	query := "?intitule=Cantine&conservation=24&dpd_mail=evil@exemple.fr&siret=1&state=validee&donnees=cnaf_quotient_familial&donnees=cnaf_impots"
	s.get(person{}, "/formulaires/"+allAsked+"/demande/nouveau"+query).is(http.StatusOK, "intitule=Cantine", "conservation=24", "donnees=cnaf_quotient_familial", "!evil", "!impots", "!validee")
	s.get(s.anne, beginPath+query+"&formulaire="+allAsked).is(http.StatusOK, `name="intitule" value="Cantine"`, `name="donnees" value="cnaf_quotient_familial"`, "!evil", "Ce que l’adresse du formulaire propose")
	path := s.begin(s.anne, allAsked, "intitule", "Cantine", "dpd_mail", "evil@exemple.fr", "donnees", "cnaf_quotient_familial", "holder", "3", "siret", "21750001600019")
	s.get(s.anne, path+stepsPart+"projet").is(http.StatusOK, `value="Cantine"`)
	s.get(s.anne, path+stepsPart+"personnes").is(http.StatusOK, "!evil")
	s.get(s.anne, path+stepsPart+"donnees").is(http.StatusOK, `value="cnaf_quotient_familial" checked`, `!value="cnaf_enfants" checked`)

	locked := s.begin(s.anne, prepared, "intitule", "Autre chose")
	s.get(s.anne, locked+summaryPart).is(http.StatusOK, "Tarification sociale", "!Autre chose")
	s.get(s.anne, locked+stepsPart+"projet").is(http.StatusNotFound)
	people := typedPeople()
	people.Set("technique_mail", "evil@exemple.fr")
	people.Set("intitule", "Autre chose")
	people.Set("state", "validee")
	s.step(s.anne, locked, editor.BlockContacts, people)
	s.get(s.anne, locked+summaryPart).is(http.StatusOK, "integration@tilleul.example.fr", "!evil", "!Autre chose")
	s.post(s.anne, locked+stepsPart+"projet", url.Values{"intitule": {"Autre chose"}}).is(http.StatusNotFound)

	if twice := s.begin(s.anne, allAsked); twice != path {
		t.Errorf("the draft is %s, and a second one is %s", path, twice)
	}
	s.get(s.anne, beginPath+"?formulaire="+allAsked).is(http.StatusOK, "déjà un brouillon", path, "Reprendre le brouillon", "!Commencer la demande")
}

// What a sign-in would not carry back is told, not dropped in silence.
func TestALongAddressIsTold(t *testing.T) {
	s := setScene(t)
	query := "?intitule=Cantine&description=" + strings.Repeat("a", 600)
	address := "/formulaires/" + allAsked + "/demande/nouveau" + query
	s.get(person{}, address).is(http.StatusOK, "trop longues", "intitule=Cantine", "!description=")
	s.get(s.anne, address).is(http.StatusOK, "!trop longues", "description=aaa", "COMMUNE DE MAJASTRES")
}

// « « Compléter » resumes at the first step that has something to mend (else the summary) »;
// a step that nobody answered is never passed over.
func TestADraftGoesOnWhereItStopped(t *testing.T) {
	s := setScene(t)
	path := s.begin(s.anne, prepared)
	goesOn := func(part string) {
		t.Helper()
		s.get(s.anne, path).is(http.StatusOK, `<a class="fr-btn" href="`+path+part+`">Compléter`)
		s.get(s.anne, homePath).is(http.StatusOK, `href="`+path+part+`"`)
		s.post(s.anne, homePath, url.Values{"formulaire": {prepared}}).leads(path+part, "")
	}
	goesOn(stepsPart + "deliberation")
	s.join(s.anne, path, "a.pdf", intaketest.PDF(1))
	goesOn(stepsPart + "traitement")
	s.step(s.anne, path, editor.BlockContacts, typedPeople())
	s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {"Nous"}, "conservation": {"48"}}).is(http.StatusUnprocessableEntity)
	goesOn(stepsPart + "traitement")
	s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {"Nous"}, "conservation": {"12"}})
	goesOn(stepsPart + "usagers")
	s.step(s.anne, path, editor.BlockUsers, url.Values{"usagers_libelle": {"Accueil"}, "usagers_telephone": {"04 92 00 00 09"}})
	goesOn(summaryPart)
	s.get(s.anne, homePath+"/"+numberOf(path).String()).leads(path, "")
	s.get(s.paul, homePath+"/"+numberOf(path).String()).is(http.StatusNotFound)
}

// The file that could not wait for a sign-in is asked again: the other answers are kept.
func TestAFileIsChosenAgainAfterASignIn(t *testing.T) {
	s := setScene(t)
	path := s.begin(s.anne, prepared)
	address := path + stepsPart + "deliberation"
	stamp := s.get(s.anne, address).hidden(fieldStamp)
	s.post(s.anne, address, url.Values{fieldStamp: {stamp}, fieldThen: {thenFile}, fieldReturn: {returnSummary}, "deliberation_url": {"majastres.example.fr/d"}}).
		leads(address+"?retour=recapitulatif", "fichier-a-choisir")
	s.get(s.anne, address).is(http.StatusOK, `value="majastres.example.fr/d"`)
}
