package tokens

import (
	"strings"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/web"
)

// useDay is how often a token was shown in a day.
type useDay struct {
	Day    web.Moment
	Served int //  the data were given
	Others []useCount
}

// useCount is how often a call was answered otherwise.
type useCount struct {
	Why   string // code of its words
	words string
	Count int
}

// newUseDays groups counts by day, in their order: nothing is told of a day without calls.
func (v Views) newUseDays(uses []credential.Use) []useDay {
	var days []useDay
	for _, use := range uses {
		day := dayOf(use.Day)
		if len(days) == 0 || days[len(days)-1].Day != day {
			days = append(days, useDay{Day: day})
		}
		last := &days[len(days)-1]
		if use.Served() {
			last.Served += int(use.Count)
			continue
		}
		why := v.whyOf(use.Outcome)
		words, _ := v.sentences.Sentence(why)
		last.add(why, words, int(use.Count))
	}
	return days
}

// add counts an outcome with those of the same words: the two versions of the API have codes of
// their own for one reason.
func (d *useDay) add(why, words string, count int) {
	for i := range d.Others {
		if d.Others[i].words == words {
			d.Others[i].Count += count
			return
		}
	}
	d.Others = append(d.Others, useCount{why, words, count})
}

// whyOf is the code of the words of an outcome, "401 00103": those of its code, else those of
// its status.
func (v Views) whyOf(outcome string) string {
	status, _, _ := strings.Cut(outcome, " ")
	for _, code := range []string{"token.use." + strings.ReplaceAll(outcome, " ", "_"), "token.use." + status} {
		if v.knows(code) {
			return code
		}
	}
	return "token.use.other"
}

func dayOf(written string) web.Moment {
	day, err := time.Parse(time.DateOnly, written)
	if err != nil {
		return web.Moment{}
	}
	return web.Moment{Year: day.Year(), Month: int(day.Month()), Day: day.Day()}
}
