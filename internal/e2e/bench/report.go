package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// The aims (PRODUCT.md §7; users-reliability-security.md B.3, R1 and R2; SETTLED.md, rules).
const (
	viewLimit       = 50 * time.Millisecond  // 95 views in 100
	submissionLimit = 300 * time.Millisecond // 95 submissions in 100
	leastRatio      = 0.5
	memoryLimit     = 250_000_000 // bytes
	// keptUp is the part of the wanted rate that counts as held: the last visitors of a measure end after it.
	keptUp = 0.98
)

// line is one figure beside its aim.
type line struct {
	what, figure, aim string
	met               bool
}

func (r results) lines() []line {
	views, free := r.views.steady, r.views.crowded
	steady, crowded := r.submissions, r.submissionsWithoutPause
	return slices.Concat([]line{
		{fmt.Sprintf("Formulaire, %d vues/s demandées", viewRate), perSecond(views), fmt.Sprintf("%d/s", viewRate), views.rate() >= viewRate*keptUp},
		{"  temps de réponse", times(views), "p95 < " + milliseconds(viewLimit), views.percentile(95) < viewLimit},
		{fmt.Sprintf("Formulaire, %d visiteurs sans pause", crowd), perSecond(free), fmt.Sprintf("%d/s", viewRate), free.rate() >= viewRate},
		{"  temps de réponse", times(free), "", true},
		{"  processeur du portail", milliseconds(r.views.cost) + " par vue", "", true},
	}, r.towns.lines(), r.requests.lines(), r.approvals.lines(), r.tokens.lines(), r.reminders.lines(), r.professionals.lines(), []line{
		{fmt.Sprintf("Transmission complète, %d/s demandées", submissionRate), perSecond(steady.whole), fmt.Sprintf("%d/s", submissionRate), steady.whole.rate() >= submissionRate*keptUp},
		{"  de l’arrivée à la confirmation", times(steady.whole), "p95 < " + milliseconds(submissionLimit), steady.whole.percentile(95) < submissionLimit},
		{"  dont le POST qui enregistre", times(steady.recording), "p95 < " + milliseconds(submissionLimit), steady.recording.percentile(95) < submissionLimit},
		{"  tout est remis à HubEE après", milliseconds(steady.delivery), "", true},
		{"  processeur du portail, remise comprise", milliseconds(steady.cost) + " par transmission", "", true},
		{fmt.Sprintf("Transmission complète, %d usagers sans pause", crowd), perSecond(crowded.whole), fmt.Sprintf("%d/s", submissionRate), crowded.whole.rate() >= submissionRate},
		{"  de l’arrivée à la confirmation", times(crowded.whole), "", true},
		{"  dont le POST qui enregistre", times(crowded.recording), "", true},
		{"  tout est remis à HubEE après", milliseconds(crowded.delivery), "", true},
		{"Vues, rapport au gestionnaire nu", r.viewDuel.String(), "≥ " + decimal(leastRatio, 1), r.viewDuel.ratio() >= leastRatio},
		{"Accueil de l’assistance, rapport au gestionnaire nu", r.deskDuel.String(), "≥ " + decimal(leastRatio, 1), r.deskDuel.ratio() >= leastRatio},
		{"POST qui enregistre, rapport au gestionnaire nu", r.recordingDuel.String(), "≥ " + decimal(leastRatio, 1), r.recordingDuel.ratio() >= leastRatio},
		{"Mémoire du portail, au plus", megabytes(r.peak), "< " + megabytes(memoryLimit), r.peak < memoryLimit},
		{"Dossiers perdus, doublés ou mêlés", fmt.Sprintf("%d sur %d", r.checked.lost+r.checked.doubled+r.checked.mixed, r.checked.sent), "0", r.checked.fault() == nil},
	})
}

func (r results) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%d processeurs, %d collectivités, %d dossiers, %d demandes, %d comptes et %d sessions déjà là, %s par mesure\n\n",
		runtime.NumCPU(), r.settings.towns, r.dossiers, filedRequests, accounts, agentSessions+supportSessions, seconds(r.length))
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "\tmesuré\tvisé\t")
	for _, l := range r.lines() {
		verdict := ""
		if l.aim != "" {
			verdict = map[bool]string{true: "atteint", false: "non atteint"}[l.met]
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", l.what, l.figure, l.aim, verdict)
	}
	return table.Flush()
}

// fault says what must never happen, however slow the machine.
func (r results) fault() error {
	err := errors.Join(r.checked.fault(), r.requests.fault(), r.approvals.fault(), r.reminders.fault())
	for _, m := range slices.Concat(
		[]measure{r.views.steady, r.views.crowded, r.submissions.whole, r.submissionsWithoutPause.whole}, r.towns.measures(), r.requests.measures(), r.professionals.measures(), r.tokens.measures(), []measure{r.approvals.told},
		r.viewDuel.portal, r.viewDuel.bare, r.deskDuel.portal, r.deskDuel.bare, r.recordingDuel.portal, r.recordingDuel.bare,
		r.tokens.gatewayDuel.portal, r.tokens.gatewayDuel.bare, r.tokens.introspectionDuel.portal, r.tokens.introspectionDuel.bare,
	) {
		if m.failed > 0 {
			err = errors.Join(err, fmt.Errorf("%d failed, such as: %w", m.failed, m.failure))
		}
	}
	return err
}

// String shows the ratio, those of the lowest and highest round, and the best rates.
func (d duel) String() string {
	ratios := d.ratios()
	return fmt.Sprintf("%s (%s à %s), %.0f/s contre %.0f/s", decimal(d.ratio(), 2), decimal(ratios[0], 2), decimal(ratios[len(ratios)-1], 2),
		best(d.portal), best(d.bare))
}

func perSecond(m measure) string {
	text := decimal(m.rate(), 1) + "/s"
	if m.failed > 0 {
		text += fmt.Sprintf(", %d échecs", m.failed)
	}
	return text
}

func times(m measure) string {
	return fmt.Sprintf("p50 %s, p95 %s, p99 %s", milliseconds(m.percentile(50)), milliseconds(m.percentile(95)), milliseconds(m.percentile(99)))
}

func milliseconds(d time.Duration) string {
	digits := 0
	switch {
	case d < time.Millisecond:
		digits = 2
	case d < 10*time.Millisecond:
		digits = 1
	}
	return decimal(float64(d)/float64(time.Millisecond), digits) + " ms"
}

func microseconds(d time.Duration) string {
	return decimal(float64(d)/float64(time.Microsecond), 1) + " µs"
}

// share says which part of another time a time is.
func share(part, whole time.Duration) string {
	return decimal(100*float64(part)/float64(max(1, whole)), 1) + " %"
}

func seconds(d time.Duration) string { return decimal(d.Seconds(), 1) + " s" }

func megabytes(bytes int64) string { return decimal(float64(bytes)/1e6, 0) + " Mo" }

func decimal(number float64, digits int) string {
	return strings.Replace(fmt.Sprintf("%.*f", digits, number), ".", ",", 1)
}
