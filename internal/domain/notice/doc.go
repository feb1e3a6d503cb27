// Package notice is what the portal tells people by mail. A concept declares a notice as
// a type of its own; recording it is part of the transaction that decides it, and the
// outbox sends it afterwards (ARCHITECTURE.md §10). The words are in templates/mails.
package notice
