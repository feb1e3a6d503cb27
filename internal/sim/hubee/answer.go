package hubee

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// answer is a success: a JSON body, a file, or nothing.
type answer struct {
	status int
	body   any
	file   []byte
	header map[string]string
}

func noContent() answer { return answer{status: http.StatusNoContent} }

func refusalAnswer(r *refusal) answer {
	type line struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	return answer{status: r.status, body: map[string][]line{"errors": {{r.code, r.message}}}}
}

func writeAnswer(w http.ResponseWriter, r *http.Request, a answer, compressed bool) {
	w.Header().Set("X-Request-Id", newUUID())
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	switch {
	case a.file != nil:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.WriteHeader(a.status)
		w.Write(a.file) // a client that left is no error of ours
	case a.body == nil:
		w.WriteHeader(a.status)
	case compressed && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip"):
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(a.status)
		zipped := gzip.NewWriter(w)
		writeJSON(zipped, a.body)
		zipped.Close()
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		writeJSON(w, a.body)
	}
}

// writeJSON writes a value that always encodes; only the connection can fail, and then
// nobody is left to be told.
func writeJSON(w io.Writer, value any) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
}

func encodeDigest(sum [32]byte) string { return base64.StdEncoding.EncodeToString(sum[:]) }
