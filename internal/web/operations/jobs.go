package operations

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/web"
)

// jobs lists what runs by itself.
func (h *Handler) jobs(c *gin.Context) error {
	listed, err := h.Jobs.List(c.Request.Context())
	if err != nil {
		return err
	}
	return h.Views.jobs.Write(c.Writer, http.StatusOK, h.Views.newJobsPage(h.Frame(c), listed, h.may(c, "job", "run")))
}

// job shows one job with its last runs.
func (h *Handler) job(c *gin.Context) error {
	found, runs, err := h.Jobs.Find(c.Request.Context(), c.Param("nom"))
	if err != nil {
		return err
	}
	return h.Views.job.Write(c.Writer, http.StatusOK, h.Views.newJobPage(h.Frame(c), found, runs, h.may(c, "job", "run")))
}

// start asks for a run of a job.
func (h *Handler) start(c *gin.Context) error {
	name, actor := c.Param("nom"), web.ActorOf(c)
	if err := h.Jobs.Start(c.Request.Context(), actor.Author(), actor.RequestID, name); err != nil {
		return err
	}
	return web.Done(c, jobPath(name), "tache-demandee")
}

func jobPath(name string) string { return jobsPath + "/" + url.PathEscape(name) }
