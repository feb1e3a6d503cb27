package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// Directory publishes the collectivities whose form is open, for portals and editors, and
// lets the existing back-office add some (formulaire-qf.md §3.6).
type Directory struct {
	Collectivities *directory.Service
	Bearer         value.Secret // of who may add a collectivity; "" for nobody
}

// maxRegistration is far more than a collectivity takes.
const maxRegistration = 64 << 10

// Mount registers the addresses of PRODUCT.md §5.
func (d *Directory) Mount(r *web.Router) {
	const all, one = "/api/collectivites", "/api/collectivites/:code"
	printed := newPress(d.Collectivities)
	anyone := web.Machine{Credential: web.Anyone}
	r.HandleMachine(http.MethodGet, all, anyone, printed.list)
	r.HandleMachine(http.MethodOptions, all, anyone, allowReading)
	r.HandleMachine(http.MethodGet, one, anyone, d.show)
	r.HandleMachine(http.MethodOptions, one, anyone, allowReading)
	r.HandleMachine(http.MethodPost, all, web.Machine{Credential: web.Bearer(d.Bearer), MaxBody: maxRegistration}, d.register)
}

// published is a collectivity on the wire. The first three members are those of always.
type published struct {
	Name        string `json:"name"`
	Siret       string `json:"siret"`
	COG         string `json:"code_cog"`
	Departement string `json:"departement"`
}

func newPublished(p directory.Published) published {
	return published{Name: p.Name, Siret: p.Siret.String(), COG: p.COG, Departement: p.Departement}
}

// show gives one collectivity, by the COG code of its commune or by its SIRET.
func (d *Directory) show(c *gin.Context, _ []byte) error {
	shareWithAnySite(c)
	found, err := d.Collectivities.FindPublished(c.Request.Context(), c.Param("code"))
	switch {
	case fault.KindOf(err) == fault.NotFound:
		web.RefuseMachine(c, http.StatusNotFound, "Collectivity not found")
		return nil
	case err != nil:
		return err
	}
	body, err := json.Marshal(newPublished(found))
	if err != nil {
		return fmt.Errorf("write a collectivity: %w", err)
	}
	digest := sha256.Sum256(body)
	if !isKnown(c, `"`+hex.EncodeToString(digest[:16])+`"`) {
		writeJSON(c, body)
	}
	return nil
}

// shareWithAnySite lets the pages of any site read an answer, whatever it is.
func shareWithAnySite(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Access-Control-Expose-Headers", "ETag")
}

// allowReading answers a browser that asks beforehand what a page of another site may do.
func allowReading(c *gin.Context, _ []byte) error {
	shareWithAnySite(c)
	c.Header("Access-Control-Allow-Methods", "GET, HEAD")
	c.Header("Access-Control-Allow-Headers", "If-None-Match")
	c.Header("Access-Control-Max-Age", "86400")
	c.Status(http.StatusNoContent)
	return nil
}
