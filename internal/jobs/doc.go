// Package jobs runs what nobody asked for at this moment: the table of recurring jobs, by
// robfig/cron in Europe/Paris, and the workers that empty the outbox. An order that no retry
// can mend, or that fails for too long, is a dead letter: somebody may take it up again.
//
// Any number of instances may run both. A tick of a job is a row that only one instance
// can insert; two runs of one job never overlap; an order of the outbox is leased to one
// worker, and comes back when that worker dies.
package jobs
