package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const (
	packageName    = "@etalab/decoupage-administratif"
	currentVersion = "6.0.0" // COG of 2026
	historyVersion = "0.7.0"
)

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	folder, err := os.MkdirTemp("", "decoupage-")
	if err != nil {
		return fmt.Errorf("make temporary folder: %w", err)
	}
	defer os.RemoveAll(folder)
	current, err := fetch(folder, currentVersion, "communes.json", "departements.json")
	if err != nil {
		return err
	}
	past, err := fetch(folder, historyVersion, "historique-communes.json")
	if err != nil {
		return err
	}
	var (
		communes []commune
		records  []record
		areas    []area
	)
	if err := errors.Join(
		json.Unmarshal(current["communes.json"], &communes),
		json.Unmarshal(past["historique-communes.json"], &records),
		json.Unmarshal(current["departements.json"], &areas),
	); err != nil {
		return fmt.Errorf("read package: %w", err)
	}
	if err := writeCommunes(communes, records); err != nil {
		return err
	}
	return writeDepartements(areas)
}

// fetch downloads one version of the package into folder and returns its named data files.
func fetch(folder, version string, names ...string) (map[string][]byte, error) {
	pack := exec.Command("npm", "pack", "--silent", packageName+"@"+version)
	pack.Dir = folder
	pack.Stderr = os.Stderr
	output, err := pack.Output()
	if err != nil {
		return nil, fmt.Errorf("npm pack %s: %w", version, err)
	}
	archive, err := os.Open(filepath.Join(folder, strings.TrimSpace(string(output))))
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	defer archive.Close()
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	files := map[string][]byte{}
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read archive: %w", err)
		}
		if name := filepath.Base(header.Name); slices.Contains(names, name) {
			if files[name], err = io.ReadAll(reader); err != nil {
				return nil, fmt.Errorf("read %s: %w", name, err)
			}
		}
	}
	if len(files) != len(names) {
		return nil, fmt.Errorf("version %s lacks some of %s", version, strings.Join(names, ", "))
	}
	return files, nil
}

// commune is an entry of communes.json.
type commune struct {
	Code        string `json:"code"`
	Name        string `json:"nom"`
	Departement string `json:"departement"`
	Type        string `json:"type"`
}

// record is an entry of historique-communes.json: one commune between two events.
type record struct {
	ID        string `json:"id"` // "COM-20004@1943-01-01"
	Type      string `json:"type"`
	Code      string `json:"code"`
	Name      string `json:"nom"`
	End       string `json:"dateFin"`
	Successor string `json:"successeur"` // an id
	Pole      string `json:"pole"`       // the id of the commune that absorbed it
}

// entry is a line of the table.
type entry struct{ name, departement string }

func writeCommunes(communes []commune, records []record) error {
	table := map[string]entry{
		// Left Guadeloupe in 2007; the package gives them their new codes only.
		"97123": {"Saint-Barthélemy", "977"},
		"97127": {"Saint-Martin", "978"},
	}
	// What is in force wins over what was absorbed, and that over what has disappeared.
	slices.SortStableFunc(communes, func(a, b commune) int { return cmp.Compare(rank(b), rank(a)) })
	for _, c := range communes {
		table[c.Code] = entry{typographic(c.Name), c.Departement}
	}
	maps.Copy(table, disappeared(table, records))

	var lines bytes.Buffer
	for _, code := range slices.Sorted(maps.Keys(table)) {
		lines.WriteString(code + table[code].name)
		if moved := table[code].departement; moved != "" && !strings.HasPrefix(code, moved) {
			lines.WriteString("\t" + moved)
		}
		lines.WriteByte('\n')
	}
	var file bytes.Buffer
	writer, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("compress communes: %w", err)
	}
	if _, err := writer.Write(lines.Bytes()); err != nil {
		return fmt.Errorf("compress communes: %w", err)
	}
	if err := writer.Close(); err != nil {
		return fmt.Errorf("compress communes: %w", err)
	}
	if err := os.WriteFile("communes.txt.gz", file.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write communes: %w", err)
	}
	return nil
}

// typographic writes a name as it is printed: « L’Haÿ-les-Roses ».
func typographic(name string) string { return strings.ReplaceAll(name, "'", "’") }

func rank(c commune) int {
	if c.Type == "commune-actuelle" || c.Type == "arrondissement-municipal" {
		return 0
	}
	return 1
}

// disappeared gives the codes that only history knows, under their last name and in the
// département that their territory belongs to today.
func disappeared(table map[string]entry, records []record) map[string]entry {
	byID := map[string]record{}
	last := map[string]record{}
	for _, r := range records {
		byID[r.ID] = r
		if r.Type != "COM" {
			continue
		}
		if known, found := last[r.Code]; !found || known.End < r.End {
			last[r.Code] = r
		}
	}
	gone := map[string]entry{}
	for code, r := range last {
		if _, alive := table[code]; !alive {
			gone[code] = entry{typographic(r.Name), today(r, byID, table)}
		}
	}
	return gone
}

// today follows a commune from event to event down to one that still has a code.
func today(r record, byID map[string]record, table map[string]entry) string {
	for range 20 { // longer than any chain of the COG: a cycle would be a fault of the data
		if alive, found := table[r.Code]; found {
			return alive.departement
		}
		next, found := byID[cmp.Or(r.Successor, r.Pole)]
		if !found {
			return ""
		}
		r = next
	}
	return ""
}

// area is an entry of departements.json.
type area struct {
	Code string `json:"code"`
	Name string `json:"nom"`
}

func writeDepartements(areas []area) error {
	corsica := strings.NewReplacer("2A", "20A", "2B", "20B") // where 20 was
	slices.SortFunc(areas, func(a, b area) int { return cmp.Compare(corsica.Replace(a.Code), corsica.Replace(b.Code)) })
	var lines strings.Builder
	for _, a := range areas {
		if a.Code == "984" || a.Code == "989" {
			continue // nobody lives there for good: no town, no register of births
		}
		fmt.Fprintf(&lines, "%s %s\n", a.Code, typographic(a.Name))
	}
	if err := os.WriteFile("departements.txt", []byte(lines.String()), 0o644); err != nil {
		return fmt.Errorf("write départements: %w", err)
	}
	return nil
}
