package postgres_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

const (
	tilleul value.Siret = "90511200900014"
	brume   value.Siret = "91033700500011"
)

// editors are the two editors of the lists.
func (s *scene) editors() {
	s.t.Helper()
	s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, 'Logiciels Tilleul', $3, $3), ($2, 'Ateliers Brume', $3, $3)`, tilleul, brume, noon)
}

// asked records a request in a state that it has had for some hours.
func (s *scene) asked(number int64, siret value.Siret, name string, state habilitation.State, hours int) {
	s.t.Helper()
	s.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester, suspended_by, suspender, revision)
		VALUES ($1, 'datapass', $2, $3, 'api-particulier-tilleul', $4, $5, $5, $6, $7, $8, 3)`, number, siret, name, string(state), noon.Add(-time.Duration(hours)*time.Hour),
		`{"prenom":"Anne","nom":"Morel","mail":"anne.morel@`+value.Siret.String(siret)+`.example.fr"}`,
		map[bool]string{true: "7"}[state == habilitation.Suspended], map[bool]string{true: "Camille Ferrand"}[state == habilitation.Suspended])
}

// granted records a version of a request; the editor may be "".
func (s *scene) granted(number, request int64, editor value.Siret, token, form bool) {
	s.t.Helper()
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		SELECT $1, $2, r.siret, r.organisation, $4, $5, '{cnaf_quotient_familial}', NULLIF($3, ''), COALESCE((SELECT name FROM editors WHERE siret = $3), ''), r.form_uid,
			'Tarifs de la cantine', '2026-01', '{"demandeur":{"mail":"anne@exemple.fr"},"dpd":{"prenom":"Zoé","mail":"dpd@exemple.fr"}}', 'DataPass', $6
		FROM requests r WHERE r.number = $2`, number, request, string(editor), token, form, noon.Add(time.Duration(number-10_000_000)*time.Minute))
}

// requests are four requests: valid in two versions, suspended, refused, and a draft.
func (s *scene) requests() {
	s.t.Helper()
	s.editors()
	s.asked(48231, majastres, "COMMUNE DE MAJASTRES", habilitation.Validated, 3)
	s.granted(10_000_001, 48231, brume, true, false)
	s.granted(10_000_004, 48231, tilleul, true, true)
	s.asked(48232, paris, "Ville de Paris, Écoles de l’Haÿ", habilitation.Suspended, 1)
	s.granted(10_000_002, 48232, "", false, true)
	s.asked(48233, "21910998000017", "Valombre_les 100%", habilitation.Refused, 2)
	s.asked(10_000_000, majastres, "COMMUNE DE MAJASTRES", habilitation.Draft, 4)
}

func numbersOf(requests []habilitation.Request) []int64 {
	var numbers []int64
	for _, r := range requests {
		numbers = append(numbers, int64(r.Number))
	}
	return numbers
}

// « list of requests with filters text (name words / SIRET / D- or H-number / requester's
// mail), state, modality (token, form), editor; sort by date or name; paging »
func TestRequestsAreFoundByEveryCriterion(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	catalogue := &habilitation.Catalogue{Store: postgres.Catalogue{DB: s.db}}
	if none, total, err := catalogue.List(ctx, habilitation.Search{Limit: 10}); err != nil || total != 0 || none != nil {
		t.Fatalf("an empty catalogue gives %v, %d, %v", none, total, err)
	}
	s.requests()
	const m, p, v, draft = 48231, 48232, 48233, 10_000_000
	for name, row := range map[string]struct {
		search habilitation.Search
		want   []int64
	}{
		"all, oldest first":              {habilitation.Search{}, []int64{draft, m, v, p}},
		"all, newest first":              {habilitation.Search{Descending: true}, []int64{p, v, m, draft}},
		"by name":                        {habilitation.Search{Order: habilitation.ByName}, []int64{draft, m, v, p}},
		"by name, turned round":          {habilitation.Search{Order: habilitation.ByName, Descending: true}, []int64{p, v, draft, m}},
		"words":                          {habilitation.Search{Text: "majastres commune"}, []int64{draft, m}},
		"words without accents":          {habilitation.Search{Text: "ecoles hay"}, []int64{p}},
		"a word is no pattern":           {habilitation.Search{Text: "valombre%les"}, []int64{v}},
		"a SIRET":                        {habilitation.Search{Text: "217 500 016 00019"}, []int64{p}},
		"the beginning of one":           {habilitation.Search{Text: "210401071"}, []int64{draft, m}},
		"a request":                      {habilitation.Search{Text: "d 48232"}, []int64{p}},
		"a request, digits only":         {habilitation.Search{Text: "48231"}, []int64{m}},
		"a habilitation":                 {habilitation.Search{Text: "H10000002"}, []int64{p}},
		"a habilitation that was before": {habilitation.Search{Text: "H10000001"}, []int64{m}},
		"a mail":                         {habilitation.Search{Text: "Anne.Morel@217"}, []int64{p}},
		"a mail is no pattern":           {habilitation.Search{Text: "%@"}, nil},
		"a state":                        {habilitation.Search{State: habilitation.Refused}, []int64{v}},
		"the token":                      {habilitation.Search{Modality: habilitation.TokenModality}, []int64{m}},
		"the form":                       {habilitation.Search{Modality: habilitation.FormModality}, []int64{m, p}},
		"its editor today":               {habilitation.Search{Editor: tilleul}, []int64{m}},
		"its editor before":              {habilitation.Search{Editor: brume}, nil},
		"several":                        {habilitation.Search{Text: "commune", State: habilitation.Validated, Editor: tilleul}, []int64{m}},
		"nothing":                        {habilitation.Search{Text: "nulle part"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			row.search.Limit = 10
			found, total, err := catalogue.List(ctx, row.search)
			if err != nil || total != len(row.want) {
				t.Errorf("%d in all, %v", total, err)
			}
			if diff := cmp.Diff(row.want, numbersOf(found)); diff != "" {
				t.Error(diff)
			}
		})
	}
	second, total, err := catalogue.List(ctx, habilitation.Search{Offset: 2, Limit: 1})
	if err != nil || total != 4 || !slices.Equal(numbersOf(second), []int64{v}) {
		t.Errorf("the third page of one: %v of %d, %v", numbersOf(second), total, err)
	}
}

// « one request with all its versions newest first »
func TestARequestIsFoundWithItsVersions(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	catalogue := &habilitation.Catalogue{Store: postgres.Catalogue{DB: s.db}}
	s.requests()
	request, versions, err := catalogue.Find(ctx, 48231)
	if err != nil || len(versions) != 2 {
		t.Fatalf("%d versions, %v", len(versions), err)
	}
	want := habilitation.Habilitation{
		Number: 10_000_004, Request: 48231, Siret: majastres, Organisation: "COMMUNE DE MAJASTRES",
		Modalities: habilitation.Modalities{Token: true, Form: true}, Scopes: []string{"cnaf_quotient_familial"},
		Editor: habilitation.Editor{Siret: tilleul, Name: "Logiciels Tilleul"}, FormUID: "api-particulier-tilleul", Title: "Tarifs de la cantine", Terms: "2026-01",
		Contacts:   habilitation.Contacts{Requester: habilitation.Contact{Mail: "anne@exemple.fr"}, DPD: habilitation.Contact{GivenName: "Zoé", Mail: "dpd@exemple.fr"}},
		ApprovedBy: "DataPass", ApprovedAt: noon.Add(4 * time.Minute),
	}
	if diff := cmp.Diff(want, versions[0]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, request.Current); diff != "" {
		t.Error(diff)
	}
	if versions[1].Number != 10_000_001 || versions[1].Editor.Siret != brume {
		t.Errorf("the version before is %+v", versions[1])
	}
	if request.Requester.Name() != "Anne Morel" || request.Revision != 3 || request.Source != habilitation.FromDatapass || !request.Habilitated() {
		t.Errorf("the request is %+v", request)
	}
	suspended, _, err := catalogue.Find(ctx, 48232)
	if err != nil || suspended.Suspension != (habilitation.Suspension{AuthorID: "7", Author: "Camille Ferrand"}) || !suspended.Current.Editor.IsZero() {
		t.Errorf("suspended: %+v, %v", suspended, err)
	}
	if refused, versions, err := catalogue.Find(ctx, 48233); err != nil || len(versions) > 0 || refused.Current.Number != 0 {
		t.Errorf("refused: %+v, %v, %v", refused, versions, err)
	}
	_, _, err = catalogue.Find(ctx, 1)
	wantCode(t, err, "habilitation.unknown")
}

// What is valid comes first, whatever happened since to what is not.
func TestTheRequestsOfAnOrganisationBeginWithWhatIsValid(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	catalogue := &habilitation.Catalogue{Store: postgres.Catalogue{DB: s.db}}
	s.requests()
	s.asked(48240, majastres, "COMMUNE DE MAJASTRES", habilitation.Refused, 0)
	found, err := catalogue.OfOrganisation(ctx, majastres)
	if diff := cmp.Diff([]int64{48231, 48240, 10_000_000}, numbersOf(found)); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if none, err := catalogue.OfOrganisation(ctx, "35600000000048"); err != nil || len(none) > 0 {
		t.Errorf("of nobody: %v, %v", none, err)
	}
}
