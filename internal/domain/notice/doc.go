// Package notice is what the portal tells people by mail. A concept declares a notice as
// a type of its own; recording it is part of the transaction that decides it, and the
// outbox sends it afterwards (ARCHITECTURE.md §10). The words are in templates/mails.
//
// A recipient waits, has the mail, or was refused by the mail relay: then somebody
// corrects the address, and the recipient waits again. Others of the same mail have it
// meanwhile, once. What the mail says is kept, sealed, until everyone has it. One that lost its
// object before it left is withdrawn from those who wait.
package notice
