// Package mail writes the mails of templates/mails and brings them to the mail relay.
//
// registry.go lists every automatic mail: its Go type and one sample. A mail that is not
// there cannot be sent, and a test refuses one that lacks a template, a line in the
// catalogue, or a sample.
//
// A mail is one SMTP transaction. The library drops a whole message when the relay refuses
// one recipient; here the others have it, so the transaction is spoken command by command
// with the library's own client. What the relay says in words may quote an address: only
// its codes are kept.
package mail
