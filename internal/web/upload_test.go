package web_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/web"
)

const largestFile = 1000 // bytes

// takeFiles is a site with a form that takes files, and tells what it got.
func takeFiles(t *testing.T) *site {
	t.Helper()
	return openSite(t, func(router *web.Router) {
		router.HandleUpload("/depot", web.Public, largestFile, func(c *gin.Context) error {
			name, content, err := web.FileOf(c, "fichier")
			if err != nil {
				return err
			}
			c.String(http.StatusOK, "%s %d %s", name, len(content), c.PostForm("texte"))
			return nil
		})
	})
}

// filled is a form with a text and a file.
func filled(t *testing.T, name string, size int) (contentType string, body io.Reader) {
	t.Helper()
	var written bytes.Buffer
	form := multipart.NewWriter(&written)
	if err := form.WriteField("texte", "tapé"); err != nil {
		t.Fatal(err)
	}
	if name != "" {
		part, err := form.CreateFormFile("fichier", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(bytes.Repeat([]byte("x"), size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), &written
}

// « 10 MB + 1 … A clear French sentence beside the field »: what is a little too large reaches
// the page, which says so beside the field and loses nothing; what is far too large does not.
func TestAFormBringsItsFile(t *testing.T) {
	s := takeFiles(t)
	for name, row := range map[string]struct {
		file string
		size int
		want string
	}{
		"a file":             {"a.pdf", 400, "a.pdf 400 tapé"},
		"as large as may be": {"a.pdf", largestFile, "a.pdf 1000 tapé"},
		"one byte more":      {"a.pdf", largestFile + 1, "a.pdf 1001 tapé"},
		"an empty file":      {"a.pdf", 0, "a.pdf 0 tapé"},
		"no file":            {"", 0, " 0 tapé"},
		"a path":             {`C:\\x\\a.pdf`, 1, ""},
	} {
		contentType, body := filled(t, row.file, row.size)
		response, said := s.send(http.MethodPost, "/depot", body, "Content-Type", contentType)
		if response.StatusCode != http.StatusOK || row.want != "" && said != row.want {
			t.Errorf("%s: %d %q", name, response.StatusCode, said)
		}
	}
	contentType, body := filled(t, "a.pdf", 200<<10)
	if response, said := s.send(http.MethodPost, "/depot", body, "Content-Type", contentType); response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("far too large: %d %s", response.StatusCode, said)
	}
}

// A form that no browser sends is refused, never a fault of ours; another site sends none.
func TestAFormWithAFileThatCannotBeRead(t *testing.T) {
	s := takeFiles(t)
	for name, row := range map[string]struct {
		contentType, body string
		want              int
	}{
		"cut":                {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"texte\"\r\n\r\ntap", http.StatusBadRequest},
		"no boundary":        {"multipart/form-data", "--b\r\n", http.StatusBadRequest},
		"a simple form":      {"application/x-www-form-urlencoded", "texte=tap%C3%A9", http.StatusOK},
		"neither":            {"application/json", "{}", http.StatusOK},
		"a simple form, bad": {"application/x-www-form-urlencoded", "texte=%zz", http.StatusBadRequest},
	} {
		response, said := s.send(http.MethodPost, "/depot", strings.NewReader(row.body), "Content-Type", row.contentType)
		if response.StatusCode != row.want {
			t.Errorf("%s: %d, want %d: %s", name, response.StatusCode, row.want, said)
		}
	}
	contentType, body := filled(t, "a.pdf", 3)
	if response, _ := s.send(http.MethodPost, "/depot", body, "Content-Type", contentType, "Sec-Fetch-Site", "cross-site"); response.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", response.StatusCode)
	}
}

// A file may take longer than any other form to arrive, for whoever may send it. Somebody who
// may not is answered in the usual time, with what was typed before the file.
func TestOnlyWhoMaySendAFileHasTheTimeForIt(t *testing.T) {
	s := openSite(t, func(router *web.Router) {
		router.GuardedBy(doorkeeper{})
		kept := func(c *gin.Context) error {
			c.String(http.StatusOK, "kept: %s", c.PostForm("texte"))
			return nil
		}
		router.HandleUpload("/depot", web.Public, largestFile, kept)
		router.HandleUpload("/reserve", web.SignedIn, largestFile, kept)
	})
	contentType, body := filled(t, "a.pdf", 400)
	whole, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/depot": "kept: tapé", "/reserve": "who is it? tapé"} {
		line, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if err := line.SetDeadline(time.Now().Add(20 * slowness)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(line, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", path, contentType, len(whole), whole[:300])
		if path == "/depot" {
			time.Sleep(2 * slowness)
			if _, err := line.Write(whole[300:]); err != nil {
				t.Error(err)
			}
		}
		answer, err := io.ReadAll(line)
		if err != nil || !strings.HasSuffix(string(answer), want) {
			t.Errorf("%s: %v, %q, want %q", path, err, answer, want)
		}
		_ = line.Close()
	}
}

// doorkeeper asks whoever is not signed in who he is, and tells what he typed.
type doorkeeper struct{}

func (doorkeeper) AskSignIn(c *gin.Context) error {
	c.String(http.StatusForbidden, "who is it? %s", c.Request.PostForm.Get("texte"))
	return nil
}
func (doorkeeper) AskSpace(c *gin.Context) error        { return web.SeeOther(c, "/espaces") }
func (doorkeeper) AskConfirmation(c *gin.Context) error { return web.SeeOther(c, "/confirmation") }

// What is in memory at once is bounded: a fifth file waits for its turn, ten seconds at most.
func TestFewFilesAreInMemoryAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		router := (&site{t: t}).mount(func(router *web.Router) {
			router.HandleUpload("/depot", web.Public, largestFile, func(c *gin.Context) error {
				<-release
				c.String(http.StatusOK, "kept")
				return nil
			})
		})
		send := func(answer *httptest.ResponseRecorder) {
			contentType, body := filled(t, "a.pdf", 400)
			request := httptest.NewRequest(http.MethodPost, "/depot", body)
			request.Header.Set("Content-Type", contentType)
			router.ServeHTTP(answer, request)
		}
		taken := make([]*httptest.ResponseRecorder, 4)
		for i := range taken {
			taken[i] = httptest.NewRecorder()
			go send(taken[i])
		}
		synctest.Wait()

		began, refused := time.Now(), httptest.NewRecorder()
		send(refused)
		if waited := time.Since(began); waited != 10*time.Second || refused.Code != http.StatusServiceUnavailable || refused.Header().Get("Retry-After") == "" ||
			!strings.Contains(refused.Body.String(), "<h1") {
			t.Errorf("after %s, a fifth file is answered %d: %s", waited, refused.Code, refused.Body)
		}
		patient := httptest.NewRecorder()
		go send(patient)
		time.Sleep(9 * time.Second)
		close(release)
		synctest.Wait()
		for _, answer := range append(taken, patient) {
			if answer.Code != http.StatusOK || answer.Body.String() != "kept" {
				t.Errorf("%d %q", answer.Code, answer.Body)
			}
		}
	})
}
