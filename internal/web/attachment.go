package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/place"
)

// attachedPolicy lets a file do nothing at all, should a browser show it all the same.
const attachedPolicy = "default-src 'none'; sandbox"

// AttachPDF answers with a document that somebody handed in: a file to keep, which no page of
// ours shows and no cache keeps (users-reliability-security.md C.1).
func AttachPDF(c *gin.Context, name string, content []byte) error {
	header := c.Writer.Header()
	header.Set("Content-Disposition", attachment(name))
	header.Set("Content-Security-Policy", attachedPolicy)
	header.Set("Cache-Control", "private, no-store")
	c.Data(http.StatusOK, "application/pdf", content)
	return nil
}

// attachment is the header of a file to keep: its name for any browser in letters that none
// can read otherwise, then as it was written (RFC 6266, RFC 8187).
func attachment(name string) string {
	const ending = ".pdf"
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r == ' ', r == '.':
			return '-'
		}
		return -1
	}, place.Fold(strings.TrimSuffix(strings.ToLower(name), ending)))
	if plain = strings.Trim(plain, "-"); plain == "" {
		plain = "document"
	}
	return `attachment; filename="` + plain + ending + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}
