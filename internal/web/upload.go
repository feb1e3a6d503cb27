package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
)

const (
	// uploadPatience is how long a file may take to arrive: 10 MB in three minutes is what the
	// slowest line of a town hall sends.
	uploadPatience = 3 * time.Minute
	// uploadAnswer is how long the handler and the answer may take afterwards.
	uploadAnswer = 45 * time.Second
	// admitPatience is how long it may take to know whether a form with files may be sent: as
	// long as the server waits for what was typed in one of which the session is over, then as
	// long as for any page.
	admitPatience = 10*time.Second + usualPatience
	// uploadsAtOnce bounds the forms with files that are in memory, and uploadQueue is how long
	// another one waits for its turn.
	uploadsAtOnce = 4
	uploadQueue   = 10 * time.Second
)

// HandleUpload registers a form with files, sent by POST. largest is the size of a file, in
// bytes: one that is larger, up to its double, still reaches the handler, which says so beside
// the field. Nothing is read of somebody who may not use the route but what was typed, within
// the usual time. A few forms with files are in memory at once: others wait for their turn, and
// are refused when it does not come (fault.Unavailable, code document.busy).
func (r *Router) HandleUpload(path string, access Access, largest int64, handler HandlerFunc) {
	access = access.within(path)
	r.routes = append(r.routes, Route{http.MethodPost, path, access})
	limit := 2*largest + maxForm
	answer := func(c *gin.Context) {
		admitted, err := r.admitUpload(c, access, limit)
		if err == nil && admitted {
			err = r.takeUpload(c, limit, handler)
		}
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			r.refuseAs(http.StatusRequestEntityTooLarge)(c)
		case errors.Is(err, errUnreadable):
			r.refuseAs(http.StatusBadRequest)(c)
		case err != nil:
			r.fail(c, err)
		}
	}
	r.answer(http.MethodPost, path, r.refuseCrossOrigin, answer)
}

// admitUpload is admit for a form that may have files. One without any is a form as the others
// are, and read first: the page that sends a form again sends no file.
func (r *Router) admitUpload(c *gin.Context, access Access, limit int64) (admitted bool, err error) {
	whole := c.Request.Context()
	ctx, cancel := context.WithTimeout(whole, admitPatience)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	defer func() { c.Request = c.Request.WithContext(whole) }()
	if !IsUpload(c) {
		limit = maxForm
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
	if !IsUpload(c) {
		if err := readUpload(c, limit); err != nil {
			return false, err
		}
	}
	return r.admit(c, access)
}

// takeUpload reads the files of a form that is admitted, once it is its turn, and has it
// handled.
func (r *Router) takeUpload(c *gin.Context, limit int64, handler HandlerFunc) error {
	const patience = uploadQueue + uploadPatience
	ctx, cancel := context.WithTimeout(c.Request.Context(), patience+uploadAnswer)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	if !IsUpload(c) {
		return handler(c)
	}
	control := http.NewResponseController(c.Writer)
	err := errors.Join(control.SetReadDeadline(time.Now().Add(patience)), control.SetWriteDeadline(time.Now().Add(patience+uploadAnswer)))
	if err != nil && !errors.Is(err, http.ErrNotSupported) { // of a recorder, which has no line
		return err
	}
	if err := r.waitForUpload(ctx); err != nil {
		return err
	}
	defer func() { <-r.uploads }()
	if err := readUpload(c, limit); err != nil {
		return err
	}
	return handler(c)
}

// waitForUpload takes the place of a form with files in memory. Code: document.busy
// (fault.Unavailable).
func (r *Router) waitForUpload(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, uploadQueue)
	defer cancel()
	select {
	case r.uploads <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.Because(fault.Unavailable, "document.busy", ctx.Err())
	}
}

var errUnreadable = errors.New("the form cannot be read")

// readUpload reads the whole form into memory, files included: nothing of them is written on a
// disk.
func readUpload(c *gin.Context, limit int64) error {
	var tooLarge *http.MaxBytesError
	err := c.Request.ParseForm()
	if err == nil {
		err = c.Request.ParseMultipartForm(limit)
	}
	switch {
	case errors.As(err, &tooLarge):
		return err
	case errors.Is(err, http.ErrNotMultipart): // sent without a file, by a program
		return nil
	case err != nil:
		return errors.Join(errUnreadable, err)
	}
	return nil
}

// FileOf gives the file of a field: its name as the browser sent it, and its bytes. The name is
// "" where no file was chosen.
func FileOf(c *gin.Context, field string) (name string, content []byte, err error) {
	if c.Request.MultipartForm == nil || len(c.Request.MultipartForm.File[field]) == 0 {
		return "", nil, nil
	}
	header := c.Request.MultipartForm.File[field][0]
	file, err := header.Open()
	if err != nil {
		return "", nil, fault.Because(fault.Invalid, "document.damaged", err)
	}
	defer func() { _ = file.Close() }()
	content, err = io.ReadAll(file)
	return header.Filename, content, err
}

// IsUpload tells that a form was sent with files.
func IsUpload(c *gin.Context) bool {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

// readFields reads what was typed in a form with files that nobody may send yet, and passes
// over the files.
func readFields(c *gin.Context) {
	if c.Request.Method != http.MethodPost || !IsUpload(c) || c.Request.PostForm != nil {
		return
	}
	parts, err := c.Request.MultipartReader()
	if err != nil {
		return
	}
	typed, left := url.Values{}, int64(maxForm)
	for {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		left -= readField(part, typed, left)
	}
	c.Request.PostForm = typed
}

func readField(part *multipart.Part, typed url.Values, left int64) (taken int64) {
	if part.FileName() != "" || part.FormName() == "" || left <= 0 {
		_, _ = io.Copy(io.Discard, part)
		return 0
	}
	text, err := io.ReadAll(io.LimitReader(part, left))
	if err == nil {
		typed.Add(part.FormName(), string(text))
	}
	return int64(len(text))
}
