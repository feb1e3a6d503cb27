package intaketest

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// text is what each page of a sample shows.
const text = "BT /F1 12 Tf 50 700 Td (Extrait du registre des deliberations du conseil municipal) Tj ET"

// PDF makes an honest file of so many pages, each with a line of text.
func PDF(pages int) []byte {
	return with(pages, "")
}

// Active makes a file that runs a script when it is opened.
func Active() []byte {
	return with(1, `/OpenAction<</S/JavaScript/JS(app.alert\(1\))>>`)
}

// with makes a file whose catalog has more entries.
func with(pages int, entries string) []byte {
	var f File
	tree := f.Pages(pages, "", text)
	return f.Bytes(f.Object(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R%s>>", tree, entries)), "")
}

// Bomb makes a file of 1 kB that unfolds to 40 MB in two layers.
func Bomb() []byte { return bytes.Clone(bomb()) }

var bomb = sync.OnceValue(func() []byte {
	var f File
	tree := f.Pages(1, "", text)
	f.Stream("/Filter[/FlateDecode/FlateDecode]", Deflate(Deflate(make([]byte, 40_000_000))))
	return f.Bytes(f.Object(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R>>", tree)), "")
})

// Encrypted makes a file that opens without a password but forbids changes, as offices export them.
func Encrypted() []byte { return bytes.Clone(encrypted()) }

var encrypted = sync.OnceValue(func() []byte { return Encrypt(PDF(1), "", "secret du maire") })

// Encrypt puts passwords on a file: of those who open it, which may be empty, and of those who change it.
func Encrypt(file []byte, toOpen, toChange string) []byte {
	api.DisableConfigDir()
	var out bytes.Buffer
	if err := api.Encrypt(bytes.NewReader(file), &out, model.NewAESConfiguration(toOpen, toChange, 256)); err != nil {
		panic(fmt.Sprintf("encrypt the sample: %v", err)) // the file and the passwords are ours
	}
	return out.Bytes()
}
