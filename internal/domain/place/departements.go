package place

import (
	_ "embed"
	"strings"
)

//go:embed departements.txt
var departementsFile string

// Division is a département, or an overseas collectivity that stands for one.
type Division struct {
	Code string // "01" … "95", "2A", "2B", "971" … "978", "986", "987", "988"
	Name string
}

// Departements lists the départements in the order of their codes, Corsica between 19 and
// 21, then the overseas ones.
func Departements() []Division {
	var list []Division
	for line := range strings.Lines(departementsFile) {
		code, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		list = append(list, Division{Code: code, Name: name})
	}
	return list
}

// Departement gives the code of the département where a commune lies today, from the
// commune's COG code. The prefix tells it, two characters in mainland France and Corsica,
// three overseas, also for a commune founded after the table was made; communes that changed
// département are looked up (Corsica's 20xxx before 1976, the suburbs of Paris before 1968).
// ok is false for what is not a commune of a listed département.
func Departement(cog string) (code string, ok bool) {
	if len(cog) != codeLength || strings.Trim(cog[2:], "0123456789") != "" {
		return "", false
	}
	line, _ := find(communes(), cog)
	if _, moved, found := strings.Cut(line, "\t"); found {
		return moved, true
	}
	length := 2
	if strings.HasPrefix(cog, "97") || strings.HasPrefix(cog, "98") {
		length = 3
	}
	code = cog[:length]
	if !strings.Contains("\n"+departementsFile, "\n"+code+" ") {
		return "", false
	}
	return code, true
}
