package document

import (
	"fmt"
	"sync"
	"time"

	"portail-qf/internal/domain/dossier"
)

// Renderer sets documents. It reads the fonts once and may be used by any number of
// goroutines at the same time.
type Renderer struct {
	regular, bold    *font
	commune, country dossier.PlaceName
	paris            *time.Location
	deflaters        *sync.Pool
}

var _ dossier.Renderer = (*Renderer)(nil)

// New reads the fonts. commune and country name the places of birth. It fails on a file
// that is not a TrueType font, and where the time zone Europe/Paris is not installed.
func New(fonts Fonts, commune, country dossier.PlaceName) (*Renderer, error) {
	regular, err := parseFont("DejaVuSans", 80, fonts.Regular)
	if err != nil {
		return nil, err
	}
	bold, err := parseFont("DejaVuSans-Bold", 140, fonts.Bold)
	if err != nil {
		return nil, err
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return nil, fmt.Errorf("load the time of Paris: %w", err)
	}
	return &Renderer{
		regular: regular, bold: bold, commune: commune, country: country,
		paris: paris, deflaters: newDeflaters(),
	}, nil
}
