package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
)

func TestEverythingWrongWithARegistrationIsToldAtOnce(t *testing.T) {
	sound := directory.Registration{Name: "Majastres", Siret: "21040107100019", COG: "04107", Status: directory.StatusActive, Editor: "aucun"}
	with := func(change func(r *directory.Registration)) directory.Registration {
		r := sound
		change(&r)
		return r
	}
	one := func(field directory.Field, why directory.Fault) directory.Refusal {
		return directory.Refusal{{Field: field, Why: why}}
	}
	for name, test := range map[string]struct {
		given directory.Registration
		want  directory.Refusal
	}{
		"sound":                  {sound, nil},
		"inactive":               {with(func(r *directory.Registration) { r.Status = directory.StatusInactive }), nil},
		"the longest name":       {with(func(r *directory.Registration) { r.Name = strings.Repeat("é", 255) }), nil},
		"a name too long":        {with(func(r *directory.Registration) { r.Name = strings.Repeat("é", 256) }), one(directory.FieldName, directory.FaultTooLong)},
		"a name of spaces":       {with(func(r *directory.Registration) { r.Name = " \u00a0\t" }), one(directory.FieldName, directory.FaultMissing)},
		"a line in the name":     {with(func(r *directory.Registration) { r.Name = "Majas\ntres" }), one(directory.FieldName, directory.FaultInvalid)},
		"a NUL in the name":      {with(func(r *directory.Registration) { r.Name = "Majas\x00tres" }), one(directory.FieldName, directory.FaultInvalid)},
		"a name that is no text": {with(func(r *directory.Registration) { r.Name = "Majas\ufffdtres" }), one(directory.FieldName, directory.FaultInvalid)},
		"a wrong check digit":    {with(func(r *directory.Registration) { r.Siret = "21040107100018" }), one(directory.FieldSiret, directory.FaultInvalid)},
		"a SIRET with spaces":    {with(func(r *directory.Registration) { r.Siret = "210 401 071 00019" }), one(directory.FieldSiret, directory.FaultInvalid)},
		"a SIRET and a line":     {with(func(r *directory.Registration) { r.Siret = "21040107100019\n" }), one(directory.FieldSiret, directory.FaultInvalid)},
		"a SIRET in Arabic":      {with(func(r *directory.Registration) { r.Siret = "٢١٠٤٠١٠٧١٠٠٠١٩" }), one(directory.FieldSiret, directory.FaultInvalid)},
		"a postcode for a COG":   {with(func(r *directory.Registration) { r.COG = "20000" }), one(directory.FieldCOG, directory.FaultInvalid)},
		"a foreign COG":          {with(func(r *directory.Registration) { r.COG = "99109" }), one(directory.FieldCOG, directory.FaultInvalid)},
		"a COG that is cut":      {with(func(r *directory.Registration) { r.COG = "4107" }), one(directory.FieldCOG, directory.FaultInvalid)},
		"a COG in lower case":    {with(func(r *directory.Registration) { r.COG = "2a004" }), one(directory.FieldCOG, directory.FaultInvalid)},
		"another status":         {with(func(r *directory.Registration) { r.Status = "ouvert" }), one(directory.FieldStatus, directory.FaultUnknown)},
		"a status in upper case": {with(func(r *directory.Registration) { r.Status = "Active" }), one(directory.FieldStatus, directory.FaultUnknown)},
		"nothing": {directory.Registration{}, directory.Refusal{
			{Field: directory.FieldName, Why: directory.FaultMissing}, {Field: directory.FieldSiret, Why: directory.FaultMissing},
			{Field: directory.FieldCOG, Why: directory.FaultMissing}, {Field: directory.FieldStatus, Why: directory.FaultMissing},
		}},
	} {
		if diff := cmp.Diff(test.want, test.given.Check()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if err := error(directory.Registration{}.Check()); fault.KindOf(err) != fault.Invalid || !fault.Is(err, "collectivity.invalid") {
		t.Errorf("a refusal is of kind %v", fault.KindOf(err))
	}
}

// « départements wrong outside mainland: first two chars of the postcode -> Corsica "20",
// overseas "97" » (formulaire-qf.md §7, W9)
func TestTheDepartementFollowsFromTheCOGCode(t *testing.T) {
	service := &directory.Service{Store: postgres.Collectivities{DB: pgtest.Open(t)}, Now: time.Now}
	for i, test := range []struct{ cog, departement string }{
		{"04107", "04"}, {"2A004", "2A"}, {"2B033", "2B"}, {"97105", "971"}, {"97411", "974"}, {"97502", "975"}, {"97608", "976"}, {"98735", "987"}, {"98818", "988"}, {"20004", "2A"},
	} {
		sirets := []string{
			"21040107100019", "21280363900013", "21750001600019", "21730132400018", "35600000000048",
			"13002526500013", "35600000038983", "35600000012341", "11111111111111", "11111111111112",
		}
		kept, err := service.Register(t.Context(), directory.Registration{Name: " Une  commune ", Siret: sirets[i], COG: test.cog, Status: directory.StatusInactive})
		if err != nil || kept.Departement != test.departement || kept.COG != test.cog || kept.Name != "Une commune" || kept.Form != directory.FormSoon {
			t.Errorf("%s: %+v, %v, want the département %s", test.cog, kept, err, test.departement)
		}
	}
}
