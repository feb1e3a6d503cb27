package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"portail-qf/internal/document/intake/intaketest"
)

// TestNothingThatIsSentHarmsARequest is the « Bad input » of issue 5, on one scene: two towns,
// and an instructor.
func TestNothingThatIsSentHarmsARequest(t *testing.T) {
	t.Parallel()
	p := open(t)
	a, step := p.begins(p.visitor(), "agente-clairval", tilleulForm)
	for _, part := range []struct {
		name string
		tell func(a *asking, step *page)
	}{
		{"locked fields", p.locksHold}, {"files", p.refusesFiles}, {"names of files", p.tidiesNames}, {"guessed numbers", p.looksUnknown},
	} {
		t.Run(part.name, func(t *testing.T) {
			p.reportsTo(t)
			a.t = t
			part.tell(a, step)
		})
	}
	t.Run("HTML everywhere", func(t *testing.T) {
		p.reportsTo(t)
		p.escapesEverywhere()
	})
	p.keepsQuiet("panic", `"status":500`)
}

// answered is a text of the answers as the tables have them.
func (a *asking) answered(field string) (text string) {
	a.t.Helper()
	const query = `SELECT COALESCE(answers #>> string_to_array($2, '.'), '') FROM applications WHERE request = $1`
	if err := a.p.tables.QueryRow(query, a.number, field).Scan(&text); err != nil {
		a.t.Fatal(err)
	}
	return text
}

// locksHold: « The server enforces every lock, whatever the browser sends; query parameters
// pre-fill an allow-list that excludes contacts and SIRET »; « mass assignment (state=,
// editor_id=, role=) ».
func (p *portal) locksHold(a *asking, step *page) {
	forged := url.Values{
		"intitule": {"Projet forgé"}, "description": {"forgé"}, "donnees": {"cnaf_quotient_familial"}, "modalites": {"jeton"}, "cadre_juridique": {"forgé"},
		"technique_mail": {"pirate@evil.example"}, "technique_moi": {"moi"}, "reception": {"remplacer"}, "document": {"1"}, "deliberation": {"1"},
		"state": {"validee"}, "etat": {"validee"}, "phase": {"close"}, "editor_id": {brume}, "editeur": {brume}, "role": {"admin"}, "revision": {"99"}, "edition": {"99"},
		"holder": {"1"}, "siret": {majastresTown.Siret}, "source": {"datapass"}, "number": {"9001"}, "formulaire": {brumeForm},
	}
	before := p.count(`SELECT count(*) FROM requests`)
	a.post(p.portalURL+townRequests, with(forged, "formulaire", tilleulForm)).at(a.path("/etapes/deliberation"))
	for _, block := range []string{"projet", "modalites", "donnees", "cadre", "reception"} {
		a.post(p.portalURL+a.path("/etapes/"+block), forged).answers(http.StatusNotFound)
	}
	for _, block := range []string{"traitement", "personnes", "usagers"} {
		_, shown := a.get(a.path("/etapes/" + block)).form(block)
		a.post(p.portalURL+a.path("/etapes/"+block), with(forged, "empreinte", shown.Get("empreinte")))
	}
	_, shown := step.form("/deliberation")
	a.hands(p.portalURL+a.path("/etapes/deliberation"), with(forged, "empreinte", shown.Get("empreinte")), nil)
	for field, want := range map[string]string{
		"intitule": "Tarification sociale des services municipaux", "technique.mail": tilleulContact, "technique_moi": "", "avec_formulaire": "true", "avec_jeton": "true",
		"reception": "", "document": "", "donnees": `["cnaf_quotient_familial", "cnaf_allocataires", "cnaf_enfants", "cnaf_adresse"]`,
	} {
		if got := a.answered(field); got != want {
			p.t.Errorf("%s is %q", field, got)
		}
	}
	kept := p.count(`SELECT count(*) FROM requests WHERE number = $1 AND state = 'brouillon' AND source = 'portail' AND siret = $2 AND form_uid = $3 AND requester ->> 'mail' = $4`,
		a.number, clairval.Siret, tilleulForm, lucie)
	if after := p.count(`SELECT count(*) FROM requests`); kept != 1 || after != before {
		p.t.Errorf("the request changed, or another was begun: %d, %d", kept, after-before)
	}
	a.post(p.portalURL+a.path("/recapitulatif"), with(forged, "cgu", "oui")).answers(http.StatusConflict)

	const asked = "?intitule=Cantine+de+Saint-Jean&dpd_mail=pirate%40evil.example&technique_mail=pirate%40evil.example&siret=21040107100019&donnees=cnaf_adresse&state=validee&conservation=6"
	begin := a.get(a.get("/formulaires/" + brumeForm + "/demande/nouveau" + asked).link("Commencer la demande"))
	begin.says("Cantine de Saint-Jean", clairval.Name).neverSays("pirate", majastresTown.Siret)
	other := p.reaches(a.visitor, strings.Split(begin.submit(townRequests).url.Path, "/")[3])
	other.t = p.t
	if got := other.answered("intitule") + other.answered("conservation") + other.answered("technique.mail") + other.answered("dpd.mail"); got != "Cantine de Saint-Jean6"+brumeContact {
		p.t.Errorf("pre-filled with %q", got)
	}
	other.get(other.path("/retrait")).submit("/retrait")
}

// with are fields with one changed.
func with(fields url.Values, name, value string) url.Values {
	changed := url.Values{}
	for n, values := range fields {
		changed[n] = values
	}
	changed.Set(name, value)
	return changed
}

// beside is what a page says beside a field.
func (p *page) beside(field string) string {
	message := find(p.root, func(n *html.Node) bool { return attribute(n, "id") == field+"-erreur" })
	if message == nil {
		return ""
	}
	return wordsOf(message)
}

// refusesFiles: « a clear French sentence beside the field and in the summary » for each file
// that is no honest PDF.
func (p *portal) refusesFiles(a *asking, _ *page) {
	large := append(intaketest.PDF(1), bytes.Repeat([]byte("%"), 10<<20)...)
	honest := intaketest.PDF(1)
	for name, row := range map[string]struct {
		file upload
		says string
	}{
		"nothing":          {upload{"vide.pdf", nil}, "Ce fichier est vide"},
		"10 MB and a byte": {upload{"lourd.pdf", append(large[:10<<20:10<<20], '\n')}, "trop lourd : 10 Mo au plus"},
		"a script":         {upload{"actif.pdf", intaketest.Active()}, "contient un programme ou des fichiers joints"},
		"a bomb":           {upload{"bombe.pdf", intaketest.Bomb()}, "trop compliqué"},
		"a password":       {upload{"secret.pdf", intaketest.Encrypted()}, "protégé par un mot de passe"},
		"its half":         {upload{"moitie.pdf", honest[:len(honest)/2]}, "PDF"},
		"a program":        {upload{"facture.pdf.exe", []byte("MZ\x90\x00\x03")}, "n’est pas un PDF"},
		"a page":           {upload{"page.pdf", []byte("<!DOCTYPE html><script>alert(1)</script>")}, "n’est pas un PDF"},
		"page and PDF":     {upload{"deux.pdf", append([]byte("<html><script>alert(1)</script>\n"), honest...)}, "PDF"},
		"archive and PDF":  {upload{"archive.pdf", append([]byte("PK\x03\x04\x14\x00\x00\x00"), honest...)}, "PDF"},
		"a picture":        {upload{"photo.pdf", []byte("\x89PNG\r\n\x1a\n")}, "n’est pas un PDF"},
		"noise":            {upload{"bruit.pdf", bytes.Repeat([]byte{0xff, 0x00, 0x41}, 4000)}, "n’est pas un PDF"},
	} {
		step := a.get(a.path("/etapes/deliberation"))
		refused := a.answers(step, nil, &row.file).answers(http.StatusUnprocessableEntity)
		if said := refused.beside("deliberation"); !strings.Contains(said, plain(row.says)) {
			p.t.Errorf("%s: beside the field, %q", name, said)
		}
		if found := problems(refused); len(found) != 1 || !strings.Contains(found[0], plain(row.says)) {
			p.t.Errorf("%s: in the summary, %q", name, found)
		}
	}
	if kept := p.count(`SELECT count(*) FROM documents`); kept != 0 {
		p.t.Errorf("%d files are kept", kept)
	}
	target, fields := a.get(a.path("/etapes/deliberation")).form("/deliberation")
	a.hands(target, fields, &upload{"enorme.pdf", bytes.Repeat([]byte("%"), 22<<20)}).answers(http.StatusRequestEntityTooLarge).says("Rien n’a été enregistré")
}

// hostileNames are what a file may be called.
var hostileNames = []string{
	`=HYPERLINK("http://evil.example";"cliquez").pdf`, "acte\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>.pdf", "facture.pdf.exe", "../../../etc/passwd.pdf",
	`C:\temp\acte.pdf`, `"; filename="virus.exe`, "\u202efdp.exe.pdf", strings.Repeat("é", 600) + ".pdf", "-@+cmd|' /C calc'!A0.pdf", "\x00.pdf", " .pdf", "acte",
}

// tidiesNames: « .pdf.exe », « names like =HYPERLINK(…) or with CR/LF », also in the header of
// the download.
func (p *portal) tidiesNames(a *asking, _ *page) {
	for _, name := range hostileNames {
		step := a.get(a.path("/etapes/deliberation"))
		if kept := a.answers(step, nil, &upload{name, intaketest.PDF(1)}); kept.status != http.StatusOK {
			p.t.Errorf("%q is answered %d: %q", name, kept.status, problems(kept))
		}
		shown := a.get(a.path("/etapes/deliberation"))
		anchor := find(shown.root, func(n *html.Node) bool { return n.Data == "a" && strings.Contains(attribute(n, "href"), "/documents/") })
		if anchor == nil {
			p.t.Errorf("%q is not kept", name)
			continue
		}
		said := wordsOf(anchor)
		if !strings.HasSuffix(said, ".pdf") || strings.ContainsAny(said, "\r\n\u202e<>\"/\\=|") || len([]rune(said)) > 200 {
			p.t.Errorf("%q is called %q", name, said)
		}
		file := a.get(attribute(anchor, "href")).answers(http.StatusOK)
		disposition := file.header.Get("Content-Disposition")
		kind, parameters, err := mime.ParseMediaType(disposition)
		if err != nil || kind != "attachment" || plain(parameters["filename"]) != plain(said) || file.header.Get("Set-Cookie") != "" {
			p.t.Errorf("%q is handed over as %q (%v)", name, disposition, err)
		}
		if file.header.Get("Content-Security-Policy") == "" || file.header.Get("X-Content-Type-Options") != "nosniff" || file.body != string(intaketest.PDF(1)) {
			p.t.Errorf("%q is served with %v", name, file.header)
		}
	}
}

// looksUnknown: « foreign and guessed ids » look the same, whoever asks.
func (p *portal) looksUnknown(a *asking, _ *page) {
	stranger := p.visitorFor(p.t)
	stranger.enter(p, "agente-majastres")
	own, _ := p.begins(stranger, "agente-majastres", brumeForm)
	parts := []string{
		"", "/recapitulatif", "/depot", "/retrait", "/modification", "/annulation", "/transfert", "/etapes/personnes", "/messages", "/documents/1", "/messages/lecture",
		"/reprise", "/reprise/reponse",
	}
	for _, part := range parts {
		words := ""
		for _, number := range []string{a.number, "99999999", "0", "-1", "9223372036854775807", "9223372036854775808", "D" + a.number, "abc", "1%27", "%00", "%0d%0a"} {
			address := townRequests + "/" + number + part
			got := stranger.hop(http.MethodPost, address, url.Values{"message": {"x"}, "jusqua": {"1"}}, "Sec-Fetch-Site", "same-origin")
			if got.status != http.StatusNotFound && got.status != http.StatusMethodNotAllowed {
				p.t.Errorf("POST %s is answered %d", address, got.status)
			}
			if strings.Contains(got.body, clairval.Name) || strings.Contains(got.body, "Marchand") {
				p.t.Errorf("POST %s shows something of it", address)
			}
			if strings.Contains(part, "documents") && number != a.number && number != "99999999" { // what is no number is no request
				continue
			}
			missing := stranger.get(address).neverSays(clairval.Name, "Marchand")
			if missing.status != http.StatusNotFound && missing.status != http.StatusMethodNotAllowed {
				p.t.Errorf("GET %s is answered %d", address, missing.status)
			}
			if said := withoutReference(missing.root, missing.text()); words == "" {
				words = said
			} else if said != words {
				p.t.Errorf("%s says\n%s\nwhere another says\n%s", address, said, words)
			}
		}
	}
	document := fmt.Sprint(p.count(`SELECT max(id) FROM documents WHERE request = $1`, a.number))
	stranger.get(own.path("/documents/" + document)).answers(http.StatusNotFound)
	stranger.get(a.path("/documents/" + document)).answers(http.StatusNotFound)
	stranger.get(own.path("/retrait")).submit("/retrait")
	instructor := p.visitorFor(p.t)
	instructor.enter(p, "instructrice")
	for _, number := range []string{"99999999", "0", "-1", "9223372036854775808", "abc", "%00"} {
		for _, part := range []string{"", approval, refusal, returning, refusal + "/apercu", "/messages", "/reprise", "/documents/1"} {
			instructor.get(theQueue + "/" + number + part).answers(http.StatusNotFound)
		}
	}
	// A draft is its town's alone.
	instructor.get(theQueue+"/"+a.number).says("Rien n’est déposé").neverSays("Saint-Jean", "/documents/")
	instructor.get(theQueue + "/" + a.number + "/documents/" + document).answers(http.StatusNotFound)
	instructor.get(theQueue + "/" + a.number + approval).answers(http.StatusConflict)
	instructor.get("/formulaires/" + tilleulForm + "/demande/nouveau").says("Cette demande se fait au nom d’une collectivité")
	instructor.get(townRequests + "/nouvelle?formulaire=" + tilleulForm).answers(http.StatusForbidden)
	for _, uid := range []string{"inconnu", "..%2f..%2fetc", "%00", strings.Repeat("a", 300), "' OR 1=1"} {
		stranger.get("/formulaires/" + url.PathEscape(uid) + "/demande/nouveau").answers(http.StatusNotFound)
		stranger.post(p.portalURL+townRequests, url.Values{"formulaire": {uid}}).answers(http.StatusNotFound)
	}
}

const script = `><script>alert(1)</script>`

// escapesEverywhere: « HTML in every text field », on every page that shows it, of both sides,
// in the mails and in the sheet; « CSV export safe against formulas ».
func (p *portal) escapesEverywhere() {
	hostile := typed{}
	for _, field := range []string{
		"intitule", "description", "cadre_juridique", "destinataires", "conservation_motif", "demandeur_fonction", "dpd_prenom", "dpd_nom", "dpd_fonction",
		"responsable_prenom", "responsable_nom", "responsable_fonction", "metier_prenom", "metier_nom", "metier_fonction", "technique_prenom", "technique_nom",
		"technique_fonction", "usagers_libelle",
	} {
		hostile[field] = field + script + "\u202e"
	}
	for field, value := range map[string]string{
		"metier_autre": "autre", "metier_mail": "metier@clairval-les-pins.example.fr", "metier_telephone": "04 66 00 00 03", "technique_moi": "autre",
		"technique_mail": "t@prestataire.example.fr", "technique_telephone": "04 66 00 00 04", "conservation": "48",
	} {
		hostile[field] = value
	}
	v := p.visitorFor(p.t)
	v.enter(p, "agent-clairval")
	a, step := p.begins(v, "agent-clairval", genericForm)
	summary := a.completes(step, hostile)
	for _, field := range []string{"intitule", "dpd_nom", "usagers_libelle"} {
		summary.says(plain(hostile[field][:len(hostile[field])-len("\u202e")]))
	}
	a.deposits(summary)
	instructor := p.visitorFor(p.t)
	instructor.enter(p, "instructrice")
	a.get(a.path("/messages")).fill("/messages", typed{"message": "a" + script}).says("a" + script)
	instructor.get(theQueue+"/"+a.number+"/messages").fill("/messages", typed{"message": "b" + script}).says("b" + script)
	instructor.get("/instruction/modeles/nouveau").fill("/nouveau", typed{"acte": "request_changes", "titre": "t" + script, "texte": "{numero} {{.Number}} " + script}).at("/instruction/modeles")
	instructor.get(theQueue+"?q="+url.QueryEscape("x"+script)+"&departement=30").fill("/filtres", typed{"nom": "f" + script})
	page := instructor.get(theQueue + "/" + a.number + returning)
	model := find(page.root, func(n *html.Node) bool { return n.Data == "button" && attribute(n, "name") == "modele" })
	target, fields := page.form(returning)
	fields.Set("modele", attribute(model, "value"))
	instructor.post(target+"/modeles", fields).says("D" + a.number + " {{.Number}} " + script)
	instructor.decides(a.number, returning, typed{"motif": "r" + script, "commentaire-intitule": "c" + script})
	p.execute(`UPDATE requests SET organisation = organisation || $2 WHERE number = $1`, a.number, script)
	for _, address := range []string{
		townRequests, a.path(""), a.path("/recapitulatif"), a.path("/messages"), a.path("/transfert"), a.path("/retrait"), a.path("/etapes/projet"), a.path("/etapes/personnes"),
		a.path("/etapes/usagers"), a.path("/etapes/traitement"), "/collectivite",
	} {
		a.get(address).answers(http.StatusOK).isHarmless()
	}
	for _, address := range []string{
		theQueue + "?etape=toutes", theQueue + "/" + a.number, theQueue + "/" + a.number + "/messages", theQueue + "/" + a.number + refusal, "/instruction/modeles", "/instruction",
	} {
		instructor.get(address).answers(http.StatusOK).isHarmless()
	}
	p.drain()
	for _, m := range p.stage.Mail.Messages() {
		if strings.Contains(m.HTML, "<script") || strings.ContainsAny(m.Subject, "\r\n") {
			p.t.Errorf("« %s » has HTML of somebody's", m.Subject)
		}
	}
	p.sheetIsHarmless(instructor)
}

// isHarmless fails when a page has something that somebody typed as HTML.
func (p *page) isHarmless() {
	p.visitor.t.Helper()
	if strings.Contains(p.body, "<script") || strings.Contains(p.body, "\u202e") {
		p.visitor.t.Errorf("%s has what was typed as HTML", p.url.Path)
	}
}

func (p *portal) sheetIsHarmless(instructor *visitor) {
	p.execute(`UPDATE requests SET organisation = '=HYPERLINK("http://evil.example";"' || organisation || '")' WHERE state <> 'brouillon' AND source = 'portail'`)
	sheet := instructor.get(theQueue + "/export.csv?etape=toutes").answers(http.StatusOK)
	if kind := sheet.header.Get("Content-Type"); kind != "text/csv; charset=utf-8" || !strings.HasPrefix(sheet.header.Get("Content-Disposition"), "attachment") {
		p.t.Errorf("the sheet is %s", kind)
	}
	read := csv.NewReader(strings.NewReader(strings.TrimPrefix(sheet.body, "\uFEFF")))
	read.Comma = ';'
	rows, err := read.ReadAll()
	if err != nil || len(rows) != 2 {
		p.t.Fatalf("%d lines, %v", len(rows), err)
	}
	for _, cell := range rows[1] {
		if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r\n") {
			p.t.Errorf("a spreadsheet reads a formula: %q", cell)
		}
	}
	if !strings.HasPrefix(rows[1][1], "'=HYPERLINK(") {
		p.t.Errorf("the town is written %q", rows[1][1])
	}
}
