// Package templates embeds whatever a person reads: pages, components and sentences. The
// French of the portal lives here and nowhere else.
//
//   - layouts: the frame of a page; a page names its own in its first line;
//   - dsfr: one partial per component of internal/web/dsfr;
//   - pages/<space>: one file per page; pages/<space>/partials: what several share;
//     pages/pattern is the pattern book, from which the pages of the back-office are begun;
//   - messages: one sentence per error code, the words of dates, roles and mails, and those
//     of a menu ("nav.<code>") and of the criteria of lists ("filter.<name>");
//   - api: what the portal answers to programs (OpenAPI), read by programs and by people;
//   - mails: the subject, text and HTML of each automatic mail, and their two layouts.
package templates

import "embed"

// FS holds the templates by their path in this folder.
//
//go:embed layouts dsfr pages messages mails api
var FS embed.FS
