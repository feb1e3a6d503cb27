package e2e

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/dossier"
)

const (
	alixQuotient = `"quotient_familial":{"fournisseur":"CNAF","valeur":987,"annee":2026,"mois":10,"annee_calcul":2026,"mois_calcul":1}`
	alixHolder   = `{"nom_naissance":"FERRIER","nom_usage":null,"prenoms":"ALIX JEANNE","date_naissance":"1984-05-17","sexe":"F"}`
	alixHolders  = `"allocataires":[` + alixHolder + `]`
	alixChildren = `"enfants":[{"nom_naissance":"FERRIER","nom_usage":null,"prenoms":"LOU","date_naissance":"2015-02-01","sexe":"M"}]`
)

// child is a child of Alix, each part as JSON.
func child(name, firstNames, birthdate, sex string) string {
	return alixQuotient + `,` + alixHolders + `,"enfants":[{"nom_naissance":` + name + `,"nom_usage":null,"prenoms":` + firstNames +
		`,"date_naissance":` + birthdate + `,"sexe":` + sex + `}]`
}

// amount is a quotient of the household of Alix.
func amount(fields string) string {
	return `"quotient_familial":{` + fields + `},` + alixHolders + `,` + alixChildren
}

// oddity is one of real life: what API Particulier answers, what FranceConnect changes,
// what the citizen then reads and does not.
type oddity struct {
	answer, userinfo string
	says, neverSays  []string
}

// What API Particulier was seen to answer, or may.
var oddAnswers = map[string]oddity{
	"value null": {
		answer:    amount(`"fournisseur":"CNAF","valeur":null,"annee":2026,"mois":10`),
		says:      []string{"Quotient familial (octobre 2026) Non connu", "Votre caisse ne donne pas de valeur"},
		neverSays: []string{"qf-figure"},
	},
	"value absent": {answer: amount(`"fournisseur":"MSA","annee":2026,"mois":10`), says: []string{"Non connu", "MSA"}, neverSays: []string{"qf-figure"}},
	"value zero": {
		answer:    amount(`"fournisseur":"CNAF","valeur":0,"annee":2026,"mois":10`),
		says:      []string{"Quotient familial (octobre 2026) 0 Mois"},
		neverSays: []string{"ne donne pas de valeur"},
	},
	"negative value":      {answer: amount(`"fournisseur":"CNAF","valeur":-12,"annee":2026,"mois":10`), says: []string{"−12"}},
	"month zero":          {answer: amount(`"fournisseur":"CNAF","valeur":987,"annee":2026,"mois":0`), says: []string{"Quotient familial (mois non connu) 987"}},
	"month thirteen":      {answer: amount(`"fournisseur":"CNAF","valeur":987,"annee":2026,"mois":13`), says: []string{"Quotient familial (mois non connu) 987"}},
	"month and year null": {answer: amount(`"fournisseur":"CNAF","valeur":987,"annee":null,"mois":null`), says: []string{"Quotient familial (mois non connu) 987", "Mois du calcul Non connu"}},
	"no month at all":     {answer: amount(`"fournisseur":"CNAF","valeur":987`), says: []string{"Quotient familial (mois non connu) 987", "Mois du calcul Non connu"}},
	"unknown fund":        {answer: amount(`"fournisseur":"RSI","valeur":987,"annee":2026,"mois":10`), says: []string{"Calculé par non connu"}},
	"sections null":       {answer: `"quotient_familial":null,` + alixHolders + `,"enfants":null`, says: []string{"Non connu", "Aucun enfant dans la réponse reçue"}},
	"everything null":     {answer: `"quotient_familial":null,"allocataires":null,"enfants":null`, says: []string{"Non connu", "Aucun dans la réponse reçue"}},
	"holders alone":       {answer: alixHolders, says: []string{"Non connu", "ALIX JEANNE"}},
	"quotient alone":      {answer: alixQuotient, says: []string{"987", "Aucun dans la réponse reçue"}},
	"no child":            {answer: alixQuotient + `,` + alixHolders + `,"enfants":[]`, says: []string{"Aucun enfant dans la réponse reçue"}},
	"address is not sent": {
		answer:    alixQuotient + `,` + alixHolders + `,` + alixChildren + `,"adresse":{"destinataire":"Madame","code_postal_ville":"75013 PARIS"}`,
		neverSays: []string{"75013"},
	},
	"day unknown":           {answer: child(`"FERRIER"`, `"LOU"`, `"2012-04-00"`, `"M"`), says: []string{"Naissance : avril 2012"}},
	"day and month unknown": {answer: child(`"FERRIER"`, `"LOU"`, `"2020-00-00"`, `"M"`), says: []string{"Naissance : 2020"}},
	"no date of birth":      {answer: child(`"FERRIER"`, `"LOU"`, `null`, `"M"`), says: []string{"Naissance : date non connue"}},
	"all zero":              {answer: child(`"FERRIER"`, `"LOU"`, `"0000-00-00"`, `"M"`), says: []string{"Naissance : date non connue"}},
	"no sex":                {answer: child(`"FERRIER"`, `"LOU"`, `"2015-02-01"`, `null`), says: []string{"Sexe : non connu"}},
	"no first name":         {answer: child(`"FERRIER"`, `""`, `"2015-02-01"`, `"M"`), says: []string{"FERRIER prénom non connu"}},
	"null first name":       {answer: child(`"FERRIER"`, `null`, `"2015-02-01"`, `"M"`), says: []string{"FERRIER prénom non connu"}},
	"no name":               {answer: child(`null`, `"LOU"`, `"2015-02-01"`, `"M"`), says: []string{"nom non connu LOU"}},
	"markup in a name": {
		answer:    child(`"--><script>alert(1)</script>]]>&amp;"`, `"LOU"`, `"2015-02-01"`, `"M"`),
		says:      []string{"--><script>alert(1)</script>]]>&amp;"},
		neverSays: []string{"<script>alert"},
	},
	"rare letters":       {answer: child(`"ŁUKASIK-ŞAHİN"`, `"Ọlá Ngọc"`, `"2015-02-01"`, `"M"`), says: []string{"ŁUKASIK-ŞAHİN Ọlá Ngọc"}},
	"no Latin letter":    {answer: child(`"阮 مُحَمَّد 𝔘"`, `"👶🏽"`, `"2015-02-01"`, `"M"`), says: []string{"阮 مُحَمَّد 𝔘 👶🏽"}},
	"marks of direction": {answer: child(`"\u202eREIRREF\u202c"`, `"\u200fLOU\u2069"`, `"2015-02-01"`, `"M"`), says: []string{"REIRREF"}},
	"controls in a name": {answer: child(`"FER\u0000\u0007RIER"`, `"L\r\nOU\t"`, `"2015-02-01"`, `"M"`)},
	"300 characters":     {answer: child(`"`+strings.Repeat("É", 300)+`"`, `"`+strings.Repeat("LOU ", 75)+`"`, `"2015-02-01"`, `"M"`), says: []string{strings.Repeat("É", 300)}},
}

// What FranceConnect was seen to say of a person, or may.
var oddIdentities = map[string]oddity{
	"day unknown":             {userinfo: `{"birthdate":"1979-11-00"}`, says: []string{"Date de naissance novembre 1979"}},
	"day and month unknown":   {userinfo: `{"birthdate":"1979-00-00"}`, says: []string{"Date de naissance 1979 "}},
	"year alone":              {userinfo: `{"birthdate":"1979"}`, says: []string{"Date de naissance 1979 "}},
	"empty date":              {userinfo: `{"birthdate":""}`, says: []string{"date non connue"}},
	"absent date":             {userinfo: `{"birthdate":null}`, says: []string{"date non connue"}},
	"date of no calendar":     {userinfo: `{"birthdate":"1979-13-45"}`, says: []string{"Date de naissance 1979 "}},
	"no date":                 {userinfo: `{"birthdate":"né en 79"}`, says: []string{"date non connue"}, neverSays: []string{"en 79"}},
	"a number":                {userinfo: `{"birthdate":19790824}`, says: []string{"date non connue"}},
	"30 February":             {userinfo: `{"birthdate":"1980-02-30"}`, says: []string{"février 1980"}},
	"gender unspecified":      {userinfo: `{"gender":"unspecified"}`, says: []string{"Sexe non précisé"}},
	"no gender":               {userinfo: `{"gender":null}`, says: []string{"Sexe non connu"}},
	"born abroad":             {userinfo: `{"birthplace":"","birthcountry":"99352"}`, says: []string{"Lieu de naissance Algérie (99352)"}},
	"born in Corsica":         {userinfo: `{"birthplace":"2A004"}`, says: []string{"Ajaccio (2A004)"}},
	"born in Polynesia":       {userinfo: `{"birthplace":"98729","birthcountry":"99100"}`, says: []string{"98729"}},
	"commune of no table":     {userinfo: `{"birthplace":"00000"}`, says: []string{"commune de naissance : code 00000"}},
	"nowhere":                 {userinfo: `{"birthplace":null,"birthcountry":null}`, says: []string{"lieu non connu"}},
	"markup for a place":      {userinfo: `{"birthplace":"<b>","birthcountry":"\"><i>"}`, neverSays: []string{"code <b>"}},
	"name of use":             {userinfo: `{"preferred_username":"MARTIN"}`},
	"no first name":           {userinfo: `{"given_name":"","given_name_array":[]}`, says: []string{"Prénom prénom non connu"}},
	"absent first names":      {userinfo: `{"given_name":null,"given_name_array":null}`, says: []string{"Prénom prénom non connu"}},
	"first names never split": {userinfo: `{"given_name":"Jean Philippe Louis","given_name_array":["Jean Philippe","Louis"]}`, says: []string{"Prénoms Jean Philippe, Louis"}},
	"no array of first names": {userinfo: `{"given_name":"Jean Philippe","given_name_array":null}`, says: []string{"Prénom Jean Philippe"}},
	"no name":                 {userinfo: `{"family_name":null}`, says: []string{"Nom de naissance nom non connu"}},
	"blank name":              {userinfo: `{"family_name":"   "}`, says: []string{"Nom de naissance nom non connu"}},
	"markup in the name":      {userinfo: `{"family_name":"<script>alert(1)</script>"}`, says: []string{"<script>alert(1)</script>"}, neverSays: []string{"<script>alert"}},
	"a path for a name":       {userinfo: `{"family_name":"../../etc/passwd\u0000","given_name":"C:\\aux*?"}`},
	"marks of direction":      {userinfo: `{"family_name":"\u202eREIRREF","given_name":"\u200f\u200b"}`, says: []string{"REIRREF"}},
	"no Latin letter":         {userinfo: `{"family_name":"阮 مُحَمَّد","given_name":"👶🏽 Ọlá","given_name_array":["👶🏽","Ọlá"]}`, says: []string{"阮 مُحَمَّد", "👶🏽, Ọlá"}},
	"300 characters":          {userinfo: `{"family_name":"` + strings.Repeat("É", 300) + `","given_name":"` + strings.Repeat("Lou-", 75) + `"}`, says: []string{strings.Repeat("É", 300)}},
	"40 first names":          {userinfo: `{"given_name":"` + strings.Repeat("Lou ", 40) + `","given_name_array":["Lou"` + strings.Repeat(`,"Lou"`, 39) + `]}`},
	"more than the identity":  {userinfo: `{"email":"alix@example.fr","address":{"formatted":"rue"},"phone_number":"0600000000"}`, neverSays: []string{"alix@", "0600000000"}},
	"absent identity altogether": {
		userinfo: `{"family_name":null,"given_name":null,"given_name_array":null,"gender":null,"birthdate":null,"birthplace":null,"birthcountry":null}`,
		says:     []string{"nom non connu", "prénom non connu", "date non connue", "lieu non connu"},
	},
}

// « A missing section, a null birth date or an empty QF raises at transmit; a birthdate like
// 1979-00-00 raises on every page; names such as ŁUKASZ raise in the PDF; null QF is
// displayed as 0; missing month displayed as current month » (formulaire-qf.md W12 to W15):
// here each is read as it is, and delivered in three files that can be opened.
func TestWhateverCAFAndMSAAnswerIsReadAndDelivered(t *testing.T) {
	t.Parallel()
	deliverOddities(t, oddAnswers)
}

func TestWhateverFranceConnectTellsIsReadAndDelivered(t *testing.T) {
	t.Parallel()
	deliverOddities(t, oddIdentities)
}

func deliverOddities(t *testing.T, rows map[string]oddity) {
	p := open(t)
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		t.Run(name, func(t *testing.T) {
			row := rows[name]
			answer, userinfo := "{"+row.answer+"}", row.userinfo
			if row.answer == "" {
				answer = "{" + alixQuotient + "," + alixHolders + "," + alixChildren + "}"
			}
			if userinfo == "" {
				userinfo = "{}"
			}
			p.answersAlix(200, `{"data":`+answer+`,"links":{},"meta":{}}`)
			p.signInAlix(userinfo)
			review := p.visitorOf(t).get(majastres).submit("/demarrer").at(verification).answers(200).
				says(row.says...).neverSays(row.neverSays...).neverSays(thisMonth(p)...)
			unwrapped := p.parcelOf(t, review.submit("/transmettre").answers(200).reference())
			claims := readJSON(t, []byte(alixClaims))
			maps.Copy(claims, readJSON(t, []byte(userinfo)))
			unwrapped.checkContent(nil, claims, readJSON(t, []byte(answer)))
			checkPrinted(t, pdfText(t, unwrapped.pdf), readJSON(t, []byte(answer)))
		})
	}
}

// checkPrinted verifies that the PDF calls unknown what is, and nothing else.
func checkPrinted(t *testing.T, printed string, answer map[string]any) {
	t.Helper()
	amount, _ := answer["quotient_familial"].(map[string]any)
	month, _ := amount["mois"].(json.Number)
	known := amount["annee"] != nil && month != "" && month != "0" && month != "13"
	for fact, isKnown := range map[string]bool{"Mois du quotient": known, "\nQuotient familial": amount["valeur"] != nil} {
		if strings.Contains(printed, fact+"\nnon connu\n") == isKnown {
			t.Errorf("known is %v, and the PDF prints:\n%s", isKnown, printed)
		}
	}
}

// thisMonth is what a form that guesses would write for an unknown month; the families of
// these tests speak of October 2026 and of January 2026.
func thisMonth(p *portal) []string {
	now := p.now()
	if now.Year() == 2026 && (now.Month() == time.October || now.Month() == time.January) {
		return nil
	}
	return []string{dossier.MonthInWords(now.Year(), int(now.Month()))}
}

// « Families with 40 children »: every one is read, deposited and printed.
func TestAFamilyOfFortyChildrenIsWhole(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.signInAs("talbot-henri")
	review := p.visitor().get(majastres).submit("/demarrer").at(verification).says("Enfants (40)")
	unwrapped := p.parcelOf(t, review.submit("/transmettre").reference())
	section := unwrapped.read()["quotient_familial_v3"].(map[string]any)["enfants"].([]any)
	if len(section) != 40 {
		t.Fatalf("%d children were deposited", len(section))
	}
	printed := pdfText(t, unwrapped.pdf)
	for _, each := range section {
		first := each.(map[string]any)["prenoms"].(string)
		if !strings.Contains(printed, first) {
			t.Errorf("the PDF lacks %s", first)
		}
		review.says(first)
	}
}

// Every person whom the simulators offer, the official ones included, ends in a defined
// page.
func TestEveryPersonOfTheDemoEndsInADefinedPage(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, identity := range p.stage.Identities {
		t.Run(identity.Key, func(t *testing.T) {
			p.signInAs(identity.Key)
			shown := p.visitorOf(t).get(sainville).submit("/demarrer").answers(200)
			if identity.Expect != "ok" {
				if !strings.HasPrefix(shown.url.Path, sainville+"/echec/") {
					t.Errorf("at %s, want the page of a cause", shown.url.Path)
				}
				return
			}
			unwrapped := p.parcelOf(t, shown.at(sainville+"/verification").submit("/transmettre").reference())
			unwrapped.checkFiles()
			text, err := json.Marshal(identity.Claims)
			if err != nil {
				t.Fatal(err)
			}
			claims := readJSON(t, text)
			pivot := unwrapped.read()["pivot_identity"].(map[string]any)
			for claim, said := range pivot {
				if said != claims[claim] {
					t.Errorf("%s is %v, want %v", claim, said, claims[claim])
				}
			}
		})
	}
}
