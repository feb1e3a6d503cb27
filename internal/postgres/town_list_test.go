package postgres_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// « list of all collectivities for staff with filters text, form state, département, editor »
func TestStaffFindEveryTown(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	towns := &directory.Towns{Store: postgres.Towns{DB: s.db}}
	s.editors()
	s.run(`UPDATE collectivities SET folded_name = lower(name), postcode = '04270', editor_siret = $2 WHERE siret = $1`, majastres, tilleul)
	s.run(`UPDATE collectivities SET folded_name = lower(name), postcode = '75001', form = 'ferme' WHERE siret = $1`, paris)
	for name, row := range map[string]struct {
		search directory.TownSearch
		want   []value.Siret
	}{
		"all":                       {directory.TownSearch{}, []value.Siret{majastres, paris}},
		"turned round":              {directory.TownSearch{Descending: true}, []value.Siret{paris, majastres}},
		"a name":                    {directory.TownSearch{Text: "Majas"}, []value.Siret{majastres}},
		"a closed one by its SIRET": {directory.TownSearch{Text: "217 500 016 00019"}, []value.Siret{paris}},
		"the beginning of a SIRET":  {directory.TownSearch{Text: "217500"}, []value.Siret{paris}},
		"a postcode":                {directory.TownSearch{Text: "0427"}, []value.Siret{majastres}},
		"a name and its place":      {directory.TownSearch{Text: "Majastres (04)"}, []value.Siret{majastres}},
		"a state":                   {directory.TownSearch{Form: directory.FormClosed}, []value.Siret{paris}},
		"a département":             {directory.TownSearch{Departement: "75"}, []value.Siret{paris}},
		"an editor":                 {directory.TownSearch{Editor: tilleul}, []value.Siret{majastres}},
		"several":                   {directory.TownSearch{Text: "majastres", Departement: "75"}, nil},
		"neither letter nor digit":  {directory.TownSearch{Text: "%"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			row.search.Limit = 10
			found, total, err := towns.List(ctx, row.search)
			var got []value.Siret
			for _, town := range found {
				got = append(got, town.Siret)
			}
			if diff := cmp.Diff(row.want, got); diff != "" || total != len(row.want) || err != nil {
				t.Errorf("%d in all, %v: %s", total, err, diff)
			}
		})
	}
	town, err := towns.Find(ctx, majastres)
	if err != nil || town.EditorName != "Logiciels Tilleul" || town.Postcode != "04270" {
		t.Errorf("%+v, %v", town, err)
	}
	_, err = towns.Find(ctx, "21280363900013")
	wantCode(t, err, "collectivity.unknown")
}
