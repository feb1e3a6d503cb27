// Package operations shows what leaves the house (orders of the outbox, mails and their
// catalogue), what runs by itself (jobs), what goes on with HubEE and DataPass
// (subscriptions, events received), and the journal of everybody's acts; and lets people
// step in where something got stuck.
//
// The handlers are in the file of their page; view_*.go say what each page prints, and the
// French is in templates/pages/operations and templates/messages, operations and audit.
// What a newer instance recorded, of a kind that this one has no words for, is shown all
// the same: Views.known finds other words.
package operations
