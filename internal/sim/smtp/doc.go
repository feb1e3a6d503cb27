// Package smtp simulates a mail relay for the demo and the tests: it accepts whatever is
// sent to it on the loopback interface, keeps it, and shows it as an inbox. Nothing leaves.
//
// SMTP is served by Serve: plain, with STARTTLS where a certificate is given, with AUTH
// PLAIN offered but not demanded. HTTP is served by ServeHTTP: the inbox under /, and
// beside the routes of package control
//
//	GET    /_sim/messages  the messages, oldest first
//	DELETE /_sim/messages  forgets them
//
// A message reads {"number","received_at","envelope":{"from","to"},"from","to","cc",
// "subject","text","html","headers","raw"}: from, to and cc are the bare addresses of the
// headers, subject and headers are decoded, text and html are the first part of each kind.
//
// Faults match the lines CONNECT, "MAIL <address>", "RCPT <address>", DATA, the address
// with or without its angle brackets. Their modes (package control) mean here:
//
//	status   that SMTP code is answered and nothing is done; to CONNECT, instead of the greeting
//	down     the connection is cut without an answer, for DATA before the message is read
//	slow     waits, then goes on; if the client leaves meanwhile, nothing is done
//	lost     a DATA is kept, then the connection is cut before the 250; elsewhere as down
//	garbage  a line that is not SMTP, then the connection is cut
//
// Each line is recorded in the log of GET /_sim/requests, its verb as the method, its
// address as the path, the SMTP code as the status, the message of a DATA as the body. Visits
// to the inbox are neither recorded nor subject to faults.
//
// The inbox keeps the newest messages, 256 MiB in all.
package smtp
