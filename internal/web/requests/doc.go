// Package requests is where a local authority asks for its habilitation (editors' guide, 2.a
// and 2.b): the public pages that lead to a form, the steps of a request, its summary, and
// what becomes of it.
//
// Whoever began a request holds it and alone writes in it; colleagues of the same
// establishment read it, write messages, and may ask to hold it in turn. Another town's
// request looks like one that does not exist.
//
// The handlers are in the file of their page; view_*.go say what each page prints, and the
// French is in templates/pages/requests, templates/messages/request.tmpl and requests_town.tmpl.
package requests
