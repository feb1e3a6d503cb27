package operation

import (
	"regexp"
	"strconv"
)

// ReportBusy is the report of a tick that found another run under way.
const ReportBusy = "another run is under way"

// Count is one number of a report: how many of what.
type Count struct {
	Number int
	What   string // a word of the job's: "dossiers"
}

// counted is a number and the word after it.
var counted = regexp.MustCompile(`\b(\d{1,9}) ([a-z]+(?:-[a-z]+)*)\b`)

// Counts reads the numbers that a report tells, such as "erased: 3 dossiers, 0 payloads".
func Counts(report string) []Count {
	var counts []Count
	for _, found := range counted.FindAllStringSubmatch(report, -1) {
		number, err := strconv.Atoi(found[1])
		if err != nil {
			continue // never: nine digits at most
		}
		counts = append(counts, Count{Number: number, What: found[2]})
	}
	return counts
}
