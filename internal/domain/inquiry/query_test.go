package inquiry

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/value"
)

// noon of 2 March 2026: the quotients of 2024, 2025 and 2026 may be asked, up to March.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const town = value.Siret("21040107100019")

// asked is a query without fault, under the names of the third version.
func asked() url.Values {
	return url.Values{
		"recipient": {town.String()}, "nomNaissance": {"LEFEBVRE"}, "prenoms[]": {"ALEXIS", "GÉRÔME"},
		"anneeDateNaissance": {"1982"}, "moisDateNaissance": {"12"}, "jourDateNaissance": {"27"}, "sexeEtatCivil": {"F"},
		"codeCogInseePaysNaissance": {"99100"}, "codeCogInseeCommuneNaissance": {"08480"},
	}
}

// with changes an asked query: names and values two by two, "absent" for a parameter that
// is left out, several values parted by "|".
func with(t *testing.T, changes ...string) url.Values {
	t.Helper()
	query := asked()
	for pair := range slices.Chunk(changes, 2) {
		query[pair[0]] = strings.Split(pair[1], "|")
		if pair[1] == "absent" {
			query.Del(pair[0])
		}
	}
	return query
}

func read(t *testing.T, version Version, raw string) Query {
	t.Helper()
	query, ok := Read(version, raw)
	if !ok {
		t.Fatal("not read")
	}
	return query
}

// secondNames are those of the second version, by those of the third.
var secondNames = map[string]string{
	"anneeDateNaissance": "anneeDateDeNaissance", "moisDateNaissance": "moisDateDeNaissance", "jourDateNaissance": "jourDateDeNaissance",
	"sexeEtatCivil": "sexe", "codeCogInseePaysNaissance": "codePaysLieuDeNaissance", "codeCogInseeCommuneNaissance": "codeInseeLieuDeNaissance",
	"codeCogInseeDepartementNaissance": "codeInseeDepartementNaissance",
}

func inSecond(query url.Values) url.Values {
	renamed := url.Values{}
	for name, values := range query {
		if second, known := secondNames[name]; known {
			name = second
		}
		renamed[name] = values
	}
	return renamed
}

// The table of api-particulier.md §7.2, row by row, in both versions: « same parameters,
// same validation ».
func TestEveryParameterIsCheckedAsTheTableSays(t *testing.T) {
	none := []Code(nil)
	only := func(code Code) []Code { return []Code{code} }
	for _, row := range []struct {
		says    string
		changes []string
		want    []Code
	}{
		{"everything in order", nil, none},
		{"birth name: present", []string{"nomNaissance", "absent"}, only(CodeBirthName)},
		{"birth name: present", []string{"nomNaissance", "   "}, only(CodeBirthName)},
		{"birth name: [a-zA-ZÀ-ÖØ-öø-ÿ' -]", []string{"nomNaissance", "D'Orvault-Hénaÿ Ømer"}, none},
		{"birth name: no multiplication sign between Ö and Ø", []string{"nomNaissance", "LE×FEBVRE"}, only(CodeBirthName)},
		{"birth name: no digit", []string{"nomNaissance", "LEFEBVRE2"}, only(CodeBirthName)},
		{"birth name: \\A and \\z, one line", []string{"nomNaissance", "LEFEBVRE\nDUPONT"}, only(CodeBirthName)},
		{"birth name: once", []string{"nomNaissance", "LEFEBVRE|DUPONT"}, only(CodeBirthName)},
		{"usual name: not validated, forwarded", []string{"nomUsage", "M@RTIN 2"}, none},
		{"usual name: still a text", []string{"nomUsage", "MAR\x00TIN"}, only(CodeCivility)},
		{"first names: may be absent", []string{"prenoms[]", "absent"}, none},
		{"first names: no upper bound", []string{"prenoms[]", "A|B|C|D|E"}, none},
		{"first names: non-empty", []string{"prenoms[]", ""}, only(CodeFirstNames)},
		{"first names: same alphabet", []string{"prenoms[]", "ALEXIS|J3AN"}, only(CodeFirstNames)},
		{"first names: an array", []string{"prenoms[]", "absent", "prenoms", "ALEXIS"}, only(CodeFirstNames)},
		{"first names: not a table of tables", []string{"prenoms[][]", "ALEXIS"}, only(CodeFirstNames)},
		{"birth: each may be absent", []string{"anneeDateNaissance", "absent"}, none},
		{"birth: each may be absent", []string{"moisDateNaissance", "absent", "jourDateNaissance", ""}, none},
		{"birth: « 6 » or « 06 »", []string{"moisDateNaissance", "06"}, none},
		{"birth: year > 0", []string{"anneeDateNaissance", "0"}, only(CodeBirthDate)},
		{"birth: a year that is old, of which the day is not known", []string{"anneeDateNaissance", "1850", "jourDateNaissance", "absent"}, none},
		{"birth: month 1-12", []string{"moisDateNaissance", "13"}, only(CodeBirthDate)},
		{"birth: month 1-12", []string{"moisDateNaissance", "00"}, only(CodeBirthDate)},
		{"birth: day 1-31", []string{"jourDateNaissance", "32"}, only(CodeBirthDate)},
		{"birth: digits", []string{"jourDateNaissance", "+7"}, only(CodeBirthDate)},
		{"birth: digits of ours", []string{"jourDateNaissance", "７"}, only(CodeBirthDate)},
		{"birth: real date", []string{"moisDateNaissance", "2", "jourDateNaissance", "30"}, only(CodeBirthDate)},
		{"birth: 29 February of a leap year", []string{"anneeDateNaissance", "1984", "moisDateNaissance", "2", "jourDateNaissance", "29"}, none},
		{"birth: from 1900-01-01", []string{"anneeDateNaissance", "1900", "moisDateNaissance", "1", "jourDateNaissance", "1"}, none},
		{"birth: from 1900-01-01", []string{"anneeDateNaissance", "1899", "jourDateNaissance", "31"}, only(CodeBirthDate)},
		{"birth: until yesterday", []string{"anneeDateNaissance", "2026", "moisDateNaissance", "3", "jourDateNaissance", "1"}, none},
		{"birth: not today", []string{"anneeDateNaissance", "2026", "moisDateNaissance", "3", "jourDateNaissance", "2"}, only(CodeBirthDate)},
		{"birth: one fault for the whole date", []string{"anneeDateNaissance", "x", "moisDateNaissance", "y", "jourDateNaissance", "z"}, only(CodeBirthDate)},
		{"sex: absent passes validation and ends in 500 at HEAD (10.4, not copied)", []string{"sexeEtatCivil", "absent"}, only(CodeSex)},
		{"sex: blank likewise", []string{"sexeEtatCivil", ""}, only(CodeSex)},
		{"sex: any case", []string{"sexeEtatCivil", "m"}, none},
		{"sex: M/F", []string{"sexeEtatCivil", "X"}, only(CodeSex)},
		{"sex: one line", []string{"sexeEtatCivil", "F\nM"}, only(CodeSex)},
		{"country: required", []string{"codeCogInseePaysNaissance", "absent"}, only(CodeCountry)},
		{"country: 5 digits starting 99", []string{"codeCogInseePaysNaissance", "99351", "codeCogInseeCommuneNaissance", "absent"}, none},
		{"country: 5 digits", []string{"codeCogInseePaysNaissance", "9910"}, only(CodeCountry)},
		{"country: French Algeria", []string{"codeCogInseePaysNaissance", "92352"}, none},
		{"country: no other 92", []string{"codeCogInseePaysNaissance", "92351"}, only(CodeCountry)},
		{"country: B: ^…$ accept a multi-line value (10.4, not copied)", []string{"codeCogInseePaysNaissance", "99100\n99999"}, only(CodeCountry)},
		{"commune: Corsica", []string{"codeCogInseeCommuneNaissance", "2A004"}, none},
		{"commune: no 2C", []string{"codeCogInseeCommuneNaissance", "2C004"}, only(CodeBirthPlace)},
		{"commune: a département 21", []string{"codeCogInseeCommuneNaissance", "21231"}, none},
		{"commune: no département 20 any more", []string{"codeCogInseeCommuneNaissance", "20004"}, only(CodeBirthPlace)},
		{"commune: a multi-line value", []string{"codeCogInseeCommuneNaissance", "08480\n"}, only(CodeBirthPlace)},
		{"commune: required if 99100", []string{"codeCogInseeCommuneNaissance", "absent"}, only(CodeBirthPlace)},
		{"commune: abroad may be blank", []string{"codeCogInseePaysNaissance", "99351", "codeCogInseeCommuneNaissance", ""}, none},
		{"commune: abroad if given must match", []string{"codeCogInseePaysNaissance", "99351", "codeCogInseeCommuneNaissance", "TUNIS"}, only(CodeBirthPlace)},
		{"by name: all three present", byName("nomCommuneNaissance", "Gennevilliers"), none},
		{"by name: the name is missing", byName("nomCommuneNaissance", "absent"), only(CodeBirthPlace)},
		{"by name: the year is missing", append(byName(), "anneeDateNaissance", "absent"), only(CodeBirthPlace)},
		{"by name: the département is missing", byName("codeCogInseeDepartementNaissance", "absent"), only(CodeBirthPlace)},
		{"by name: department in 01-95", byName("codeCogInseeDepartementNaissance", "01"), none},
		{"by name: department in 01-95", byName("codeCogInseeDepartementNaissance", "96"), only(CodeDepartement)},
		{"by name: department in 01-95", byName("codeCogInseeDepartementNaissance", "00"), only(CodeDepartement)},
		{"by name: department 2B", byName("codeCogInseeDepartementNaissance", "2B"), none},
		{"by name: department 971-974", byName("codeCogInseeDepartementNaissance", "974"), none},
		{"by name: department 976", byName("codeCogInseeDepartementNaissance", "976"), none},
		{"by name: no department 975", byName("codeCogInseeDepartementNaissance", "975"), only(CodeDepartement)},
		{"by name: nothing asks for it beside a code", []string{"codeCogInseeDepartementNaissance", "975"}, none},
		{"year asked: N", []string{"annee", "2026"}, none},
		{"year asked: N-2", []string{"annee", "2024"}, none},
		{"year asked: N-3", []string{"annee", "2023"}, only(CodeYear)},
		{"year asked: N+1", []string{"annee", "2027"}, only(CodeYear)},
		{"year asked: 4 digits", []string{"annee", "02026"}, only(CodeYear)},
		{"month asked: « 8 » or « 08 »", []string{"annee", "2025", "mois", "08"}, none},
		{"month asked: « 8 » or « 08 »", []string{"annee", "2025", "mois", "8"}, none},
		{"month asked: 1-12", []string{"annee", "2025", "mois", "13"}, only(CodeMonth)},
		{"month asked: 1-12", []string{"mois", "0"}, only(CodeMonth)},
		{"month asked: this one", []string{"annee", "2026", "mois", "3"}, none},
		{"month asked: future", []string{"annee", "2026", "mois", "4"}, only(CodeMonth)},
		{"month asked: `mois` alone may be in the future (10.4, not copied)", []string{"mois", "4"}, only(CodeMonth)},
		{"month asked: alone, past", []string{"mois", "2"}, none},
		{"a parameter that nobody knows", []string{"context", "x"}, none},
		{"all of them", []string{
			"nomNaissance", "1", "prenoms[]", "1", "nomUsage", "\x01", "anneeDateNaissance", "1", "moisDateNaissance", "0", "sexeEtatCivil", "1",
			"codeCogInseePaysNaissance", "1", "codeCogInseeCommuneNaissance", "1", "codeCogInseeDepartementNaissance", "\x01", "annee", "1", "mois", "0",
		}, []Code{CodeBirthName, CodeCivility, CodeFirstNames, CodeBirthDate, CodeSex, CodeCountry, CodeBirthPlace, CodeDepartement, CodeYear, CodeMonth}},
	} {
		third := with(t, row.changes...)
		for version, values := range map[Version]url.Values{V3: third, V2: inSecond(third)} {
			query := read(t, version, values.Encode())
			if diff := cmp.Diff(row.want, query.Check(noon)); diff != "" {
				t.Errorf("version %d, %s %q (-want +got):\n%s", version, row.says, row.changes, diff)
			}
		}
	}
}

// byName is somebody whose commune of birth is told by its name.
func byName(changes ...string) []string {
	return append([]string{
		"codeCogInseeCommuneNaissance", "", "nomCommuneNaissance", "Gennevilliers", "codeCogInseeDepartementNaissance", "92",
	}, changes...)
}

// « 14 digits Luhn, or La Poste 356000000xxxxx; v2 default = SIRET of token »
func TestTheRecipientIsASiret(t *testing.T) {
	const laPoste = "35600000049837"
	for _, row := range []struct {
		version Version
		query   string
		want    value.Siret // "" for a refusal
	}{
		{V3, "recipient=" + town.String(), town},
		{V3, "recipient=13002526500013", "13002526500013"},
		{V3, "recipient=" + laPoste, laPoste},
		{V3, "", ""},
		{V3, "recipient=", ""},
		{V3, "recipient=21040107100018", ""},
		{V3, "recipient=210+401+071+00019", ""},
		{V3, "recipient=356000000", ""},
		{V3, "recipient[]=" + town.String(), ""},
		{V3, "recipient[siret]=" + town.String(), ""},
		{V3, "recipient=" + town.String() + "&recipient=" + town.String(), ""},
		{V3, "recipient=" + town.String() + "%0A", ""},
		{V2, "", town},
		{V2, "recipient=", town},
		{V2, "recipient=13002526500013", "13002526500013"},
		{V2, "recipient=1", ""},
		{V2, "recipient[]=13002526500013", ""},
		{V2, "recipient=&recipient=13002526500013", ""},
	} {
		query := read(t, row.version, row.query)
		if got, ok := query.Recipient(town); got != row.want && ok || ok != (row.want != "") {
			t.Errorf("version %d, %q: %q, %v", row.version, row.query, got, ok)
		}
	}
}

// Hostile input: whatever bytes come, they are a fault of their parameter or nothing.
func TestBytesThatAreNoTextAreAFaultOfTheirParameter(t *testing.T) {
	const usual = "&nomNaissance=A&sexeEtatCivil=F&codeCogInseePaysNaissance=99351"
	for query, want := range map[string][]Code{
		usual:                           nil,
		"nomUsage=%zz" + usual:          {CodeCivility},
		"nomUsage=%" + usual:            {CodeCivility},
		"nomUsage=%FF" + usual:          {CodeCivility},
		"nomUsage=%00" + usual:          {CodeCivility},
		"nomUsage=A%0D%0AX-Y:1" + usual: {CodeCivility},
		"nomUsage=" + strings.Repeat("A", maxValue) + usual:   nil,
		"nomUsage=" + strings.Repeat("A", maxValue+1) + usual: {CodeCivility},
		"nomUsage[]=A" + usual:                                {CodeCivility},
		"prenoms%5B%5D=A&prenoms[]=B" + usual:                 nil,
		"prenoms[=A" + usual:                                  {CodeFirstNames},
		"prenoms[0]=A" + usual:                                {CodeFirstNames},
		"%zz=1&=&&;&a;b=c" + usual:                            nil,
		"annee;=1&NOMUSAGE=%00" + usual:                       nil,
	} {
		read := read(t, V3, query)
		if diff := cmp.Diff(want, read.Check(noon)); diff != "" {
			t.Errorf("%.60q (-want +got):\n%s", query, diff)
		}
	}
	if _, ok := Read(V3, strings.Repeat("a", maxQuery+1)); ok {
		t.Error("a query without end is read")
	}
}

// « a token in the query string (`token=`) is refused »
func TestATokenInTheAddressIsSeen(t *testing.T) {
	for query, want := range map[string]bool{
		"token=x": true, "a=b&token=": true, "token": true, "tok%65n=x": true, "TOKEN=x": true, "token[]=x": true,
		"jeton=x": false, "tokens=x": false, "a=token": false,
	} {
		if read := read(t, V2, query); read.ShowsToken != want {
			t.Errorf("%q: %v", query, read.ShowsToken)
		}
	}
}

// « only known parameters, rebuilt by us »
func TestAQuestionHoldsWhatIsKnownAndNothingElse(t *testing.T) {
	query := read(t, V2, "sexe=f&token2=x&prenoms[]=JEAN&nomNaissance=O%27NEIL&prenoms%5B%5D=LUC&annee=&recipient=13002526500013&codePaysLieuDeNaissance=99351&admin=1")
	want := Question{Version: V2, Recipient: town, Fields: []Field{
		{"nomNaissance", "O'NEIL"}, {"prenoms[]", "JEAN"}, {"prenoms[]", "LUC"}, {"sexe", "f"}, {"codePaysLieuDeNaissance", "99351"},
	}}
	if diff := cmp.Diff(want, query.Question(town)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// « same params + same token in progress 409 »
func TestTheSameQuestionHasTheSameKey(t *testing.T) {
	one, other := read(t, V3, "nomNaissance=A&annee=2026"), read(t, V3, "annee=2026&unknown=1&nomNaissance=A")
	if one.Key("t1") != other.Key("t1") {
		t.Error("the order of the parameters makes another question")
	}
	different := []Query{read(t, V3, "nomNaissance=A&annee=2025"), read(t, V2, "nomNaissance=A&annee=2026"), read(t, V3, "nomNaissance=A2026"),
		read(t, V3, "nomNaissance=A&prenoms[]=&annee=2026"), read(t, V3, "recipient=1&nomNaissance=A&annee=2026")}
	for i := range different {
		if one.Key("t1") == different[i].Key("t1") {
			t.Errorf("query %d has the same key", i)
		}
	}
	if one.Key("t1") == one.Key("t2") {
		t.Error("another token has the same key")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(asked().Encode(), true)
	f.Add("token=%zz&prenoms[]=%FF&prenoms[0]=a&recipient[]=1&recipient=;&annee=0x7e8", false)
	f.Fuzz(func(t *testing.T, raw string, third bool) {
		version := V2
		if third {
			version = V3
		}
		query, ok := Read(version, raw)
		if !ok {
			return
		}
		recipient, _ := query.Recipient(town)
		_ = query.Key("t")
		if len(query.Check(noon)) != 0 {
			return
		}
		// What has no fault is asked of the provider: it reads again as itself.
		again := url.Values{}
		for _, field := range query.Question(recipient).Fields {
			again.Add(field.Name, field.Text)
		}
		if read, ok := Read(version, again.Encode()); !ok || len(read.Check(noon)) != 0 {
			t.Errorf("%q is asked as %q", raw, again.Encode())
		}
	})
}
