package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// isKnown names the content of an answer by an entity tag, which whoever keeps it must ask
// about each time, and answers 304 to a program that has that content already.
func isKnown(c *gin.Context, tag string) bool {
	c.Header("Cache-Control", "no-cache")
	c.Header("ETag", tag)
	if !lists(strings.Join(c.Request.Header.Values("If-None-Match"), ","), tag) {
		return false
	}
	c.Status(http.StatusNotModified)
	return true
}

// lists tells whether an If-None-Match header has a tag, by the weak comparison of RFC 9110
// §13.1.2. What is no list of tags has none.
func lists(header, tag string) bool {
	wanted := strings.TrimPrefix(tag, "W/")
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for rest := header; ; {
		rest = strings.TrimPrefix(strings.TrimLeft(rest, " \t,"), "W/")
		if !strings.HasPrefix(rest, `"`) {
			return false
		}
		length := strings.IndexByte(rest[1:], '"')
		if length < 0 {
			return false
		}
		if rest[:length+2] == wanted {
			return true
		}
		rest = rest[length+2:]
	}
}

// takesGzip tells whether a program accepts gzip (RFC 9110 §12.5.3).
func takesGzip(c *gin.Context) bool {
	accepted := false
	for _, coding := range strings.Split(strings.Join(c.Request.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		switch name {
		case "gzip", "x-gzip":
			return wanted(weight) // it says more than "*"
		case "*":
			accepted = wanted(weight)
		}
	}
	return accepted
}

// wanted tells whether a weight, such as "q=0.5", is above zero.
func wanted(weight string) bool {
	value, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(weight)), "q=")
	if !found {
		return true
	}
	q, err := strconv.ParseFloat(value, 64)
	return err == nil && q > 0
}

func writeJSON(c *gin.Context, body []byte) {
	c.Header("Content-Length", strconv.Itoa(len(body)))
	c.Data(http.StatusOK, "application/json; charset=utf-8", body)
}
