package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"portail-qf/internal/sim/stage"
)

const (
	liveGuide     = "/editeurs/mise-en-production"
	hubGuide      = "/aide/hubee"
	quotientGuide = "/aide/api-quotient-familial"
)

// sample is the text of a block that the page prints as it is, by its label.
func (p *page) sample(label string) string {
	p.visitor.t.Helper()
	block := find(p.root, func(n *html.Node) bool { return plain(attribute(n, "aria-label")) == plain(label) })
	pre := find(block, func(n *html.Node) bool { return n.Data == "pre" })
	if pre == nil || pre.FirstChild == nil {
		p.visitor.t.Fatalf("%s shows no %q", p.url.Path, label)
	}
	return pre.FirstChild.Data
}

// shell runs the commands of the guides as a shell and curl would, the options that the
// guides use and no other.
type shell struct {
	t         *testing.T
	variables map[string]string
}

var shellWord = regexp.MustCompile(`"[^"]*"|'[^']*'|[^\s\\]+`)

// read takes a word out of its quotes, and puts the variables in where a shell does.
func (s shell) read(word string) string {
	s.t.Helper()
	if bare, single := strings.CutPrefix(word, "'"); single {
		return strings.TrimSuffix(bare, "'")
	}
	return os.Expand(strings.Trim(word, `"`), func(name string) string {
		value, known := s.variables[name]
		if !known {
			s.t.Fatalf("nobody says what $%s is", name)
		}
		return value
	})
}

// curl is what a command asks for.
type curl struct {
	method, address, user, data string
	fields                      url.Values
	header                      http.Header
	inAddress                   bool // the fields
}

func (s shell) parse(command string) curl {
	s.t.Helper()
	words := shellWord.FindAllString(command, -1)
	if len(words) < 2 || words[0] != "curl" {
		s.t.Fatalf("not a command: %s", command)
	}
	c := curl{fields: url.Values{}, header: http.Header{}}
	for rest := words[1:]; len(rest) > 0; rest = rest[1:] {
		option := rest[0]
		switch option {
		case "--get":
			c.inAddress = true
			continue
		case "--header", "--data-urlencode", "--data", "--request", "--user":
			rest = rest[1:]
		default:
			c.address = s.read(option)
			continue
		}
		argument := s.read(rest[0])
		switch option {
		case "--header":
			name, content, _ := strings.Cut(argument, ": ")
			c.header.Add(name, content)
		case "--data-urlencode":
			name, content, _ := strings.Cut(argument, "=")
			c.fields.Add(name, content)
		case "--data":
			c.data = argument
		case "--request":
			c.method = argument
		case "--user":
			c.user = argument
		}
	}
	return c
}

// run makes the request of a command, and gives its status and its body.
func (s shell) run(command string) (status int, body []byte) {
	s.t.Helper()
	c := s.parse(command)
	method, content := http.MethodGet, c.data
	switch {
	case c.inAddress:
		c.address += "?" + c.fields.Encode()
	case len(c.fields) > 0:
		content = c.fields.Encode()
		c.header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if content != "" {
		method = http.MethodPost
	}
	if c.method != "" {
		method = c.method
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, c.address, strings.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header = c.header
	if id, secret, found := strings.Cut(c.user, ":"); found {
		request.SetBasicAuth(id, secret)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err = io.ReadAll(response.Body); err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, body
}

// mustRun runs a command that a page shows under a label, and reads its answer into a value,
// unless it is nil.
func (s shell) mustRun(p *page, label string, status int, into any) {
	s.t.Helper()
	got, body := s.run(p.sample(label))
	if got != status {
		s.t.Fatalf("%q answered %d, want %d: %s", label, got, status, body)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(body, into); err != nil {
		s.t.Fatalf("%q: %v in %s", label, err, body)
	}
}

// seedToken is the token of a town whose text the seed holds.
func seedToken(t *testing.T, siret string) string {
	t.Helper()
	var seed struct {
		Towns []struct {
			Siret string `json:"siret"`
			Token struct {
				Text string `json:"texte"`
			} `json:"jeton"`
		} `json:"collectivites"`
	}
	if err := json.Unmarshal(stage.SeedFile, &seed); err != nil {
		t.Fatal(err)
	}
	for _, town := range seed.Towns {
		if town.Siret == siret {
			return town.Token.Text
		}
	}
	t.Fatalf("the seed has no token of %s", siret)
	return ""
}

var exampleID = regexp.MustCompile(`id="appel-([a-z0-9]+)"`)

// « both routes with examples executed by a test »: each call is made as the page prints it,
// at the address that it prints, and is answered as the page says.
func TestTheExamplesOfTheGuideAreAnsweredAsItSays(t *testing.T) {
	t.Parallel()
	p := open(t)
	guide := p.visitorFor(t).get(quotientGuide).answers(200)
	s := shell{t, map[string]string{"JETON": seedToken(t, "21040107100019")}}
	names := exampleID.FindAllStringSubmatch(guide.body, -1)
	if len(names) < 3 {
		t.Fatalf("%d examples, want one for each route and a refusal at least", len(names))
	}
	for _, name := range names {
		told := func(part string) *html.Node {
			return find(guide.root, func(n *html.Node) bool { return attribute(n, "id") == part+"-"+name[1] })
		}
		call, answer := told("appel"), told("reponse")
		status, body := s.run(call.FirstChild.Data)
		var want, got any
		if err := json.Unmarshal([]byte(answer.FirstChild.Data), &want); err != nil {
			t.Fatalf("%s: the guide shows no JSON: %v", name[1], err)
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%s: %v in %s", name[1], err, body)
		}
		if diff := cmp.Diff(want, got); diff != "" || strconv.Itoa(status) != attribute(answer, "data-status") {
			t.Errorf("%s answered %d (-guide +portal)\n%s", name[1], status, diff)
		}
		if !strings.Contains(call.FirstChild.Data, p.portalURL+"/") {
			t.Errorf("%s does not call %s", name[1], p.portalURL)
		}
	}
}

// step is what the list of steps says beside one of them.
func (p *page) step(title string) string {
	p.visitor.t.Helper()
	says := func(n *html.Node) string {
		var said strings.Builder
		if n != nil {
			collect(n, &said)
		}
		return plain(said.String())
	}
	item := find(p.root, func(n *html.Node) bool {
		return n.Data == "li" && says(find(n, func(n *html.Node) bool { return n.Data == "h3" })) == plain(title)
	})
	state := find(item, func(n *html.Node) bool { return strings.Contains(attribute(n, "class"), "qf-step__state") })
	if state == nil {
		p.visitor.t.Fatalf("there is no step %q", title)
	}
	return says(state)
}

// stepsAre checks what is said beside steps, two by two.
func (p *page) stepsAre(pairs ...string) {
	p.visitor.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := p.step(pairs[i]); got != pairs[i+1] {
			p.visitor.t.Errorf("%q is %q, want %q", pairs[i], got, pairs[i+1])
		}
	}
}

const (
	stepCall    = "Obtenir une première réponse"
	stepDossier = "Relever un premier dossier"
)

// « `/editeurs/mise-en-production` (checklist ticked by facts) »: an editor goes live by
// doing what its guides print, and its list follows.
func TestAnEditorGoesLiveByItsGuides(t *testing.T) {
	t.Parallel()
	p := open(t)
	sofia := p.professional("editrice-tilleul")
	sofia.get("/editeur").says("Vos guides", "Mettre votre logiciel en production")
	live := sofia.get(liveGuide).says("pour Logiciels Tilleul")
	live.stepsAre(
		"Donner un contact technique vérifié", "Fait À vous",
		"Faire habiliter une première collectivité", "Fait le 16 mars 2026 À la collectivité, puis à API Particulier",
		stepCall, "À faire À vous", stepDossier, "À faire À vous",
		"Être prévenu de chaque dossier (webhooks)", "Bientôt À vous",
	)
	if form := live.step("Publier le formulaire de votre logiciel"); !strings.HasPrefix(form, "Fait le ") {
		t.Errorf("the form of the seed is %q", form)
	}

	s := shell{t, map[string]string{"JETON": seedToken(t, "21040107100019")}}
	s.mustRun(sofia.get(quotientGuide), "Appel de la version 3", http.StatusOK, nil)
	eventually(t, 20*time.Second, "the call is counted", func() bool {
		return strings.HasPrefix(sofia.get(liveGuide).step(stepCall), "Fait le ")
	})

	reference := p.transmits()
	p.drain()
	s.fetches(sofia.get(hubGuide), "Formulaire-QF-"+reference.String())
	p.job("hubee-notifications")
	if got := sofia.get(liveGuide).step(stepDossier); !strings.HasPrefix(got, "Fait le ") {
		t.Errorf("a dossier was fetched, and the step is %q", got)
	}
	p.visitor().get("/suivi/" + reference.String()).says("reçu")
}

// fetches reads a dossier as the guide tells the software of the first town to.
func (s shell) fetches(guide *page, externalID string) {
	s.t.Helper()
	town := stage.Town{Siret: "21040107100019"}
	s.variables["IDENTIFIANT"], s.variables["CLE"] = stage.HubEEClient(town), stage.HubEEClientSecret(town)
	var token struct {
		Access string `json:"access_token"`
	}
	s.mustRun(guide, "Commande pour demander un jeton", http.StatusOK, &token)
	s.variables["JETON_HUBEE"] = token.Access

	var waiting []struct{ ID, CaseID, EventID string }
	eventually(s.t, 10*time.Second, "HubEE tells of the dossier", func() bool {
		s.mustRun(guide, "Commande pour relever les notifications", http.StatusOK, &waiting)
		return len(waiting) == 1
	})
	if waiting[0].EventID != "" {
		s.t.Errorf("a new dossier is told by the event %q", waiting[0].EventID)
	}
	s.variables["CAS"], s.variables["NOTIFICATION"] = waiting[0].CaseID, waiting[0].ID

	var found struct {
		ExternalID  string
		Attachments []struct{ ID, FileName string }
	}
	s.mustRun(guide, "Commande pour lire un dossier", http.StatusOK, &found)
	if found.ExternalID != externalID+"-01" || len(found.Attachments) != 3 {
		s.t.Errorf("the guide leads to %+v", found)
	}
	for _, file := range found.Attachments {
		s.variables["PIECE"] = file.ID
		var content map[string]any
		if file.FileName == "FormulaireQF.json" {
			s.mustRun(guide, "Commande pour télécharger une pièce", http.StatusOK, &content)
			continue
		}
		s.mustRun(guide, "Commande pour télécharger une pièce", http.StatusOK, nil)
	}
	s.mustRun(guide, "Commande pour envoyer un état", http.StatusCreated, nil)
	s.mustRun(guide, "Commande pour supprimer une notification", http.StatusNoContent, nil)
}

// What is behind the receipt of an event is tried from the other side: the portal acknowledges
// what the town sent, and the town's software empties its queue as the guide says.
func TestASoftwareEmptiesItsQueueByTheGuide(t *testing.T) {
	t.Parallel()
	p := open(t)
	guide := p.visitorFor(t).get(hubGuide)
	reference := p.transmits()
	p.drain()
	s := shell{t, map[string]string{}}
	s.fetches(guide, "Formulaire-QF-"+reference.String())
	finished := strings.Replace(guide.sample("Commande pour envoyer un état"), "SI_RECEIVED", "DONE", 1)
	if status, body := s.run(finished); status != http.StatusCreated {
		t.Fatalf("DONE answered %d: %s", status, body)
	}
	p.job("hubee-notifications")
	for round := 0; ; round++ {
		var waiting []struct{ ID, EventID, EventStatus string }
		s.mustRun(guide, "Commande pour relever les notifications", http.StatusOK, &waiting)
		if len(waiting) == 0 {
			break
		}
		if round == 5 {
			t.Fatalf("the queue still holds %+v", waiting)
		}
		for _, one := range waiting {
			s.variables["EVENEMENT"], s.variables["NOTIFICATION"] = one.EventID, one.ID
			if one.EventStatus == "SENT" {
				s.mustRun(guide, "Commande pour accuser réception d'un événement", http.StatusNoContent, nil)
			}
			s.mustRun(guide, "Commande pour supprimer une notification", http.StatusNoContent, nil)
		}
	}
	p.visitor().get("/suivi/" + reference.String()).says("traité")
}

// Anybody reads the guides; the steps are ticked for the people of an editor alone, with the
// facts of theirs.
func TestTheStepsAreTickedForEditorsOnly(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, guide := range []string{liveGuide, hubGuide, quotientGuide} {
		read := p.visitorFor(t).get(guide).answers(200)
		for _, other := range []string{liveGuide, hubGuide, quotientGuide, "/api/docs"} {
			if other != guide && !strings.Contains(read.body, `href="`+other+`"`) {
				t.Errorf("%s does not lead to %s", guide, other)
			}
		}
	}
	public := p.visitorFor(t).get(liveGuide).says("Se connecter").neverSays(">Fait<", "étapes sur", "À faire")
	public.stepsAre(stepCall, "À vous", "Publier le formulaire de votre logiciel", "À API Particulier", "Être prévenu de chaque dossier (webhooks)", "Bientôt À vous")
	p.professional("agente-majastres").get(liveGuide).says("Vous n'agissez pas pour un éditeur").stepsAre(stepCall, "À vous")
	p.professional("editeur-brume").get(liveGuide).says("pour Ateliers Brume").
		stepsAre("Faire habiliter une première collectivité", "Fait le 10 février 2025 À la collectivité, puis à API Particulier")
	for _, path := range []string{"/plan-du-site", "/connexion"} {
		if p.visitorFor(t).get(path).link("en production") == "" {
			t.Errorf("%s does not lead to the guides", path)
		}
	}
}
