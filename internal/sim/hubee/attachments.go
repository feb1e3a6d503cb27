package hubee

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// eicar is the harmless signature by which antivirus software is tried.
var eicar = []byte("EICAR-STANDARD-ANTIVIRUS-TEST-FILE")

// checkFile applies the limits of the process to the metadata of a file ([I] on texts).
func (p *Process) checkFile(file Attachment, formats []string) error {
	switch {
	case !slices.Contains(formats, file.MimeType):
		return refuse(http.StatusBadRequest, "Attachment format %s is not enabled for %s", file.MimeType, p.Code)
	case len(p.AttachmentTypesEnabled) > 0 && !slices.Contains(p.AttachmentTypesEnabled, file.Type):
		return refuse(http.StatusBadRequest, "Attachment type %s is not enabled for %s", file.Type, p.Code)
	case file.Size < 0 || p.AttachmentMaxSizeEnabled > 0 && file.Size > p.AttachmentMaxSizeEnabled:
		return refuse(http.StatusBadRequest, "Attachment size %d is not enabled for %s", file.Size, p.Code)
	}
	return nil
}

// fileOf finds the file of the path among those of a folder, a case or an event; each of
// them has its own way of saying no.
func fileOf(c *call, files []*StoredAttachment, missing string) (*StoredAttachment, error) {
	id := c.id("attachmentId")
	i := slices.IndexFunc(files, func(file *StoredAttachment) bool { return file.ID == id })
	if i < 0 {
		return nil, notFound(missing)
	}
	return files[i], nil
}

// receive takes the bytes of an upload (reference/hubee.md §5.2). An infected file is not
// refused: it is marked CORRUPTED and the caller has to look.
func (c *call) receive(file *StoredAttachment) (answer, error) {
	if len(c.body) == 0 {
		return answer{}, refuse(http.StatusInternalServerError,
			"Bad Response : Validation failed.\n[ERROR][RESPONSE][%s %s] [Path '/errors'] Instance type (object) does not match any allowed primitive type (allowed: [\"array\"])",
			c.request.Method, c.request.URL.Path)
	}
	if err := c.checkContentType("application/octet-stream"); err != nil {
		return answer{}, err
	}
	digest := c.request.Header.Get("digest")
	file.Content = nil
	file.Status = attachmentRejected
	switch {
	case int64(len(c.body)) != file.Size:
		return answer{}, refuse(http.StatusBadRequest, "Size does not match with attachment meta-data")
	case digest != "" && digest != encodeDigest(sha256.Sum256(c.body)):
		return answer{}, refuse(http.StatusBadRequest, "Digest does not match with attachment meta-data") // [I]
	case bytes.Contains(c.body, eicar):
		file.Status = attachmentCorrupted
	case !isOfType(file.MimeType, c.body):
		return answer{}, refuse(http.StatusBadRequest, "Mime type does not match with attachment meta-data") // [I] on text
	default:
		file.Status = attachmentReceived
	}
	file.Content = c.body
	return noContent(), nil
}

// download serves a clean file with its digest.
func download(file *StoredAttachment, missing string) (answer, error) {
	if file.Status != attachmentReceived {
		return answer{}, notFound(missing)
	}
	digest := encodeDigest(sha256.Sum256(file.Content))
	return answer{status: http.StatusOK, file: file.Content, header: map[string]string{"digest": digest}}, nil
}

// isOfType tells whether the bytes are what the metadata says. Types that the bytes alone
// cannot tell apart are trusted.
func isOfType(declared string, content []byte) bool {
	switch declared {
	case "application/json":
		return json.Valid(content)
	case "application/xml", "text/xml":
		return isXML(content)
	case "application/pdf":
		return bytes.HasPrefix(content, []byte("%PDF-"))
	}
	detected, _, _ := mime.ParseMediaType(http.DetectContentType(content))
	return detected == declared || detected == "application/octet-stream" || strings.HasPrefix(detected, "text/plain")
}

func isXML(content []byte) bool {
	decoder := xml.NewDecoder(bytes.NewReader(content))
	elements := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return elements > 0
		}
		if err != nil {
			return false
		}
		if _, opened := token.(xml.StartElement); opened {
			elements++
		}
	}
}
