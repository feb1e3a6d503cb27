package credential_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// read gives what becomes of each line: "number siret id/secret", or its code.
func readList(t *testing.T, list string) []string {
	t.Helper()
	lines, err := credential.ReadHubList(value.Secret(list))
	if err != nil {
		return []string{fault.CodeOf(err)}
	}
	var told []string
	for _, line := range lines {
		switch {
		case line.Code != "":
			told = append(told, fmt.Sprintf("%d %s", line.Number, line.Code))
		case line.Repeats != 0:
			told = append(told, fmt.Sprintf("%d repeats %d", line.Number, line.Repeats))
		default:
			told = append(told, fmt.Sprintf("%d %s %s/%s", line.Number, line.Siret, line.Pair.ClientID, line.Pair.Secret.Reveal()))
		}
	}
	return told
}

// « CSV paste siret;id;secret with a report per line » (issue 6, point 3), « header line
// tolerated; BOM, CRLF, quotes, spaces ».
func TestAListIsReadAsItIsPasted(t *testing.T) {
	const right = "21040107100019 id-1/s3cr3t"
	for name, row := range map[string]struct {
		list string
		want []string
	}{
		"as asked":                     {"21040107100019;id-1;s3cr3t", []string{"1 " + right}},
		"with commas":                  {"21040107100019,id-1,s3cr3t", []string{"1 " + right}},
		"from a spreadsheet":           {"21040107100019\tid-1\ts3cr3t", []string{"1 " + right}},
		"titled":                       {"SIRET;Identifiant client;Clé secrète\n21040107100019;id-1;s3cr3t", []string{"2 " + right}},
		"titled, marked, CRLF":         {"\ufeffsiret;id;secret\r\n21040107100019;id-1;s3cr3t\r\n", []string{"2 " + right}},
		"old Macintosh":                {"21040107100019;id-1;s3cr3t\r21750001600019;id-2;s2", []string{"1 " + right, "2 21750001600019 id-2/s2"}},
		"quoted":                       {`"21040107100019";"id-1";"s3cr3t"`, []string{"1 " + right}},
		"spaces":                       {"  210 401 071 00019 ; id-1 ;  s3cr3t  ", []string{"1 " + right}},
		"unbroken spaces":              {"210\u00a0401\u00a0071\u00a000019;id-1;s3cr3t", []string{"1 " + right}},
		"an apostrophe":                {"'21040107100019;id-1;s3cr3t", []string{"1 " + right}},
		"blank lines":                  {"\n\n21040107100019;id-1;s3cr3t\n \n;;\n", []string{"3 " + right}},
		"empty columns":                {"21040107100019;id-1;s3cr3t;;", []string{"1 " + right}},
		"a comma in the secret":        {"21040107100019;id-1;s3,cr3t", []string{"1 21040107100019 id-1/s3,cr3t"}},
		"a quoted separator":           {`21040107100019;id-1;"s3;cr3t"`, []string{"1 21040107100019 id-1/s3;cr3t"}},
		"a quote in the secret":        {`21040107100019;id-1;s3"cr3t`, []string{`1 21040107100019 id-1/s3"cr3t`}},
		"nothing":                      {" \n\r\n", []string{"hub_account.list_empty"}},
		"the title alone":              {"siret;id;secret", []string{"hub_account.list_empty"}},
		"a title in the middle":        {"21040107100019;id-1;s3cr3t\nsiret;id;secret", []string{"1 " + right, "2 siret.invalid"}},
		"a separator in the secret":    {"21040107100019;id-1;s3;cr3t", []string{"1 hub_account.line_malformed"}},
		"two columns":                  {"21040107100019;id-1", []string{"1 hub_account.line_short"}},
		"no column":                    {"21040107100019 id-1 s3cr3t", []string{"1 hub_account.line_malformed"}},
		"a SIRET that cannot be":       {"21040107100018;id-1;s3cr3t", []string{"1 siret.invalid"}},
		"a SIRET of a spreadsheet":     {"2,1E+13;id-1;s3cr3t", []string{"1 hub_account.line_malformed"}},
		"no id":                        {"21040107100019;;s3cr3t", []string{"1 hub_account.id_missing"}},
		"no secret":                    {"21040107100019;id-1; ", []string{"1 hub_account.secret_missing"}},
		"an id that would end early":   {"21040107100019;id:1;s3cr3t", []string{"1 hub_account.id_malformed"}},
		"two words for a secret":       {"21040107100019;id-1;s3 cr3t", []string{"1 hub_account.secret_malformed"}},
		"an endless secret":            {"21040107100019;id-1;" + strings.Repeat("a", 500), []string{"1 hub_account.secret_malformed"}},
		"a zero in it":                 {"21040107100019;id-1;s\x00", []string{"1 hub_account.secret_malformed"}},
		"twice the same":               {"21040107100019;id-1;s3cr3t\n\n21040107100019;id-1;s3cr3t", []string{"1 " + right, "3 repeats 1"}},
		"twice, and not the same":      {"21040107100019;id-1;s3cr3t\n21040107100019;id-1;autre", []string{"1 hub_account.line_contradicts", "2 hub_account.line_contradicts"}},
		"three times, one differs":     {"21040107100019;i;s\n21040107100019;i;s\n21040107100019;j;s", []string{"1 hub_account.line_contradicts", "2 hub_account.line_contradicts", "3 hub_account.line_contradicts"}},
		"the id of another town":       {"21040107100019;id-1;s3cr3t\n21750001600019;id-1;s3cr3t", []string{"1 hub_account.id_shared", "2 hub_account.id_shared"}},
		"a wrong line spoils no other": {"n’importe quoi 1\n21040107100019;id-1;s3cr3t", []string{"1 hub_account.line_malformed", "2 " + right}},
	} {
		if diff := cmp.Diff(row.want, readList(t, row.list)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// « at most e.g. 1,000 lines »
func TestAListHasAnEnd(t *testing.T) {
	lines := strings.Repeat("21040107100019;id-1;s3cr3t\n", credential.MaxHubLines)
	if got := readList(t, lines); len(got) != credential.MaxHubLines {
		t.Errorf("%d lines of %d are read", len(got), credential.MaxHubLines)
	}
	if got := readList(t, lines+"x"); got[0] != "hub_account.list_long" {
		t.Errorf("one line more: %s", got[0])
	}
}

// A line that is given back is as it was pasted, and no report prints its secret.
func TestALineKeepsItsText(t *testing.T) {
	const pasted = "  21040107100018; id-1;s3cr3t "
	lines, err := credential.ReadHubList(pasted)
	if err != nil || len(lines) != 1 || lines[0].Text.Reveal() != pasted {
		t.Fatalf("%v %+v", err, lines)
	}
	if printed := fmt.Sprintf("%+v %#v", lines, lines); strings.Contains(printed, "s3cr3t") {
		t.Errorf("the secret is printed: %s", printed)
	}
}

// What is to be fetched is what HubEE shows already: nothing before the subscription is active.
func TestAPairIsFetchedOnceTheSubscriptionIsActive(t *testing.T) {
	kept := credential.HubAccount{HubDeposit: credential.HubDeposit{State: credential.HubAccountTested}}
	for name, row := range map[string]struct {
		access credential.HubAccess
		want   credential.HubAccountState
	}{
		"active":             {credential.HubAccess{Want: credential.WantActive, State: credential.Active}, credential.HubAccountToFetch},
		"on its way":         {credential.HubAccess{Want: credential.WantActive, State: credential.Awaiting}, credential.HubAccountNotYet},
		"to be stopped":      {credential.HubAccess{Want: credential.WantSuspended, State: credential.Active}, credential.HubAccountNotYet},
		"kept from before":   {credential.HubAccess{Want: credential.WantSuspended, State: credential.Suspended, Account: kept}, credential.HubAccountTested},
		"kept, and active":   {credential.HubAccess{Want: credential.WantActive, State: credential.Active, Account: kept}, credential.HubAccountTested},
		"kept, and too soon": {credential.HubAccess{Want: credential.WantActive, State: credential.ToCreate, Account: kept}, credential.HubAccountTested},
	} {
		if got := row.access.AccountState(); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

// HubEE draws one client id a subscription: a town that keeps its own keeps it from all the others of the list.
func TestATownGetsNoIDThatAnotherOneKeeps(t *testing.T) {
	const taken, unknown = "hub_account.id_taken", "hub_account.unknown"
	type wanted map[value.Siret]string
	owners := map[string][]value.Siret{"w": {"A"}, "x": {"B"}, "y": {"C"}, "z": {"D"}, "both": {"A", "C"}}
	for name, row := range map[string]struct {
		clients, refused wanted
	}{
		"its own":                            {wanted{"A": "w"}, wanted{}},
		"a new one":                          {wanted{"A": "new"}, wanted{}},
		"of a town that the list leaves":     {wanted{"A": "x"}, wanted{"A": taken}},
		"of a town that gets another":        {wanted{"A": "x", "B": "new"}, wanted{}},
		"of a town that is refused":          {wanted{"A": "x", "B": "y"}, wanted{"A": taken, "B": taken}},
		"at the end of a chain":              {wanted{"A": "x", "B": "y", "C": "z", "E": "w"}, wanted{"A": taken, "B": taken, "C": taken, "E": taken}},
		"in turn":                            {wanted{"A": "x", "B": "y", "C": "w"}, wanted{}},
		"of a town that is another editor’s": {wanted{"A": "z", "D": "new"}, wanted{"A": taken, "D": unknown}},
		"that two towns have":                {wanted{"A": "both"}, wanted{"A": taken}},
	} {
		wishes := credential.HubWishes{Clients: row.clients, Owners: owners}
		if diff := cmp.Diff(row.refused, wanted(wishes.Refused(func(siret value.Siret) bool { return siret != "D" }))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
