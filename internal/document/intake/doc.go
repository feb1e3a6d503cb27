// Package intake tells whether a file that somebody hands in is a real, readable and harmless PDF: the délibération of a town, which
// an instructor opens on a desk of the administration.
//
// A file is looked at from the outside in, and what is refused at one step never reaches the next:
//
//   - envelope.go: the size, the first and the last bytes, and the marks of other formats. A file that two programs read in two
//     ways is refused, whichever of them it was made for.
//   - survey.go, with outline.go and lexer.go: every object of the file, reachable or not, is read without unfolding anything, for
//     passwords, names of what acts by itself and absurd counts.
//   - unfold.go, with filters.go: every stream is unfolded into nothing and counted, so that a bomb costs a small buffer.
//   - library.go: pdfcpu reads what is left, what it has read is looked at once more, and it validates.
//
// All but the first step is done in a process of its own (worker.go), with a bounded time and memory, no settings, no secrets, and
// neither files nor connections: hostile bytes can end that process at most. inspector.go gives the files their turn.
//
// The codes, all of kind Invalid, name the sentences that people read:
//
//	document.empty      no byte at all
//	document.too_large  more than Limit bytes
//	document.not_pdf    not a PDF from its first byte to its last, or something else as well
//	document.encrypted  a password or restrictions, even when it opens without asking
//	document.damaged    pdfcpu cannot read or validate it, or it has no page
//	document.too_heavy  it unfolds beyond reason, has more than 500 pages, or takes too much time or memory
//	document.active     scripts, programs, attached files, XFA forms, sounds and films, or an address opened by itself
//
// One more is of kind Unavailable: document.busy, when the turn of a file does not come, or its sender does not wait for the end.
package intake
