package hubee_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"portail-qf/internal/partner/hubee"
)

const (
	clientID     = "osl-portail"
	clientSecret = "secret-of-the-tests"
	folderID     = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
	caseID       = "d7923df5-c071-400e-87b5-f0d01d539aa5"
	eventID      = "905055ea-ed37-4556-9db6-97ba89fcb91f"
	noticeID     = "3fa85f64-5717-4562-b3fc-2c963f66afa7"
	reference    = "ABCDEFGHJKLM7"
)

type object = map[string]any

// hub is HubEE reduced to one folder, strict about all that it receives.
type hub struct {
	t      *testing.T
	server *httptest.Server

	mu            sync.Mutex
	valid         map[string]bool // tokens
	granted       int
	tokenLife     any
	tokenPause    time.Duration
	requests      []request
	twists        map[string][]twist
	folder        object
	content       map[string][]byte // by attachment id
	caseStatus    string
	events        []object
	hidesEvents   bool
	notifications []object
}

type request struct {
	route  string
	query  string
	header http.Header
	body   []byte
}

// twist replaces the answer of one request; the hub acts before, or not at all.
type twist struct {
	acts   bool
	answer http.HandlerFunc
}

func newHub(t *testing.T) *hub {
	t.Helper()
	h := &hub{
		t:          t,
		valid:      map[string]bool{},
		tokenLife:  3600,
		twists:     map[string][]twist{},
		content:    map[string][]byte{},
		caseStatus: "DONE",
		events:     []object{},
	}
	const base = "/teledossiers/v1"
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/token", h.token)
	for route, act := range map[string]func(http.ResponseWriter, *http.Request, []byte){
		"POST /folders":                           h.createFolder,
		"GET /folders/{folder}":                   h.readFolder,
		"PATCH /folders/{folder}":                 h.updateFolder,
		"DELETE /folders/{folder}":                h.deleteFolder,
		"PUT /folders/{folder}/attachments/{att}": h.upload,
		"GET /notifications":                      h.listNotifications,
		"DELETE /notifications/{notification}":    h.discard,
		"GET /cases/{case}":                       h.readCase,
		"PATCH /cases/{case}":                     h.updateCase,
		"POST /cases/{case}/events":               h.createEvent,
		"GET /cases/{case}/events/{event}":        h.readEvent,
		"PATCH /cases/{case}/events/{event}":      h.updateEvent,
	} {
		method, path, _ := strings.Cut(route, " ")
		mux.HandleFunc(method+" "+base+path, h.guarded(route, act))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the contract has no %s %s", r.Method, r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	})
	h.server = httptest.NewServer(mux)
	t.Cleanup(h.server.Close)
	return h
}

// client returns an adapter for this hub; adjust may change its configuration.
func (h *hub) client(adjust ...func(*hubee.Config)) *hubee.Client {
	config := hubee.Config{
		APIURL:       h.server.URL + "/",
		TokenURL:     h.server.URL + "/oauth2/token",
		ClientID:     clientID,
		ClientSecret: clientSecret,
		Editor:       "DINUM",
		Application:  "Portail QF",
		Version:      "1.0",
		Now:          time.Now,
	}
	for _, change := range adjust {
		change(&config)
	}
	return hubee.New(config)
}

// on makes the next requests of a route meet these twists, one each.
func (h *hub) on(route string, twists ...twist) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.twists[route] = append(h.twists[route], twists...)
}

// routes lists what was asked, tokens apart.
func (h *hub) routes() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var asked []string
	for _, r := range h.requests {
		asked = append(asked, r.route)
	}
	return asked
}

func (h *hub) bodies(route string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var sent []string
	for _, r := range h.requests {
		if r.route == route {
			sent = append(sent, string(r.body))
		}
	}
	return sent
}

func (h *hub) tokensGranted() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.granted
}

// forgetTokens ends every token, as time does.
func (h *hub) forgetTokens() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.valid = map[string]bool{}
}

func (h *hub) token(w http.ResponseWriter, r *http.Request) {
	h.checkPartner(r)
	id, secret, _ := r.BasicAuth()
	body, _ := io.ReadAll(r.Body)
	if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
		h.t.Errorf("token: Content-Type = %q", got)
	}
	if string(body) != "grant_type=client_credentials&scope=OSL" {
		h.t.Errorf("token: body = %q", body)
	}
	h.mu.Lock()
	pause := h.tokenPause
	turn, twisted := h.nextTwist("POST /oauth2/token")
	h.mu.Unlock()
	time.Sleep(pause)
	if twisted {
		turn.answer(w, r)
		return
	}
	if id != clientID || secret != clientSecret {
		reply(w, http.StatusUnauthorized, object{
			"error": "invalid_client", "error_description": "A valid OAuth client could not be found for client_id: " + id,
		})
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.granted++
	name := fmt.Sprintf("token-%d", h.granted)
	h.valid[name] = true
	reply(w, http.StatusOK, object{"access_token": name, "scope": "OSL", "token_type": "Bearer", "expires_in": h.tokenLife})
}

func (h *hub) guarded(route string, act func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			h.t.Errorf("%s: read body: %v", route, err)
		}
		h.checkPartner(r)
		checkContract(h.t, folderContract, r, body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.requests = append(h.requests, request{route, r.URL.RawQuery, r.Header.Clone(), body})
		token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !isBearer || !h.valid[token] {
			refuse(w, http.StatusUnauthorized, 900901, "Invalid Credentials : Invalid Credentials. Make sure you have given the correct access token")
			return
		}
		if turn, twisted := h.nextTwist(route); twisted {
			if turn.acts {
				act(httptest.NewRecorder(), r, body)
			}
			turn.answer(w, r)
			return
		}
		act(w, r, body)
	}
}

func (h *hub) nextTwist(route string) (twist, bool) {
	waiting := h.twists[route]
	if len(waiting) == 0 {
		return twist{}, false
	}
	h.twists[route] = waiting[1:]
	return waiting[0], true
}

func (h *hub) checkPartner(r *http.Request) {
	for _, name := range []string{"editorName", "applicationName", "softwareVersion"} {
		if value := r.Header.Get(name); value == "" || utf8.RuneCountInString(value) > 50 {
			h.t.Errorf("%s %s: header %s = %q, want 1 to 50 characters", r.Method, r.URL.Path, name, value)
		}
	}
}
