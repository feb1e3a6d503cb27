// Package web is the edge: the router with the steps of every request, the table from
// errors to statuses and pages, and the rendering of templates. Each space of the site is
// a package below it, which mounts its routes here and imports no other space.
//
// gin stays in this package and its handlers; what goes inward is the request's context.
package web
