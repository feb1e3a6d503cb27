package operations

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
)

// catalogue lists every automatic mail, as it would read.
func (h *Handler) catalogue(c *gin.Context) error {
	return h.Views.catalogue.Write(c.Writer, http.StatusOK, newCataloguePage(h.Frame(c), h.Catalogue))
}

// sample shows one automatic mail whole.
func (h *Handler) sample(c *gin.Context) error {
	found, err := h.findSample(c)
	if err != nil {
		return err
	}
	return h.Views.sample.Write(c.Writer, http.StatusOK, newSamplePage(h.Frame(c), found, h.From, h.ReplyTo))
}

// samplePolicy lets a mail have the style that readers of mail need in its tags, which the
// pages of the portal refuse, and nothing else: no script, no request, no form.
const samplePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// sampleHTML is the mail itself, as a reader of mail would show it.
func (h *Handler) sampleHTML(c *gin.Context) error {
	found, err := h.findSample(c)
	if err != nil {
		return err
	}
	c.Header("Content-Security-Policy", samplePolicy)
	c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(found.HTML))
	return nil
}

func (h *Handler) findSample(c *gin.Context) (notice.Sample, error) {
	at := slices.IndexFunc(h.Catalogue, func(s notice.Sample) bool { return string(s.Kind) == c.Param("modele") })
	if at < 0 {
		return notice.Sample{}, fault.New(fault.NotFound, "mail.model_unknown")
	}
	return h.Catalogue[at], nil
}

func samplePath(kind notice.Kind) string { return cataloguePath + "/" + string(kind) }
