package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/postgres"
)

// What programs and citizens look for in the directory. A portal that shows the list asks whether it changed; many do, seldom.
const (
	listPath     = "/api/collectivites"
	editions     = 20 // of the list, each asked for a first time
	recheckRate  = 50 // a second
	townRate     = 20 // a second
	listLimit    = 500 * time.Millisecond
	recheckLimit = 50 * time.Millisecond
)

// soughtTowns are towns of postgres.Fill as people type them: a dozen, a hundred, a département's postcode, or all of them.
var soughtTowns = [...]string{"essai 2345", "Commune essai 12", "commune-essai-999", "45", "45044", "essai", "COMMUNE", "introuvable", "essai 7 (08)"}

// towns is what the directory costs.
type towns struct {
	first     measure // of an edition that was never printed
	size      int64   // bytes of the list, compressed
	unchanged pages
	searches  pages
}

func (s *scene) measureDirectory(ctx context.Context, found *towns) error {
	for _, take := range []func(context.Context, *towns) error{s.measureFirstAnswers, s.measureUnchanged, s.measureTownSearches} {
		if err := errors.Join(take(ctx, found), ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

// measureFirstAnswers has one more town open each time, so that the portal has to print the list, and asks for it.
func (s *scene) measureFirstAnswers(ctx context.Context, found *towns) error {
	var notes notebook
	began := time.Now()
	for edition := range editions {
		if err := s.openTown(ctx, s.towns+1+edition); err != nil {
			return err
		}
		asked := time.Now()
		list, err := s.askForList(ctx, "")
		notes.note(time.Since(asked), err)
		found.size = list.size
	}
	found.first = notes.close(began)
	return nil
}

// openTown adds a collectivity, numbered as postgres.Fill does.
func (s *scene) openTown(ctx context.Context, number int) error {
	name := fmt.Sprintf("Commune essai %d", number)
	_, err := postgres.Collectivities{DB: s.db}.RecordRegistration(ctx, directory.Entry{FoldedName: name, Collectivity: directory.Collectivity{
		Siret: filledTown(number), Name: name, COG: "45123", Departement: "45", Form: directory.FormOpen,
	}}, audit.Event{At: time.Now()})
	return err
}

// measureUnchanged asks, with the tag of the list, whether it changed.
func (s *scene) measureUnchanged(ctx context.Context, found *towns) error {
	list, err := s.askForList(ctx, "")
	if err != nil {
		return err
	}
	found.unchanged, err = s.measurePages(ctx, "liste-inchangee.pprof", recheckRate, func(ctx context.Context, _ int) error {
		_, err := s.askForList(ctx, list.tag)
		return err
	})
	return err
}

// list is an answer to who asked for the public list.
type list struct {
	tag  string
	size int64 // bytes
}

// askForList asks for the list; with a tag it must not be sent again.
func (s *scene) askForList(ctx context.Context, tag string) (list, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.portal.url+listPath, nil)
	if err != nil {
		return list{}, err
	}
	wanted := http.StatusOK
	request.Header.Set("Accept-Encoding", "gzip")
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
		wanted = http.StatusNotModified
	}
	response, err := s.client.Do(request)
	if err != nil {
		return list{}, err
	}
	defer func() { _ = response.Body.Close() }()
	size, err := io.Copy(io.Discard, response.Body)
	switch {
	case err != nil:
		return list{}, err
	case response.StatusCode != wanted:
		return list{}, fmt.Errorf("%s answered %d instead of %d", listPath, response.StatusCode, wanted)
	}
	return list{response.Header.Get("ETag"), size}, nil
}

// measureTownSearches looks for a town as citizens do.
func (s *scene) measureTownSearches(ctx context.Context, found *towns) (err error) {
	row := []byte(`href="/collectivites/9`) // the SIRETs of postgres.Fill begin so
	search := func(ctx context.Context, number int) error {
		typed := soughtTowns[number%len(soughtTowns)]
		results, err := s.visitor().get(ctx, s.portal.url+"/collectivites?"+url.Values{"q": {typed}}.Encode(), http.StatusOK)
		if err == nil && bytes.Contains(results.body, row) == (typed == "introuvable") {
			err = errors.New("a search of a town does not find what is there")
		}
		return err
	}
	found.searches, err = s.measurePages(ctx, "recherche-collectivite.pprof", townRate, search)
	return err
}

func (t towns) measures() []measure {
	return []measure{t.first, t.unchanged.steady, t.unchanged.crowded, t.searches.steady, t.searches.crowded}
}

func (t towns) lines() []line {
	unchanged, search := t.unchanged, t.searches
	return []line{
		{"Liste publique, première réponse", times(t.first), "p95 < " + milliseconds(listLimit), t.first.percentile(95) < listLimit},
		{"  taille, compressée", fmt.Sprintf("%d ko", t.size/1000), "", true},
		{fmt.Sprintf("Liste publique inchangée (304), %d/s demandées", recheckRate), perSecond(unchanged.steady), fmt.Sprintf("%d/s", recheckRate), unchanged.steady.rate() >= recheckRate*keptUp},
		{"  temps de réponse", times(unchanged.steady), "p95 < " + milliseconds(recheckLimit), unchanged.steady.percentile(95) < recheckLimit},
		{fmt.Sprintf("Liste publique inchangée (304), %d lecteurs sans pause", crowd), perSecond(unchanged.crowded), "", true},
		{"  temps de réponse", times(unchanged.crowded), "", true},
		{"  processeur du portail", milliseconds(unchanged.cost) + " par réponse", "", true},
		{fmt.Sprintf("Recherche d’une collectivité, %d/s demandées", townRate), perSecond(search.steady), fmt.Sprintf("%d/s", townRate), search.steady.rate() >= townRate*keptUp},
		{"  temps de réponse", times(search.steady), "p95 < " + milliseconds(viewLimit), search.steady.percentile(95) < viewLimit},
		{fmt.Sprintf("Recherche d’une collectivité, %d usagers sans pause", crowd), perSecond(search.crowded), "", true},
		{"  temps de réponse", times(search.crowded), "", true},
		{"  processeur du portail", milliseconds(search.cost) + " par recherche", "", true},
	}
}
