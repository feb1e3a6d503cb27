package smtp

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Message is a letter read, as GET /_sim/messages shows it. What a malformed letter does
// not say is empty; Raw is always whole.
type Message struct {
	Number     int                 `json:"number"`
	ReceivedAt time.Time           `json:"received_at"`
	Envelope   Envelope            `json:"envelope"`
	From       string              `json:"from"` // bare address, like To and Cc
	To         []string            `json:"to"`
	Cc         []string            `json:"cc"`
	Subject    string              `json:"subject"` // decoded
	Text       string              `json:"text"`
	HTML       string              `json:"html"`
	Headers    map[string][]string `json:"headers"` // by canonical name, decoded
	Raw        string              `json:"raw"`
}

// partDepth bounds how deep multiparts nest.
const partDepth = 8

func (l letter) read() Message {
	message := Message{
		Number: l.Number, ReceivedAt: l.ReceivedAt, Envelope: l.Envelope,
		To: []string{}, Cc: []string{}, Headers: map[string][]string{}, Raw: l.raw,
	}
	parsed, err := mail.ReadMessage(strings.NewReader(l.raw))
	if err != nil {
		return message
	}
	for name, values := range parsed.Header {
		for _, value := range values {
			message.Headers[name] = append(message.Headers[name], decodeWords(value))
		}
	}
	message.Subject = decodeWords(parsed.Header.Get("Subject"))
	message.To = addresses(parsed.Header.Get("To"))
	message.Cc = addresses(parsed.Header.Get("Cc"))
	if from := addresses(parsed.Header.Get("From")); len(from) > 0 {
		message.From = from[0]
	}
	message.readPart(textproto.MIMEHeader(parsed.Header), parsed.Body, partDepth)
	return message
}

// readPart looks for the first text and the first HTML in a part and those inside it.
func (m *Message) readPart(header textproto.MIMEHeader, body io.Reader, depth int) {
	mediaType, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		mediaType = "text/plain" // RFC 2045 §5.2
	}
	if strings.HasPrefix(mediaType, "multipart/") && depth > 0 {
		parts := multipart.NewReader(body, parameters["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			m.readPart(part.Header, part, depth-1)
		}
	}
	if disposition, _, _ := mime.ParseMediaType(header.Get("Content-Disposition")); disposition == "attachment" {
		return
	}
	switch {
	case mediaType == "text/plain" && m.Text == "":
		m.Text = decodeBody(header, parameters["charset"], body)
	case mediaType == "text/html" && m.HTML == "":
		m.HTML = decodeBody(header, parameters["charset"], body)
	}
}

// decodeBody undoes the transfer encoding, and ISO-8859-1; other charsets pass as UTF-8.
func decodeBody(header textproto.MIMEHeader, charset string, body io.Reader) string {
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	// What was decoded before an error is worth showing.
	content, _ := io.ReadAll(body)
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	if strings.EqualFold(charset, "iso-8859-1") {
		letters := make([]rune, len(content))
		for i, b := range content {
			letters[i] = rune(b)
		}
		return string(letters)
	}
	return string(content)
}

func decodeWords(value string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		return value
	}
	return decoded
}

// addresses returns the bare addresses of a header; one that cannot be parsed is returned
// as it stands.
func addresses(header string) []string {
	if header == "" {
		return []string{}
	}
	list, err := mail.ParseAddressList(header)
	if err != nil {
		return []string{header}
	}
	bare := make([]string, len(list))
	for i, address := range list {
		bare[i] = address.Address
	}
	return bare
}
