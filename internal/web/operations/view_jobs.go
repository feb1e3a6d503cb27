package operations

import (
	"time"

	"portail-qf/internal/domain/operation"
	"portail-qf/internal/web"
)

// jobsPage lists what runs by itself.
type jobsPage struct {
	web.ProPage
	Jobs   []jobView
	CanRun bool
}

// jobPage shows one job with its last runs.
type jobPage struct {
	web.ProPage
	Job    jobView
	Runs   []runView // newest first
	CanRun bool
}

// jobView is a job as pages print it.
type jobView struct {
	Name     string // as the portal knows it
	URL      string
	Label    string // code of its name; "" where there are no words
	Purpose  string // code of what it is for, likewise
	Schedule string // code of when it comes, likewise
	Every    string // cron expression, for want of words
	Next     web.Moment
	Last     runView // zero when it never ran
}

// runView is a run of a job.
type runView struct {
	State     operation.RunState // "" for none
	Severity  string
	StartedAt web.Moment
	Lasted    lapse
	Ended     bool
	Busy      bool // it found another run under way
	Counts    []countView
	Failure   failure // of a failed one
	Report    string  // as the portal wrote it down, in English
}

// countView is how many of what a run dealt with; none is not told.
type countView struct {
	Code   string
	Number int
}

// lapse is a time that something took.
type lapse struct{ Hours, Minutes, Seconds int }

var runSeverities = map[operation.RunState]string{
	operation.Running: "info", operation.Ended: "success", operation.Failed: "error", operation.Interrupted: "warning",
}

func (v Views) newJobsPage(page web.ProPage, jobs []operation.Job, canRun bool) jobsPage {
	p := jobsPage{ProPage: page, CanRun: canRun}
	for _, job := range jobs {
		p.Jobs = append(p.Jobs, v.newJobView(job))
	}
	return p
}

func (v Views) newJobPage(page web.ProPage, job operation.Job, runs []operation.Run, canRun bool) jobPage {
	p := jobPage{ProPage: page, Job: v.newJobView(job), CanRun: canRun}
	for _, run := range runs {
		p.Runs = append(p.Runs, v.newRunView(job, run))
	}
	return p
}

func (v Views) newJobView(job operation.Job) jobView {
	view := jobView{
		Name: job.Name, URL: jobPath(job.Name), Label: v.jobName(job.Name), Purpose: v.known("job."+job.Name+".purpose", ""),
		Schedule: v.known("schedule."+job.Every, ""), Every: job.Every, Next: web.MomentOf(job.Next),
	}
	if !job.Run.StartedAt.IsZero() {
		view.Last = v.newRunView(job, job.Run)
	}
	return view
}

// jobName gives the code of the name of a job; "" where there are no words.
func (v Views) jobName(name string) string { return v.known("job."+name+".name", "") }

func (v Views) newRunView(job operation.Job, run operation.Run) runView {
	state := job.StateOf(run)
	view := runView{
		State: state, Severity: runSeverities[state], StartedAt: web.MomentOf(run.StartedAt), Busy: run.Report == operation.ReportBusy, Report: run.Report,
	}
	if !run.FinishedAt.IsZero() {
		view.Ended, view.Lasted = true, lapseOf(run.FinishedAt.Sub(run.StartedAt))
	}
	if run.Failed {
		view.Failure = v.explain(run.Report)
	}
	for _, count := range operation.Counts(run.Report) {
		if code := v.known("job."+job.Name+".count."+count.What, ""); code != "" && count.Number > 0 {
			view.Counts = append(view.Counts, countView{Code: code, Number: count.Number})
		}
	}
	return view
}

func lapseOf(d time.Duration) lapse {
	seconds := int(d.Round(time.Second) / time.Second)
	return lapse{Hours: seconds / 3600, Minutes: seconds / 60 % 60, Seconds: seconds % 60}
}
