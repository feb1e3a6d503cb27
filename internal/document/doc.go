// Package document sets what people print or keep: the PDF of a dossier, the receipt of
// a citizen, QR codes.
//
// The PDF files are tagged for assistive technologies and are the same bytes for the same
// content, so that a folder that is resumed announces the size that it already announced
// to HubEE. The package writes them itself: the writers to be had either cannot tag or
// stamp each file with the clock, and they read the whole font again for each document,
// ten times the work of all the rest. pdfcpu checks the files in the tests.
//
// From the bottom up: font.go and subset.go read the fonts and embed what is used of
// them, pdf.go and structure.go write the file and its structure, text.go and page.go
// draw, composer.go and blocks.go set blocks one under the other, dossier.go and
// receipt.go hold the words.
package document
