// Package clamav simulates clamd, the daemon of ClamAV, for the demo and the tests: it reads
// streams on the loopback interface and finds the EICAR test string in them, wherever it is.
// Nothing of what it reads is kept.
//
// It speaks the protocol of clamd(8), as far as a portal needs it: PING, VERSION and
// INSTREAM, one a connection. A command prefixed with z ends with NUL, one prefixed with n or
// with nothing ends with a newline, and the answer ends in the same way. It refuses as clamd
// does, and then closes the connection:
//
//	UNKNOWN COMMAND                      anything else, an INSTREAM without prefix included
//	INSTREAM size limit exceeded. ERROR  the chunk announced would exceed StreamMaxLength
//	COMMAND READ TIMED OUT               the client is silent in the middle; ends with a newline
//
// The same port serves the control surface of package control over HTTP: a connection that
// begins with a method of HTTP is such a call. Faults match the command, without its prefix.
// Their modes mean here:
//
//	status   the stream is read, then "simulated fault <status> ERROR" is answered
//	down     the connection is cut without an answer, before the stream is read
//	slow     the stream is read, then waits, then answers; if the client closes its side
//	         meanwhile, nothing is answered
//	lost     the stream is read, then the connection is cut without an answer
//	garbage  the stream is read, then something that no clamd says is answered
//
// The log of GET /_sim/requests holds PING, VERSION, INSTREAM or UNKNOWN as the method, and of
// an INSTREAM a Scan as the body: size, digest and verdict, never the content. Its status is
// 200 where clamd did what it was asked, 400, 413 and 408 for the refusals above, the fault's
// own for mode status, and 0 where the connection was cut or what was answered is garbage.
package clamav
