// Package control is the surface by which a person or a test steers a simulator, beside
// the real protocol that it speaks: what it received, which faults it must play, and the
// simulator's own orders (the next person to sign in, families, settings…).
//
// The routes live under /_sim/ and speak JSON. Every GET returns an array; an order that
// is not understood is refused with 400 and {"error":"…"}, never guessed:
//
//	GET  /_sim/requests?since=N   exchanges numbered above N, oldest first
//	POST /_sim/faults             {"match","mode","status","delay_ms","times"}
//	POST /_sim/reset              no fault, empty log; the simulator's data stay
//
// A fault matches a request whose "METHOD /path?query", or whose "/path?query" alone,
// begins with match; an empty match is the beginning of everything. Several faults are a
// script: the oldest that matches and is not used up is played, so that "500 twice, then
// lost once" is two orders. The modes:
//
//	down     the connection is closed, nothing is answered, nothing is done
//	slow     waits delay_ms, or until the client leaves, then answers as usual
//	status   answers that status with a small JSON body; nothing is done
//	lost     does everything that was asked, then closes the connection without answer
//	garbage  answers 200 with bytes that are not JSON; nothing is done
//
// Beware that Go's own client repeats a GET by itself when a kept-alive connection is
// closed before the first byte of the answer: one call may then use a fault up twice.
//
// The log keeps the newest 10,000 exchanges, and of their bodies the newest 64 MiB, so
// that a benchmark may run through it. Numbers never start again, not even after a reset:
// a reader who kept the last number that he saw loses nothing.
package control
