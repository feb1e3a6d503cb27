// Package dsfr types the components of the State's design system that the pages use. Each
// has one partial of the same name in templates/dsfr. Constructors are called by the
// templates, so that the words stay there: {{template "dsfr/badge" (badge "success" "…")}}.
//
// Citizen pages load no script of the design system: what would need one is made of plain
// HTML (details, links, an always visible breadcrumb).
package dsfr
