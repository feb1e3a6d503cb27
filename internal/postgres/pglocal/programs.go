package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldestVersion is the first that the project is tested with: Debian 12's.
const oldestVersion = 15

// ErrNoServer says, in words of no language, what the machine lacks and Debian's command for it.
var ErrNoServer = errors.New("PostgreSQL ≥ 15 (initdb, postgres): apt-get install postgresql")

// programs are those of one version of PostgreSQL.
type programs struct {
	version        int
	server, initdb string
}

var versionPattern = regexp.MustCompile(`\d+`)

// findPrograms looks in PG_BIN, and nowhere else when it is set; otherwise in PATH, then in Debian's folders, newest first. Data
// that exists, of the given major version, needs that very version.
func findPrograms(ctx context.Context, dataVersion int) (programs, error) {
	var found []programs
	for _, folder := range programFolders() {
		if candidate, ok := programsIn(ctx, folder); ok {
			found = append(found, candidate)
		}
	}
	if len(found) == 0 {
		return programs{}, fmt.Errorf("find PostgreSQL: %w", ErrNoServer)
	}
	if dataVersion == 0 {
		return found[0], nil
	}
	if i := slices.IndexFunc(found, func(p programs) bool { return p.version == dataVersion }); i >= 0 {
		return found[i], nil
	}
	return programs{}, fmt.Errorf("find PostgreSQL %d, which made the data: this machine has %d; reset the data or install it",
		dataVersion, found[0].version)
}

func programFolders() []string {
	if chosen := os.Getenv("PG_BIN"); chosen != "" {
		return []string{chosen}
	}
	var folders []string
	if server, err := exec.LookPath("postgres"); err == nil {
		folders = append(folders, filepath.Dir(server))
	}
	versioned, _ := filepath.Glob("/usr/lib/postgresql/[0-9]*/bin") // the pattern is well formed
	slices.SortFunc(versioned, func(a, b string) int { return versionIn(b) - versionIn(a) })
	return append(folders, versioned...)
}

// programsIn accepts a folder that holds both programs, recent enough.
func programsIn(ctx context.Context, folder string) (programs, bool) {
	found := programs{server: filepath.Join(folder, "postgres"), initdb: filepath.Join(folder, "initdb")}
	if _, err := exec.LookPath(found.initdb); err != nil {
		return programs{}, false
	}
	answer, err := exec.CommandContext(ctx, found.server, "--version").Output()
	if err != nil {
		return programs{}, false
	}
	found.version = versionIn(string(answer))
	return found, found.version >= oldestVersion
}

// versionIn reads the first number of a text; 0 when it has none.
func versionIn(text string) int {
	version, _ := strconv.Atoi(versionPattern.FindString(text))
	return version
}
