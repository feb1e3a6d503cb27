// Package fault names what can go wrong in the portal: a short closed list of kinds,
// which decide the HTTP status, and a code, which chooses the sentence a person reads
// (templates/messages). The table from kinds to statuses is in internal/web/errors.go.
package fault
