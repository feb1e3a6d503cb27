package intaketest

import (
	"bytes"
	"compress/zlib"
	"fmt"
)

// File is a PDF that is put together object by object, right or wrong. The zero File is empty.
type File struct {
	out     bytes.Buffer
	offsets []int // by number, less one
}

// Reserve takes the number of an object that others name before it is put.
func (f *File) Reserve() int {
	f.offsets = append(f.offsets, 0)
	return len(f.offsets)
}

// Put writes the body of a reserved object.
func (f *File) Put(number int, body string) {
	if f.out.Len() == 0 {
		f.out.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	}
	f.offsets[number-1] = f.out.Len()
	fmt.Fprintf(&f.out, "%d 0 obj\n%s\nendobj\n", number, body)
}

// Object adds an object and gives its number.
func (f *File) Object(body string) int {
	number := f.Reserve()
	f.Put(number, body)
	return number
}

// Stream adds a stream; entries are those of its dictionary besides its length.
func (f *File) Stream(entries string, content []byte) int {
	return f.Object(fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", entries, len(content), content))
}

// Pages adds a tree of so many pages and gives its number; entries are added to each page, and each shows the content.
func (f *File) Pages(pages int, entries, content string) int {
	tree := f.Reserve()
	font := f.Object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	shown := f.Stream("/Filter/FlateDecode", Deflate([]byte(content)))
	var kids bytes.Buffer
	for range pages {
		page := f.Object(fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 %d 0 R>>>>/Contents %d 0 R%s>>",
			tree, font, shown, entries))
		fmt.Fprintf(&kids, "%d 0 R ", page)
	}
	f.Put(tree, fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, kids.Bytes()))
	return tree
}

// Bytes gives the file with its table of objects and its trailer, to which entries are added.
func (f *File) Bytes(root int, entries string) []byte {
	start := f.out.Len()
	file := bytes.NewBuffer(bytes.Clone(f.out.Bytes()))
	fmt.Fprintf(file, "xref\n0 %d\n0000000000 65535 f \n", len(f.offsets)+1)
	for _, offset := range f.offsets {
		fmt.Fprintf(file, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(file, "trailer\n<</Size %d/Root %d 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(f.offsets)+1, root, entries, start)
	return file.Bytes()
}

// Deflate compresses as the filter FlateDecode undoes.
func Deflate(content []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	// Writing to a buffer cannot fail.
	_, _ = w.Write(content)
	_ = w.Close()
	return out.Bytes()
}
