package smtp

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/*.tmpl"))

type inboxPage struct {
	Title    string
	Messages []Message // newest first
}

type messagePage struct {
	Title   string
	Message Message
	Links   []string // of the text, to be followed outside the frame
}

// link finds the addresses of a text; the punctuation after one is not part of it.
var link = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)]`)

func (s *Server) showInbox(w http.ResponseWriter, _ *http.Request) {
	messages := s.Messages()
	slices.Reverse(messages)
	render(w, "inbox", inboxPage{"Boîte de réception", messages})
}

func (s *Server) showMessage(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.Atoi(r.PathValue("number"))
	found, exists := s.inbox.find(number)
	if !exists {
		http.Error(w, "Ce message n’existe pas.", http.StatusNotFound)
		return
	}
	message := found.read()
	links := link.FindAllString(message.Text, -1)
	render(w, "message", messagePage{cmp.Or(message.Subject, "(sans objet)"), message, slices.Compact(links)})
}

// render writes a whole page or an error. The policy lets nothing of a message run or be
// fetched; the frame that shows its HTML inherits it.
func render(w http.ResponseWriter, name string, content any) {
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, name, content); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write(body.Bytes())
}
