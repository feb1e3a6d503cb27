package hubee_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	reply(w, status, object{"errors": []object{{"code": code, "message": message}}})
}

// The answers of twists.

func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func refusing(status int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, status, message) }
}

// gzipped compresses whatever the client accepts; an empty body stays empty.
func gzipped(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		if body != "" {
			compressed := gzip.NewWriter(w)
			_, _ = io.WriteString(compressed, body)
			_ = compressed.Close()
		}
	}
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

// tooSlow answers after the client has left.
func tooSlow(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-time.After(5 * time.Second):
	}
}
