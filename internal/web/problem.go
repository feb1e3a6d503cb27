package web

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
)

// editorAPI is above the addresses of the API of editors, whose errors are problems.
const editorAPI = "/api/v1/editeur"

const problemKey = "problem"

// problem is an error of the API of editors (RFC 9457). Programs tell errors apart by their
// code; the detail is for whoever writes them.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Code      string `json:"code,omitempty"`
	RequestID string `json:"request_id"`
}

// tellsProblems tells whether the errors of a request are problems.
func tellsProblems(c *gin.Context) bool {
	_, told := c.Get(problemKey)
	path, taken := c.Request.URL.Path, c.FullPath() != ""
	return told || !taken && (path == editorAPI || below(path, editorAPI))
}

// WriteProblem tells a program of an editor what went wrong.
func (r *Router) WriteProblem(c *gin.Context, status int, code string) {
	told := problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, RequestID: requestID(c)}
	if title, known := r.config.Sentences.Sentence("problem." + strconv.Itoa(status)); known {
		told.Title = title
	}
	if sentence, known := r.config.Sentences.Sentence(code); known {
		told.Detail = sentence
	}
	body, err := json.Marshal(told)
	if err != nil {
		body = []byte(`{"type":"about:blank"}`)
	}
	c.Data(status, "application/problem+json", body)
}
