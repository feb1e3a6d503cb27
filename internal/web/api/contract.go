package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/web"
)

// Contract gives the OpenAPI document of what the portal answers to programs. As pages it is at
// /api/docs.
type Contract struct{ Text []byte } // web.Contract

// Mount registers the address of PRODUCT.md §5.
func (d *Contract) Mount(r *web.Router) {
	digest := sha256.Sum256(d.Text)
	tag := `"` + hex.EncodeToString(digest[:16]) + `"`
	r.HandleMachine(http.MethodGet, "/openapi.yaml", web.Machine{Credential: web.Anyone}, func(c *gin.Context, _ []byte) error {
		shareWithAnySite(c)
		if !isKnown(c, tag) {
			c.Header("Content-Length", strconv.Itoa(len(d.Text)))
			c.Data(http.StatusOK, "application/yaml; charset=utf-8", d.Text) // RFC 9512
		}
		return nil
	})
}
