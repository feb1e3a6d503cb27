package static

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:generate go run ./internal/build

//go:embed all:dsfr all:images app.css pro.css copy.js
var files embed.FS

// Files is the embedded tree: dsfr/, images/, app.css, pro.css and copy.js.
func Files() fs.FS { return files }

// Fonts gives the two faces of the PDF documents, DejaVu Sans regular and bold, as TrueType files. It fails when static/dsfr has
// not been made.
func Fonts() (regular, bold []byte, err error) {
	if regular, err = files.ReadFile("dsfr/fonts-pdf/DejaVuSans.ttf"); err == nil {
		bold, err = files.ReadFile("dsfr/fonts-pdf/DejaVuSans-Bold.ttf")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read fonts (run \"make generate\", then build again): %w", err)
	}
	return regular, bold, nil
}
