package citizen

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/web/form"
)

// maxTyped is how much of a search is read: more than any name.
const maxTyped = 200

func (h *Handler) home(c *gin.Context) error {
	return h.Views.home.Write(c.Writer, http.StatusOK, newHomePage(h.Frame(c)))
}

// search lists what was searched for, else a département, else the départements.
func (h *Handler) search(c *gin.Context) error {
	typed := form.Text(c.Request.URL.Query(), "q", maxTyped)
	if code := c.Query("departement"); code != "" && typed.Value == "" {
		return h.browseDepartement(c, code)
	}
	query := directory.ParseQuery(typed.Value)
	if query.IsEmpty() {
		return h.browse(c, typed)
	}
	found, total, err := h.Directory.Search(c.Request.Context(), query, 0, searchPageSize)
	if err != nil {
		return err
	}
	return h.Views.search.Write(c.Writer, http.StatusOK, newResultsPage(h.Frame(c), typed, found, total))
}

func (h *Handler) browse(c *gin.Context, typed form.Field) error {
	departements, err := h.Directory.Departements(c.Request.Context())
	if err != nil {
		return err
	}
	status := http.StatusOK
	if _, searched := c.GetQuery("q"); searched {
		typed, status = typed.Refused("search.too_short"), http.StatusUnprocessableEntity
	}
	return h.Views.search.Write(c.Writer, status, newBrowsePage(h.Frame(c), typed, departements))
}

func (h *Handler) browseDepartement(c *gin.Context, code string) error {
	departements, err := h.Directory.Departements(c.Request.Context())
	if err != nil {
		return err
	}
	for _, departement := range departements {
		if departement.Code != code {
			continue
		}
		last := (departement.Open + searchPageSize - 1) / searchPageSize
		number, err := strconv.Atoi(c.DefaultQuery("page", "1"))
		if err != nil || number < 1 || number > last {
			number = 1
		}
		found, total, err := h.Directory.Search(c.Request.Context(), directory.Query{Departement: code}, (number-1)*searchPageSize, searchPageSize)
		if err != nil {
			return err
		}
		return h.Views.search.Write(c.Writer, http.StatusOK, newDepartementPage(h.Frame(c), departement, found, number, total))
	}
	return seeOther(c, "/collectivites")
}
