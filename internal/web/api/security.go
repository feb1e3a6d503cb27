package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/web"
)

// Security tells researchers whom to write to (RFC 9116).
type Security struct {
	Contact   string // mail address
	PortalURL string
	Now       func() time.Time
}

// securityExpiry is how long the text may be relied on: RFC 9116 asks for less than a year.
const securityExpiry = 180 * 24 * time.Hour

// Mount registers the address that RFC 9116 fixes.
func (s *Security) Mount(r *web.Router) {
	r.Handle(http.MethodGet, "/.well-known/security.txt", web.Public, s.text)
}

func (s *Security) text(c *gin.Context) error {
	expires := s.Now().Add(securityExpiry).UTC().Truncate(24 * time.Hour)
	c.Data(http.StatusOK, "text/plain; charset=utf-8", fmt.Appendf(nil,
		"Contact: mailto:%s\nExpires: %s\nPreferred-Languages: fr, en\nCanonical: %s/.well-known/security.txt\n",
		s.Contact, expires.Format(time.RFC3339), s.PortalURL))
	return nil
}
