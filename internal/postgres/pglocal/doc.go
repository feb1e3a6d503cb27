// Package pglocal runs a private PostgreSQL for the demo and the tests, from the server that the machine has: its data in a
// folder of ours, its socket in another, no TCP port, no service to configure (SETTLED.md, "The machine and the two commands").
//
// A cluster belongs to the process that starts it. A lock on the folder keeps a second process away; the server gets SIGINT when
// its parent dies, however it dies; and Start first stops a server that a former run would have left behind. PostgreSQL refuses
// to run as root: its processes then run as postgres, or nobody, and the data goes to /var/tmp when that account cannot reach
// the folder.
//
// The package knows processes and files, and no SQL.
package pglocal
