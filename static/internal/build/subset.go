package main

import "regexp"

// components are those the portal's pages use, in the order in which the DSFR publishes them: it decides which rule wins.
var components = []string{
	"upload", "badge", "logo", "button", "connect", "breadcrumb", "form", "stepper", "link", "callout", "highlight", "pagination",
	"tag", "alert", "notice", "radio", "checkbox", "input", "skiplink", "select", "navigation", "footer",
	"tile", "search", "table", "header",
}

// icons are those a page may name as fr-icon-…, besides those that the components bring themselves.
var icons = []string{
	"account-circle-line", "arrow-down-line", "arrow-left-line", "arrow-right-line", "arrow-up-down-line", "arrow-up-line",
	"logout-box-r-line", "refresh-line",
}

// fonts are the three faces that a page may load: text, buttons and links, titles. A first view carries no more (SETTLED.md,
// Web); the browser slants the text face for the rare italics.
var fonts = []string{"Marianne-Regular.woff2", "Marianne-Medium.woff2", "Marianne-Bold.woff2"}

// leftOutClasses are the classes of the kept components that no page uses: the illustrative colours, the spacing utilities
// above 8w, negative or for a first child, column offsets, display sizes, image and video ratios, and the consent banner.
var leftOutClasses = []*regexp.Regexp{
	regexp.MustCompile(`--(green|blue|purple|pink|yellow|orange|brown|beige)-(tilleul-verveine|bourgeon|emeraude|menthe|archipel|ecume|cumulus|glycine|macaron|tuile|tournesol|moutarde|terre-battue|cafe-creme|caramel|opera|gris-galet)$`),
	regexp.MustCompile(`^fr-[mp][trblxy]?-(md-)?(first-|n\d|(1[7-9]|2\d|3\d)v$|(9|1\d)w$)`),
	regexp.MustCompile(`^fr-col-offset-`),
	regexp.MustCompile(`^fr-(display-|ratio-|responsive-|consent-)`),
}
