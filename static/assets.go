package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// Prefix starts the address of every asset: the route to mount Assets on is Prefix followed by anything.
const Prefix = "/assets/"

// forEver is the cache policy of an address that changes with its content.
const forEver = "public, max-age=31536000, immutable"

// contentTypes are those of the files we ship: the machine's own table of types plays no part.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".ico":         "image/x-icon",
	".js":          "text/javascript; charset=utf-8",
	".md":          "text/plain; charset=utf-8",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".webmanifest": "application/manifest+json",
	".woff2":       "font/woff2",
}

// Assets serves the files of a tree, each under the digest of the whole.
type Assets struct {
	root  string // Prefix, digest and a final slash
	files map[string]asset
}

type asset struct {
	contentType string
	plain       []byte
	gzipped     func() []byte // made when it is first asked for; nil when compression gains nothing
}

// NewAssets reads the files of tree once, those of the PDF documents and hidden ones apart. It fails on a kind of
// file whose content type it does not know.
func NewAssets(tree fs.FS) (*Assets, error) {
	digest := sha256.New()
	files := map[string]asset{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == "dsfr/fonts-pdf":
			return fs.SkipDir
		case entry.IsDir() || strings.HasPrefix(entry.Name(), "."):
			return nil
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(digest, "%s %d\n", name, len(content))
		digest.Write(content)
		files[name], err = newAsset(name, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	return &Assets{root: Prefix + hex.EncodeToString(digest.Sum(nil)[:8]) + "/", files: files}, nil
}

func newAsset(name string, content []byte) (asset, error) {
	contentType, known := contentTypes[path.Ext(name)]
	if !known {
		return asset{}, fmt.Errorf("serve %s: no content type is known for it", name)
	}
	return asset{contentType: contentType, plain: content, gzipped: sync.OnceValue(func() []byte { return compress(content) })}, nil
}

// compress gives nil when it would gain nothing.
func compress(content []byte) []byte {
	var compressed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	if err != nil {
		panic(err) // there is such a level
	}
	_, _ = writer.Write(content) // to memory
	_ = writer.Close()
	if compressed.Len() >= len(content)*9/10 {
		return nil
	}
	return compressed.Bytes()
}

// URL is the address of a file of the tree, such as "dsfr/dsfr.css". A name that the tree lacks has an address too, answered by
// 404: pages stay readable when static/dsfr is missing.
func (a *Assets) URL(name string) string { return a.root + name }

// Missing says that the DSFR was not there when the program was built; pages are then shown without style.
func (a *Assets) Missing() bool {
	_, present := a.files["dsfr/dsfr.css"]
	return !present
}

// ServeHTTP answers GET and HEAD on the addresses that URL gives, compressed for whoever accepts it.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, current := strings.CutPrefix(r.URL.Path, a.root)
	file, present := a.files[name]
	if !current || !present {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	header, body := w.Header(), file.plain
	if gzipped := file.gzipped(); gzipped != nil {
		header.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			header.Set("Content-Encoding", "gzip")
			body = gzipped
		}
	}
	header.Set("Content-Type", file.contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", forEver)
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the reader went away: nothing is left to tell him
	}
}

// acceptsGzip reads Accept-Encoding: what is said of gzip wins over what is said of "*", and a weight of zero refuses (RFC 9110
// §12.5.3).
func acceptsGzip(headers []string) bool {
	accepted := false
	for coding := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, parameters, _ := strings.Cut(coding, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "gzip" && name != "*" {
			continue
		}
		weight, weighted := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q=")
		quality, err := strconv.ParseFloat(weight, 64)
		accepted = !weighted || (err == nil && quality > 0)
		if name == "gzip" {
			return accepted
		}
	}
	return accepted
}
