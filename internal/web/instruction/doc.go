// Package instruction is the space of the instructors: the queue of the requests, a page for
// each of them with what is known about it, the decisions with the mail that each will send,
// the messages, and the models of texts.
//
// A decision takes three steps, each of them a page of its own: what is written (act.go) is
// kept as a note, shown as the mail that it will be (preview.go), then sent as it was shown.
//
// The handlers are in the file of their page; view_*.go say what each page prints, and the
// French is in templates/pages/instruction and templates/messages/instruction.tmpl.
package instruction
