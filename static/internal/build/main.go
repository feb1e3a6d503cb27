package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// The places are relative to the folder static, where "go generate" runs this command.
const (
	modules   = "node_modules"
	target    = "dsfr"
	styleName = "dsfr.css"
)

// pageStyles are the portal's own stylesheets: of all pages, of the back-office's.
var pageStyles = []string{"app.css", "pro.css"}

// copies are the files taken beside those that the stylesheet names: from, to.
var copies = [][2]string{
	{"@gouvfr/dsfr/LICENSE.md", "LICENSE.md"},
	{"@gouvfr/dsfr/dist/favicon/favicon.svg", "favicon/favicon.svg"},
	{"@gouvfr/dsfr/dist/favicon/favicon.ico", "favicon/favicon.ico"},
	{"@gouvfr/dsfr/dist/favicon/apple-touch-icon.png", "favicon/apple-touch-icon.png"},
	{"@gouvfr/dsfr/dist/favicon/android-chrome-192x192.png", "favicon/android-chrome-192x192.png"},
	{"@gouvfr/dsfr/dist/favicon/android-chrome-512x512.png", "favicon/android-chrome-512x512.png"},
	{"@gouvfr/dsfr/dist/favicon/manifest.webmanifest", "favicon/manifest.webmanifest"},
	{"dejavu-fonts-ttf/LICENSE", "fonts-pdf/LICENSE"},
	{"dejavu-fonts-ttf/ttf/DejaVuSans.ttf", "fonts-pdf/DejaVuSans.ttf"},
	{"dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf", "fonts-pdf/DejaVuSans-Bold.ttf"},
}

func main() {
	if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, "build static files:", err)
		os.Exit(1)
	}
}

// build replaces the content of the target. The stylesheet comes last: make takes its date for that of the whole.
func build() error {
	source := os.DirFS(modules)
	dist, err := fs.Sub(source, "@gouvfr/dsfr/dist")
	if err != nil {
		return err
	}
	var pageStyle []byte
	for _, name := range pageStyles {
		style, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		pageStyle = append(pageStyle, style...)
	}
	stylesheet, needed, err := bundle(dist, string(pageStyle))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w (is %s installed? \"make generate\" does it)", err, modules)
	}
	if err != nil {
		return err
	}
	if err := emptyTarget(); err != nil {
		return err
	}
	all := slices.Clone(copies)
	for _, file := range needed {
		all = append(all, [2]string{path.Join("@gouvfr/dsfr/dist", file), file})
	}
	for _, pair := range all {
		content, err := fs.ReadFile(source, pair[0])
		if err != nil {
			return err
		}
		if err := write(pair[1], content); err != nil {
			return err
		}
	}
	return write(styleName, []byte(stylesheet))
}

func emptyTarget() error {
	entries, err := os.ReadDir(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == ".keep" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(target, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func write(name string, content []byte) error {
	file := filepath.Join(target, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}
