package intake

import (
	"bytes"
	"encoding/binary"

	"portail-qf/internal/domain/fault"
)

// whiteSpace is that of PDF (ISO 32000-1, table 1). Some programs pad the end of a file with it.
const whiteSpace = "\x00\t\n\f\r "

// margin is the part of each end in which programs look for what a file is: 1,024 bytes for HTML.
const margin = 1024

// checkEnvelope looks at the size, at both ends and at the marks of other formats.
func checkEnvelope(content []byte) error {
	switch {
	case len(content) == 0:
		return fault.New(fault.Invalid, "document.empty")
	case len(content) > Limit:
		return fault.New(fault.Invalid, "document.too_large")
	case !hasHeader(content):
		return notPDF("it does not begin with the header of a PDF")
	case !bytes.HasSuffix(bytes.TrimRight(content, whiteSpace), []byte("%%EOF")):
		return notPDF("it does not end with the mark of the end of a PDF")
	}
	if other := otherFormat(content); other != "" {
		return notPDF("it is " + other + " as well")
	}
	return nil
}

// hasHeader wants the header at the very first byte. The readers that look for it further on are how a PDF hides behind a program,
// a picture or a page.
func hasHeader(content []byte) bool {
	version, found := bytes.CutPrefix(content, []byte("%PDF-"))
	return found && len(version) > 3 && (version[0] == '1' || version[0] == '2') && version[1] == '.' && isDigit(version[2])
}

// otherFormat names the format that the file has besides, or "". Formats that are known by their first bytes are not looked for:
// those bytes are taken.
func otherFormat(content []byte) string {
	for _, mark := range []struct {
		at         int
		text, name string
	}{
		{at: 128, text: "DICM", name: "a medical image"},
		{at: 257, text: "ustar", name: "a tar archive"},
		{at: 0x8001, text: "CD001", name: "a disk image"},
	} {
		if len(content) > mark.at && bytes.HasPrefix(content[mark.at:], []byte(mark.text)) {
			return mark.name
		}
	}
	if isZIP(content) {
		return "a ZIP archive"
	}
	if bytes.Contains(content, []byte("<?php")) {
		return "a PHP program"
	}
	for _, end := range [][]byte{content[:min(margin, len(content))], content[max(0, len(content)-margin):]} {
		end = bytes.ToLower(end)
		for _, tag := range []string{"<!doctype", "<html", "<head", "<body", "<script", "<iframe", "<svg"} {
			if bytes.Contains(end, []byte(tag)) {
				return "a web page"
			}
		}
	}
	return ""
}

// isZIP finds the end record of a ZIP archive, wherever it is: archives, JAR and office files are read from it, and what stands
// before and after it is of no matter to them. Its four bytes may come by chance in a picture, hence the look at what it says.
func isZIP(content []byte) bool {
	const recordSize, entrySize, told64 = 22, 46, 1<<32 - 1
	for at := range occurrences(content, "PK\x05\x06") {
		if len(content)-at < recordSize {
			break
		}
		record := content[at:]
		onDisk, entries := binary.LittleEndian.Uint16(record[8:]), binary.LittleEndian.Uint16(record[10:])
		directory := int64(binary.LittleEndian.Uint32(record[12:]))
		fits := directory == told64 || directory <= int64(at) && directory >= entrySize*int64(entries)
		if onDisk == entries && entries > 0 && fits {
			return true
		}
	}
	return false
}
