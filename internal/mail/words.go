package mail

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"
	"unicode/utf8"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// frame is what every mail prints beside its notice.
type frame struct{ Portal, Contact string }

// wording reads templates: the sentences that mails share with pages, and the mails.
type wording struct {
	files    fs.FS
	messages *template.Template
	frame    frame

	mu   sync.Mutex
	said map[saying]string
}

// saying is a sentence about nothing, a number or a moment: mails that leave together say few of
// them, again and again.
type saying struct {
	name   string
	number int
	moment value.Moment
}

// maxSaid bounds the sentences that are kept.
const maxSaid = 1000

// texts are the templates of one kind of mail.
type texts struct {
	kind    notice.Kind
	frame   frame
	subject *template.Template
	text    *template.Template
	html    *htmltemplate.Template
}

// written is a mail in words.
type written struct{ Subject, Text, HTML string }

const (
	subjectLimit = 110 // characters; readers of mail cut what is longer
	lineLimit    = 72  // characters of a line of plain text
)

func newWording(files fs.FS, f frame) (*wording, error) {
	messages, err := template.New("messages").ParseFS(files, "messages/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("parse messages: %w", err)
	}
	return &wording{files: files, messages: messages, frame: f}, nil
}

// say gives the text of a definition of templates/messages. An unknown name is an error: a
// person must never read a code.
func (w *wording) say(name string, about any) (string, error) {
	key := saying{name: name}
	switch about := about.(type) {
	case nil:
	case int:
		key.number = about
	case value.Moment:
		key.moment = about
	default:
		return w.write(name, about)
	}
	w.mu.Lock()
	kept, found := w.said[key]
	w.mu.Unlock()
	if found {
		return kept, nil
	}
	text, err := w.write(name, about)
	if err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.said == nil || len(w.said) >= maxSaid {
		w.said = map[saying]string{}
	}
	w.said[key] = text
	return text, nil
}

func (w *wording) write(name string, about any) (string, error) {
	definition := w.messages.Lookup(name)
	if definition == nil {
		return "", fmt.Errorf("no sentence for %q in templates/messages", name)
	}
	var text strings.Builder
	if err := definition.Execute(&text, about); err != nil {
		return "", fmt.Errorf("write sentence %q: %w", name, err)
	}
	return strings.TrimSpace(text.String()), nil
}

// funcs are the words that the templates of mails ask for, as those of pages do.
func (w *wording) funcs() map[string]any {
	return map[string]any{
		"message":  func(code string) (string, error) { return w.say(code, nil) },
		"about":    w.say, // a sentence that names something: about CODE THING
		"moment":   func(instant time.Time) (string, error) { return w.say("moment", value.MomentOf(instant)) },
		"day":      func(instant time.Time) (string, error) { return w.say("day", value.MomentOf(instant)) },
		"deadline": func(instant time.Time) (string, error) { return w.say("deadline", value.MomentOf(instant)) },
		"named":    named,
		"scopes":   w.scopes, // the names of data, as the catalogue has them
	}
}

// named is a subject that ends with the names of a town and its software, both cut to where
// the subject is: a long name of the one leaves room for the other.
func named(subject, town, software string) string {
	const between = " – "
	room := subjectLimit - utf8.RuneCountInString(subject+between)
	if software != "" {
		software = between + notice.OneLine(software, max(room/2, room-utf8.RuneCountInString(town+between)))
	}
	return subject + between + elided(town, room-utf8.RuneCountInString(software)) + software
}

// elided leaves out what is in the middle of a long name: two organisations of one kind differ by
// the end of theirs, « Centre communal… de Valombre ». It cuts between words where it can.
func elided(name string, room int) string {
	letters := []rune(notice.OneLine(name, utf8.RuneCountInString(name)+1))
	if room = max(room, 2); len(letters) <= room {
		return string(letters)
	}
	head := room / 3
	start, end := string(letters[:head]), string(letters[len(letters)-(room-head-1):])
	if cut := strings.LastIndexByte(start, ' '); cut > 0 {
		start = start[:cut]
	}
	if cut := strings.IndexByte(end, ' '); cut >= 0 && cut < len(end)/2 {
		end = end[cut:]
	}
	return start + "…" + end
}

// scopes names data in a row. What a newer catalogue has, this one may have no words for.
func (w *wording) scopes(codes []string) (string, error) {
	var names []string
	for _, code := range codes {
		if w.messages.Lookup("scope."+code) == nil {
			code = "other"
		}
		name, err := w.say("scope."+code, nil)
		if err != nil {
			return "", err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", "), nil
}

// shared are the files of templates/mails that every mail may take parts of: the frame, and
// what the mails about a town, a request, a token and a prolongation say in the same words.
var shared = [...]string{"layout", "habilitation", "demande", "jeton", "prolongation"}

// parse reads the three templates of a kind, with the shared parts.
func (w *wording) parse(kind notice.Kind) (*texts, error) {
	t := &texts{
		kind: kind, frame: w.frame,
		subject: template.New("subject").Option("missingkey=error").Funcs(w.funcs()),
		text:    template.New("text").Option("missingkey=error").Funcs(w.funcs()),
		html:    htmltemplate.New("html").Option("missingkey=error").Funcs(w.funcs()),
	}
	add := func(name, file string, parse func(name, source string) error) error {
		source, err := fs.ReadFile(w.files, "mails/"+file+".tmpl")
		if err != nil {
			return fmt.Errorf("read template: %w", err)
		}
		return parse(name, string(source))
	}
	plain := func(name, source string) error { _, err := t.text.New(name).Parse(source); return err }
	markup := func(name, source string) error { _, err := t.html.New(name).Parse(source); return err }
	err := add("subject", string(kind)+".subject", func(_, source string) error { _, err := t.subject.Parse(source); return err })
	for _, part := range shared {
		err = errors.Join(err, add(part, part+".txt", plain), add(part, part+".html", markup))
	}
	// The mail comes last: what it defines replaces what is shared.
	err = errors.Join(err, add("mail", string(kind)+".txt", plain), add("mail", string(kind)+".html", markup))
	if err != nil {
		return nil, fmt.Errorf("parse mail %s: %w", kind, err)
	}
	return t, nil
}

func (t *texts) writeSubject(content any) (string, error) {
	var subject strings.Builder
	if err := t.subject.Execute(&subject, content); err != nil {
		return "", t.failure("subject", err)
	}
	return notice.OneLine(subject.String(), subjectLimit), nil
}

func (t *texts) writeBody(subject string, content any) (written, error) {
	var text, html strings.Builder
	if err := t.text.ExecuteTemplate(&text, "mail", content); err != nil {
		return written{}, t.failure("text", err)
	}
	if err := t.html.ExecuteTemplate(&html, "mail", content); err != nil {
		return written{}, t.failure("html", err)
	}
	return written{Subject: subject, Text: wrap(text.String()), HTML: strings.TrimSpace(html.String()) + "\n"}, nil
}

func (t *texts) failure(part string, err error) error {
	return fmt.Errorf("write %s of mail %s: %w", part, t.kind, err)
}

// wrap cuts lines at spaces, never inside a word or an address nor at a no-break space,
// and leaves one empty line between paragraphs.
func wrap(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		rows := wrapLine(strings.Trim(line, " \t\r\n"))
		if rows[0] == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, rows...)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

func wrapLine(line string) []string {
	var rows []string
	row, length := "", 0
	for word := range strings.SplitSeq(line, " ") {
		size := len([]rune(word))
		switch {
		case row == "":
			row, length = word, size
		case length+1+size > lineLimit:
			rows = append(rows, row)
			row, length = word, size
		default:
			row, length = row+" "+word, length+1+size
		}
	}
	return append(rows, row)
}
