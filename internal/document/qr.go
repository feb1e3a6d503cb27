package document

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"iter"

	qr "github.com/piglig/go-qr"
)

// quietZone is the white margin that readers need around a code, in modules
// (ISO/IEC 18004; its absence is formulaire-qf.md §7, W32).
const quietZone = 4

// maxPNGScale keeps the largest code under 6,000 pixels.
const maxPNGScale = 32

// qrModules is a code: a square of size modules, black or white.
type qrModules struct {
	*qr.QrCode
	size int
}

// newQRModules encodes an address at level Q: a quarter of the printed code may be
// damaged or hidden. The mask is the one that readers find most easily (ISO/IEC 18004):
// under a fixed one, the codes of some towns look like several to them.
func newQRModules(url string) (qrModules, error) {
	code, err := qr.EncodeText(url, qr.Quartile)
	if err != nil {
		return qrModules{}, fmt.Errorf("encode QR code: %w", err)
	}
	return qrModules{code, code.Size()}, nil
}

// moduleRun is a horizontal run of black modules.
type moduleRun struct {
	row, column, length int
}

func (m qrModules) runs() iter.Seq[moduleRun] {
	return func(yield func(moduleRun) bool) {
		for row := range m.size {
			for column := 0; column < m.size; column++ {
				start := column
				for column < m.size && m.Module(column, row) {
					column++
				}
				if column > start && !yield(moduleRun{row, start, column - start}) {
					return
				}
			}
		}
	}
}

// QRSVG draws the QR code of an address as an SVG image of one path, titled for assistive
// technologies, one unit per module. It fails when the address is too long for a code
// (about 1,600 bytes).
func QRSVG(url string) ([]byte, error) {
	code, err := newQRModules(url)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	side := code.size + 2*quietZone
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><title>QR code de l’adresse `, side, side)
	if err := xml.EscapeText(&out, []byte(url)); err != nil {
		return nil, fmt.Errorf("write QR code title: %w", err)
	}
	fmt.Fprintf(&out, `</title><rect width="%d" height="%d" fill="#fff"/><path d="`, side, side)
	for run := range code.runs() {
		fmt.Fprintf(&out, "M%d %dh%dv1h-%dz", quietZone+run.column, quietZone+run.row, run.length, run.length)
	}
	out.WriteString(`"/></svg>`)
	return out.Bytes(), nil
}

// QRPNG draws the QR code of an address as a PNG image, scale pixels per module (1 to 32).
// It fails on another scale and when the address is too long for a code.
func QRPNG(url string, scale int) ([]byte, error) {
	if scale < 1 || scale > maxPNGScale {
		return nil, fmt.Errorf("draw QR code: scale %d is not between 1 and %d", scale, maxPNGScale)
	}
	code, err := newQRModules(url)
	if err != nil {
		return nil, err
	}
	side := (code.size + 2*quietZone) * scale
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for run := range code.runs() {
		left, top := (quietZone+run.column)*scale, (quietZone+run.row)*scale
		for y := top; y < top+scale; y++ {
			row := picture.Pix[y*picture.Stride+left:]
			for x := range run.length * scale {
				row[x] = 1
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("encode QR code as PNG: %w", err)
	}
	return out.Bytes(), nil
}
