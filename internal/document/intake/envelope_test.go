package intake

import (
	"archive/zip"
	"bytes"
	"fmt"
	"testing"

	"portail-qf/internal/document/intake/intaketest"
)

// archive makes a ZIP archive with a file and a comment.
func archive(t *testing.T, content []byte, comment string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	member, err := w.CreateHeader(&zip.FileHeader{Name: "deliberation.pdf", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := member.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.SetComment(comment); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// « does not begin with %PDF- at byte 0, has no %%EOF at its end, is another format too — polyglots: ZIP/JAR/HTML/JPEG/PHP head or
// tail, bytes other than white space after the last %%EOF »
func TestWhatIsSomethingElseAsWellIsRefused(t *testing.T) {
	honest := intaketest.PDF(1)
	headed := func(head string) []byte { return append([]byte(head), honest...) }
	tailed := func(tail string) []byte { return append(bytes.Clone(honest), tail...) }
	// The objects of a PDF may stand anywhere: a comment under the header changes nothing of it.
	commented := func(comment string) []byte {
		return bytes.Replace(honest, []byte("%PDF-1.7\n"), []byte("%PDF-1.7\n%"+comment+"\n"), 1)
	}
	at := func(place int, mark string) []byte {
		content := append([]byte("%PDF-1.7\n%"), bytes.Repeat([]byte(" "), place)...)
		return append(append(content[:place:place], mark...), honest...)
	}
	for name, content := range map[string][]byte{
		"a program, .pdf.exe":          headed("MZ\x90\x00\x03"),
		"a program alone":              []byte("MZ\x90\x00\x03\x00\x00\x00 This program cannot be run in DOS mode."),
		"a picture before":             headed("\xFF\xD8\xFF\xE0\x00\x10JFIF\x00"),
		"a picture after":              tailed("\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\xFF\xD9"),
		"a page before":                headed("<html><script>alert(1)</script></html>"),
		"a page after":                 tailed("<script>alert(1)</script>"),
		"a page after, its end again":  tailed("<SCRIPT>alert(1)</SCRIPT>\n%%EOF\n"),
		"a page in a comment":          commented("<!DOCTYPE html><body onload=alert(1)>"),
		"a PHP program":                commented("<?php system($_GET[0]); ?>"),
		"in an archive":                archive(t, honest, ""),
		"an archive after":             tailed(string(archive(t, []byte("x"), ""))),
		"an archive, its end the file": tailed(string(archive(t, []byte("x"), "\n%%EOF\n"))),
		"an archive in a comment":      commented(string(archive(t, []byte("x"), ""))),
		"a tar archive":                at(257, "ustar"),
		"a medical image":              at(128, "DICM"),
		"a disk image":                 at(0x8001, "CD001"),
		"blanks before":                headed("\n"),
		"a byte order mark before":     headed("\uFEFF"),
		"an unknown version":           bytes.Replace(honest, []byte("%PDF-1.7"), []byte("%PDF-x.7"), 1),
		"a header alone":               []byte("%PDF-1.7"),
		"cut":                          honest[:len(honest)*2/3],
		"cut in the mark of its end":   bytes.TrimSuffix(honest, []byte("F\n")),
		"a word after":                 tailed("fin"),
		"a text":                       []byte("Extrait du registre des délibérations"),
	} {
		t.Run(name, func(t *testing.T) { checkRefused(t, content, "document.not_pdf") })
	}
}

// A picture may hold any bytes, the marks of an archive among them.
func TestFourBytesDoNotMakeAnArchive(t *testing.T) {
	checkPages(t, file(func(f *intaketest.File) string {
		f.Stream("", []byte("PK\x01\x02 PK\x03\x04 PK\x05\x06"))
		f.Stream("", fmt.Appendf(nil, "PK\x05\x06%s", bytes.Repeat([]byte("\x01\x02"), 20)))
		return ""
	}), 1)
}
