package dossier

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The attachments of a folder. HubEE correlates them by name, and editors look for the
// first two by these very names (formulaire-qf.md §4).
const (
	jsonFileName = "FormulaireQF.json"
	xmlFileName  = "FormulaireQF.xml"
)

// Files makes the three attachments of a folder: JSON, XML, then the PDF that renderer
// draws. Their names differ from each other.
func Files(content Content, renderer Renderer) ([]File, error) {
	jsonBytes, err := content.JSON()
	if err != nil {
		return nil, err
	}
	xmlBytes, err := content.XML()
	if err != nil {
		return nil, err
	}
	pdfBytes, err := renderer.DossierPDF(content)
	if err != nil {
		return nil, fmt.Errorf("render dossier PDF: %w", err)
	}
	return []File{
		{Name: jsonFileName, MediaType: "application/json", Bytes: jsonBytes},
		{Name: xmlFileName, MediaType: "application/xml", Bytes: xmlBytes},
		{Name: pdfFileName(content.Identity), MediaType: "application/pdf", Bytes: pdfBytes},
	}, nil
}

// JSON writes FormulaireQF.json with the keys, order and values that editors parse
// (formulaire-qf.md §4). It carries no key of ours: parsers may be strict.
func (c Content) JSON() ([]byte, error) {
	var out bytes.Buffer
	if err := c.object().writeJSON(&out); err != nil {
		return nil, fmt.Errorf("write dossier JSON: %w", err)
	}
	return out.Bytes(), nil
}

// XML writes FormulaireQF.xml: what JSON says, as Rails' Hash#to_xml would. It is valid
// XML 1.0 whatever the characters of the names.
func (c Content) XML() ([]byte, error) {
	return marshalXML(c.object()), nil
}

// object is the one source of both files.
func (c Content) object() Object {
	var externalID any
	if c.ExternalID != nil {
		externalID = *c.ExternalID
	}
	return Object{}.
		with("external_id", externalID).
		with("pivot_identity", c.Identity.object()).
		with("quotient_familial_v3", c.Quotient.Data.with("version", "v3")).
		with("quotient_familial", c.Quotient.legacyQuotient())
}

// object lists the claims that FranceConnect returned, verbatim, in the order of the
// dossier format. The subject is never one of them.
func (p PivotIdentity) object() Object {
	claims := Object{}.
		with("family_name", p.FamilyName).
		with("given_name", p.GivenName).
		with("gender", p.Gender).
		with("birthdate", p.Birthdate).
		with("birthplace", p.Birthplace).
		with("birthcountry", p.Birthcountry)
	var present Object
	for name, claim := range claims.Members() {
		if p.has(name) {
			present = present.with(name, claim)
		}
	}
	return present
}

// Bounds of one half of the PDF's name, so that the whole has at most 200 characters and
// 240 bytes: HubEE stops at 255 characters (reference/hubee.md §5.1), file systems at 255
// bytes, and what downloads the file may add to it.
const (
	maxNamePartRunes = 88
	maxNamePartBytes = 108
)

// pdfFileName is quotient_familial_NOM_Prénoms.pdf, accents kept (formulaire-qf.md §4).
func pdfFileName(identity PivotIdentity) string {
	family := fileNamePart(identity.FamilyName, "SANS_NOM")
	given := fileNamePart(identity.GivenName, "SANS_PRENOM")
	return "quotient_familial_" + family + "_" + given + ".pdf"
}

// fileNamePart makes a name safe in any file system: separators, controls, marks of
// direction and the characters that Windows refuses become underscores, as spaces do.
func fileNamePart(name, whenEmpty string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		return whenEmpty
	}
	var part strings.Builder
	kept := 0
	for _, r := range name {
		if unicode.IsSpace(r) || !unicode.IsGraphic(r) || strings.ContainsRune(`<>:"/\|?*`, r) {
			r = '_'
		}
		if kept == maxNamePartRunes || part.Len()+utf8.RuneLen(r) > maxNamePartBytes {
			break
		}
		part.WriteRune(r)
		kept++
	}
	return part.String()
}
