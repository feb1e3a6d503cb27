package document

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// The longest address that the portal prints today has about this length.
const followURL = "https://quotient-familial.numerique.gouv.fr/collectivites/21040107100019"

// decode reads a code as a telephone does.
func decode(t *testing.T, picture image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatalf("the code cannot be read: %v", err)
	}
	return result.GetText()
}

func TestQRPNGIsReadBack(t *testing.T) {
	for _, scale := range []int{2, 8, maxPNGScale} {
		file, err := QRPNG(followURL, scale)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(t, picture); got != followURL {
			t.Errorf("scale %d reads %q", scale, got)
		}
		checkQuietZone(t, picture, scale)
	}
}

// Whatever its number, a town puts its code on a poster: it is found in the picture, not read
// where the code is known to be.
func TestTheCodesOfAllTownsAreFound(t *testing.T) {
	for n := range 100 {
		address := fmt.Sprintf("https://quotient-familial.numerique.gouv.fr/collectivites/21%02d0%03d300019", 1+n%95, 1+7*n)
		file, err := QRPNG(address, 4)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(t, picture); got != address {
			t.Errorf("%s reads %q", address, got)
		}
	}
}

// "QR code has no quiet zone" (W32): here four modules on each side, and the code itself
// starts right after them.
func checkQuietZone(t *testing.T, picture image.Image, scale int) {
	t.Helper()
	side, margin := picture.Bounds().Dx(), 4*scale
	for y := range side {
		for x := range side {
			inside := x >= margin && x < side-margin && y >= margin && y < side-margin
			if r, _, _, _ := picture.At(x, y).RGBA(); r == 0 && !inside {
				t.Fatalf("the margin is black at %d, %d", x, y)
			}
		}
	}
	if r, _, _, _ := picture.At(margin, margin).RGBA(); r != 0 {
		t.Error("the code does not start after four modules")
	}
}

var svgRun = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

func TestQRSVGIsReadBack(t *testing.T) {
	file, err := QRSVG(followURL)
	if err != nil {
		t.Fatal(err)
	}
	var svg struct {
		ViewBox string `xml:"viewBox,attr"`
		Title   string `xml:"title"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(file, &svg); err != nil {
		t.Fatal(err)
	}
	if svg.Title != "QR code de l’adresse "+followURL || len(svg.Paths) != 1 {
		t.Errorf("the title is %q, with %d paths", svg.Title, len(svg.Paths))
	}
	var side int
	if _, err := fmt.Sscanf(svg.ViewBox, "0 0 %d", &side); err != nil {
		t.Fatal(err)
	}
	if rest := svgRun.ReplaceAllString(svg.Paths[0].D, ""); rest != "" {
		t.Fatalf("the path holds more than runs of modules: %q", rest)
	}
	const scale = 4
	picture := blank(side * scale)
	for _, run := range svgRun.FindAllStringSubmatch(svg.Paths[0].D, -1) {
		x, y, length := number(t, run[1]), number(t, run[2]), number(t, run[3])
		fill(picture, image.Rect(int(x)*scale, int(y)*scale, int(x+length)*scale, int(y+1)*scale))
	}
	if got := decode(t, picture); got != followURL {
		t.Errorf("the SVG reads %q", got)
	}
	checkQuietZone(t, picture, scale)
}

func TestQRSVGEscapesTheAddress(t *testing.T) {
	file, err := QRSVG("https://example.fr/?a=1&b=<2>")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(file), "https://example.fr/?a=1&amp;b=&lt;2&gt;</title>") {
		t.Errorf("%s", file[:200])
	}
}

func TestQRIsDeterministic(t *testing.T) {
	for range 3 {
		first, errFirst := QRSVG(followURL)
		second, errSecond := QRSVG(followURL)
		firstPNG, errFirstPNG := QRPNG(followURL, 3)
		secondPNG, errSecondPNG := QRPNG(followURL, 3)
		if errFirst != nil || errSecond != nil || errFirstPNG != nil || errSecondPNG != nil {
			t.Fatal(errFirst, errSecond, errFirstPNG, errSecondPNG)
		}
		if !bytes.Equal(first, second) || !bytes.Equal(firstPNG, secondPNG) {
			t.Fatal("the same address gave two codes")
		}
	}
}

func TestQRRefusesWhatItCannotDraw(t *testing.T) {
	if _, err := QRSVG(strings.Repeat("x", 3000)); err == nil {
		t.Error("an address of 3,000 characters was accepted")
	}
	if _, err := QRPNG(strings.Repeat("x", 3000), 4); err == nil {
		t.Error("an address of 3,000 characters was accepted")
	}
	for _, scale := range []int{-1, 0, maxPNGScale + 1} {
		if _, err := QRPNG(followURL, scale); err == nil {
			t.Errorf("the scale %d was accepted", scale)
		}
	}
}

func blank(side int) *image.Gray {
	picture := image.NewGray(image.Rect(0, 0, side, side))
	draw.Draw(picture, picture.Bounds(), image.White, image.Point{}, draw.Src)
	return picture
}

func fill(picture *image.Gray, area image.Rectangle) {
	draw.Draw(picture, area, image.NewUniform(color.Black), image.Point{}, draw.Src)
}

func number(t *testing.T, digits string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
