package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/citizen"
)

// bareCommand makes this program the bare handler. It is followed by the folder of what it answers and records.
const bareCommand = "bare"

// What the bare handler finds in its folder: what the portal answered and recorded.
const (
	barePage    = "page.html"
	bareDesk    = "assistance.html"
	bareDossier = "dossier.json"
)

// bare is what the portal is compared with: net/http, the stores, and nothing else.
type bare struct {
	towns    postgres.Collectivities
	attempts postgres.Attempts
	sessions postgres.Sessions
	watch    postgres.RenewalWatch
	pepper   *seal.Pepper
	token    *sql.Stmt
	page     []byte
	desk     []byte
	dossier  dossier.NewDossier
}

func serveBare(ctx context.Context, arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("bare needs a folder")
	}
	page, err := os.ReadFile(filepath.Join(arguments[0], barePage))
	if err != nil {
		return err
	}
	desk, err := os.ReadFile(filepath.Join(arguments[0], bareDesk))
	if err != nil {
		return err
	}
	recorded, err := os.ReadFile(filepath.Join(arguments[0], bareDossier))
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	pepper, err := seal.ParsePepper(os.Getenv("PEPPER"))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	b := bare{
		towns: postgres.Collectivities{DB: db}, attempts: postgres.Attempts{DB: db}, sessions: postgres.Sessions{DB: db, Operator: operator}, watch: postgres.RenewalWatch{DB: db},
		pepper: pepper, page: page, desk: desk,
	}
	reading, err := sql.Open("postgres", os.Getenv("DATABASE_URL"))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	defer func() { _ = reading.Close() }()
	reading.SetMaxIdleConns(2 * duelists)
	if b.token, err = reading.PrepareContext(ctx, sqlBareToken); err != nil {
		return errors.Join(err, db.Close())
	}
	if err := json.Unmarshal(recorded, &b.dossier); err != nil {
		return errors.Join(fmt.Errorf("read %s: %w", bareDossier, err), db.Close())
	}
	server := &http.Server{Addr: os.Getenv("LISTEN"), Handler: b.routes(), ReadHeaderTimeout: readyTimeout}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(err, db.Close())
	}
	return db.Close()
}

func (b bare) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+readyPath, func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /collectivites/{siret}", b.view)
	mux.HandleFunc("GET "+deskPath, b.receive)
	mux.HandleFunc("GET "+bareTokenPath, b.showToken)
	mux.HandleFunc("POST /collectivites/{siret}/transmettre", b.record)
	return mux
}

// view does the SQL of a form view and answers as many bytes.
func (b bare) view(w http.ResponseWriter, r *http.Request) {
	if _, err := b.towns.FindCollectivity(r.Context(), value.Siret(r.PathValue("siret"))); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.page) // the visitor left: nobody is there to be told
}

// receive does the SQL of the first page of the support, that of its session and what it counts, and answers as many bytes.
func (b bare) receive(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(web.SessionCookie)
	if err != nil {
		fail(w, err)
		return
	}
	if _, err := b.sessions.FindActor(r.Context(), value.Token(cookie.Value).Hash(), time.Now()); err != nil {
		fail(w, err)
		return
	}
	if _, err := b.watch.CountLate(r.Context(), time.Now().AddDate(-1, 0, 0), time.Now()); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.desk) // the visitor left: nobody is there to be told
}

// record does the SQL of the recording transaction, with as many bytes.
func (b bare) record(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(citizen.SessionCookie)
	if err != nil {
		fail(w, err)
		return
	}
	recorded := b.dossier
	recorded.AttemptID, recorded.RecordedAt = r.PostFormValue("demarche"), time.Now()
	if recorded.Reference, err = value.NewReference(rand.Reader); err != nil {
		fail(w, err)
		return
	}
	reference, err := b.attempts.RecordDossier(r.Context(), sha256.Sum256([]byte(cookie.Value)), recorded)
	if err != nil {
		fail(w, err)
		return
	}
	http.Redirect(w, r, r.URL.Path+"/"+reference.String(), http.StatusSeeOther)
}

func fail(w http.ResponseWriter, err error) {
	log.Print(err)
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}
