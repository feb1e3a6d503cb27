package credential

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// MaxHubLines is how many lines a list may have: as many as an editor has client towns
// (PRODUCT.md §7).
const MaxHubLines = 1000

// HubLine is a line of a list "siret;id;secret" that somebody pasted.
type HubLine struct {
	Number int          // in the list, from 1
	Text   value.Secret // as it was pasted: it is given back when it is refused
	Siret  value.Siret
	Pair   HubPair
	Code   string // why it is refused; "" when it is right
	// Repeats is the number of the line before that says the same; 0 for none.
	Repeats int
}

// accepted tells a line that is to be recorded.
func (l HubLine) accepted() bool { return l.Code == "" && l.Repeats == 0 }

// ReadHubList reads a list, whatever made it: separated by semicolons, commas or tabs, quoted
// or not, its columns named or not. A line that is wrong says why and spoils no other. Two lines
// that contradict each other are both refused, since nobody knows which one is right. Codes:
// hub_account.list_empty, hub_account.list_long (Invalid).
func ReadHubList(list value.Secret) ([]HubLine, error) {
	var lines []HubLine
	number := 0
	text := strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(list.Reveal(), "\ufeff"), "\r\n", "\n"), "\r", "\n")
	for text := range strings.SplitSeq(text, "\n") {
		number++
		if strings.Trim(text, " \t\u00a0;,\"") == "" || len(lines) == 0 && namesColumns(text) {
			continue
		}
		if len(lines) == MaxHubLines {
			return nil, fault.New(fault.Invalid, "hub_account.list_long")
		}
		lines = append(lines, readHubLine(number, text))
	}
	if len(lines) == 0 {
		return nil, fault.New(fault.Invalid, "hub_account.list_empty")
	}
	return compared(lines), nil
}

// namesColumns tells whether a first line is the title of the columns: its first cell has no
// digit.
func namesColumns(line string) bool {
	cells, err := cellsOf(line)
	return err == nil && len(cells) > 1 && !strings.ContainsAny(cells[0], "0123456789")
}

func readHubLine(number int, text string) HubLine {
	line := HubLine{Number: number, Text: value.Secret(text)}
	cells, err := cellsOf(text)
	if err != nil || len(cells) == 0 {
		line.Code = "hub_account.line_malformed"
		return line
	}
	// A spreadsheet may keep the digits together by an apostrophe.
	line.Siret, err = value.ParseSiret(strings.TrimPrefix(strings.TrimSpace(cells[0]), "'"))
	switch {
	case len(cells) < 3 && err == nil:
		line.Code = "hub_account.line_short"
		return line
	case len(cells) != 3:
		line.Code = "hub_account.line_malformed"
		return line
	case err != nil:
		line.Code = "siret.invalid"
		return line
	}
	line.Pair, err = ParseHubPair(cells[1], value.Secret(cells[2]))
	line.Code = fault.CodeOf(err)
	return line
}

// cellsOf cuts a line at its own separator, the first that could be one: a SIRET holds none.
func cellsOf(line string) ([]string, error) {
	at := strings.IndexAny(line, ";,\t")
	if at < 0 {
		return []string{line}, nil
	}
	reader := csv.NewReader(strings.NewReader(strings.TrimSpace(line)))
	reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord = rune(line[at]), true, -1
	reader.TrimLeadingSpace = line[at] != '\t'
	cells, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	// Spreadsheets write out empty columns at the end of each line.
	for len(cells) > 3 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells, err
}

// compared looks at the lines that are right beside one another.
func compared(lines []HubLine) []HubLine {
	first := map[value.Siret]int{}
	contradicts := map[value.Siret]bool{}
	owners := map[string]value.Siret{}
	shared := map[string]bool{}
	for i, line := range lines {
		if line.Code != "" {
			continue
		}
		if owner, known := owners[line.Pair.ClientID]; known && owner != line.Siret {
			shared[line.Pair.ClientID] = true
		}
		owners[line.Pair.ClientID] = line.Siret
		before, known := first[line.Siret]
		switch {
		case !known:
			first[line.Siret] = i
		case lines[before].Pair == line.Pair:
			lines[i].Repeats = lines[before].Number
		default:
			contradicts[line.Siret] = true
		}
	}
	for i := range lines {
		switch line := &lines[i]; {
		case line.Code != "":
		case contradicts[line.Siret]:
			line.Code, line.Repeats = "hub_account.line_contradicts", 0
		case shared[line.Pair.ClientID]: // HubEE draws one pair a subscription
			line.Code, line.Repeats = "hub_account.id_shared", 0
		}
	}
	return lines
}

// HubWishes are the client ids that a list wants for towns, and the towns that have those ids now.
type HubWishes struct {
	Clients map[value.Siret]string   // by town; no two want the same
	Owners  map[string][]value.Siret // by client id
}

// Refused tells which towns of a list keep what they have, and why: those that are not the editor's,
// and those that want the client id of a town that keeps its own, since HubEE draws one a
// subscription. Towns may exchange their ids; a town that is refused keeps its id, which may refuse
// another one in its turn. Codes: hub_account.unknown, hub_account.id_taken.
func (w HubWishes) Refused(isEditors func(value.Siret) bool) map[value.Siret]string {
	refused := map[value.Siret]string{}
	for siret := range w.Clients {
		if !isEditors(siret) {
			refused[siret] = "hub_account.unknown"
		}
	}
	for before := -1; before != len(refused); {
		before = len(refused)
		for siret, client := range w.Clients {
			keeps := func(owner value.Siret) bool {
				return owner != siret && (w.Clients[owner] == "" || refused[owner] != "")
			}
			if refused[siret] == "" && slices.ContainsFunc(w.Owners[client], keeps) {
				refused[siret] = "hub_account.id_taken"
			}
		}
	}
	return refused
}

// takes tells whether another town than one gets a client id.
func (w HubWishes) takes(client string, from value.Siret, refused map[value.Siret]string) bool {
	for siret, wanted := range w.Clients {
		if siret != from && wanted == client && refused[siret] == "" {
			return true
		}
	}
	return false
}
