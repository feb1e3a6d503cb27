package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

func (s *scene) facts() postgres.Facts { return postgres.Facts{DB: s.db} }

// requesterOf sets the address of the requester of a request.
func (s *scene) requesterOf(number int64, mail string) {
	s.t.Helper()
	s.run(`UPDATE requests SET requester = jsonb_build_object('mail', $2::text) WHERE number = $1`, number, mail)
}

func TestTheOtherRequestsOfAnEstablishmentAreListed(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	for i, state := range habilitation.States {
		s.asked(int64(100+i), majastres, "COMMUNE DE MAJASTRES", state, 10+i)
	}
	s.asked(200, paris, "Ville de Paris", habilitation.Validated, 1)
	s.asked(201, majastres, "COMMUNE DE MAJASTRES", habilitation.Submitted, 1)
	s.granted(10_000_001, 101, tilleul, true, true)
	others, err := s.facts().ListOthers(ctx, majastres, 201)
	if err != nil {
		t.Fatal(err)
	}
	var states []habilitation.State
	for _, other := range others {
		states = append(states, other.State)
		if other.Number == 101 && other.Current.Number != 10_000_001 {
			t.Errorf("without what was granted: %+v", other)
		}
	}
	want := []habilitation.State{
		habilitation.Submitted, habilitation.ChangesRequested, habilitation.Validated, habilitation.Refused, habilitation.Reopened, habilitation.Suspended,
		habilitation.Revoked,
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
	for i := range 30 {
		s.asked(int64(300+i), majastres, "COMMUNE DE MAJASTRES", habilitation.Refused, 5)
	}
	if others, err = s.facts().ListOthers(ctx, majastres, 201); err != nil || len(others) != 20 || others[0].Number != 329 {
		t.Errorf("%d others, %v", len(others), err)
	}
}

// « only the operator undoes what it did » (PRODUCT.md 3.4): an instructor reads that it holds a
// token of the town closed, until it does.
func TestTheTokensThatTheOperatorSuspendedAreListed(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	facts := postgres.Facts{DB: v.db}
	listed := func() map[habilitation.RequestNumber]time.Time {
		t.Helper()
		found, err := facts.ListSuspendedTokens(ctx, majastres)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if err := v.service.Suspend(ctx, sofia, v.id, "Un essai."); err != nil {
		t.Fatal(err)
	}
	if found := listed(); len(found) != 0 {
		t.Errorf("suspended by its editor: %v", found)
	}
	if err := v.service.Resume(ctx, sofia, v.id); err != nil {
		t.Fatal(err)
	}
	if err := v.service.Suspend(ctx, staff, v.id, "Le jeton est sur un forum."); err != nil {
		t.Fatal(err)
	}
	if found := listed(); len(found) != 1 || !found[48231].Equal(v.now) {
		t.Errorf("suspended by the operator: %v", found)
	}
	if found, err := facts.ListSuspendedTokens(ctx, paris); err != nil || len(found) != 0 {
		t.Errorf("of another town: %v, %v", found, err)
	}
	if err := v.service.Resume(ctx, staff, v.id); err != nil {
		t.Fatal(err)
	}
	if found := listed(); len(found) != 0 {
		t.Errorf("restored: %v", found)
	}
}

func TestTheDomainOfAMailIsCountedInTheTownAndElsewhere(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	for i, row := range []struct {
		siret value.Siret
		mail  string
		state habilitation.State
	}{
		{majastres, "anne@majastres.example.fr", habilitation.Submitted}, // 1: the one that is looked at
		{majastres, "PAUL@Majastres.example.fr", habilitation.Validated},
		{majastres, "paul@majastres.example.fr", habilitation.Refused},
		{majastres, "paul@majastres.example.fr", habilitation.Draft},
		{majastres, "paul@majastres.example.fr", habilitation.Archived},
		{majastres, "paul@autre-majastres.example.fr", habilitation.Validated},
		{paris, "paul@majastres.example.fr", habilitation.Revoked},
		{paris, "majastres.example.fr@example.fr", habilitation.Validated},
		{paris, "", habilitation.Validated},
	} {
		s.asked(int64(i+1), row.siret, "Commune", row.state, 1)
		s.requesterOf(int64(i+1), row.mail)
	}
	s.asked(50, paris, "Commune", habilitation.Validated, 1)
	s.run(`UPDATE requests SET requester = '{}' WHERE number = 50`)
	town, others, err := s.facts().CountDomain(ctx, "majastres.example.fr", majastres, 1)
	if town != 2 || others != 1 || err != nil {
		t.Errorf("%d of the town, %d of others, %v", town, others, err)
	}
	if town, others, err = s.facts().CountDomain(ctx, "nulle-part.example.fr", majastres, 1); town != 0 || others != 0 || err != nil {
		t.Errorf("%d of the town, %d of others, %v", town, others, err)
	}
}

func TestTheOtherTownsOfADataProtectionOfficerAreCounted(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	names := func(number int64, dpd string) {
		s.run(`UPDATE applications SET answers = jsonb_build_object('dpd', jsonb_build_object('mail', $2::text)) WHERE request = $1`, number, dpd)
	}
	grants := func(version, number int64, dpd string) {
		s.granted(version, number, tilleul, true, true)
		s.run(`UPDATE habilitations SET contacts = jsonb_build_object('dpd', jsonb_build_object('mail', $2::text)) WHERE number = $1`, version, dpd)
	}
	town := func(i int) value.Siret { return value.Siret(fmt.Sprintf("2100000000%04d", i)) }
	const zoe = "zoe@dpd.example.fr"
	for i, row := range []struct {
		state habilitation.State
		phase request.Phase
		dpd   string
	}{
		{habilitation.Submitted, request.Filed, "Zoe@DPD.example.fr"},   // counts
		{habilitation.ChangesRequested, request.Returned, zoe},          // counts
		{habilitation.Draft, request.Writing, zoe},                      // was not deposited
		{habilitation.Refused, request.Closed, zoe},                     // came to nothing
		{habilitation.Submitted, request.Filed, "zoe@autre.example.fr"}, // somebody else
		{habilitation.Submitted, request.Filed, ""},                     // nobody
	} {
		s.lineUp(lined{number: int64(1000 + i), siret: town(i), state: row.state, phase: row.phase, filed: 1})
		names(int64(1000+i), row.dpd)
	}
	s.asked(2000, town(20), "Commune", habilitation.Validated, 1) // counts once, though twice
	grants(10_000_001, 2000, zoe)
	s.asked(2001, town(20), "Commune", habilitation.Validated, 1)
	grants(10_000_002, 2001, zoe)
	s.asked(2002, town(21), "Commune", habilitation.Validated, 1) // named before, not any more
	grants(10_000_003, 2002, zoe)
	grants(10_000_004, 2002, "autre@dpd.example.fr")
	s.asked(2003, town(0), "Commune", habilitation.Validated, 1) // a town that counts already
	grants(10_000_005, 2003, zoe)
	s.asked(2004, majastres, "Commune", habilitation.Validated, 1) // the town itself
	grants(10_000_006, 2004, zoe)
	if n, err := s.facts().CountDPD(ctx, "ZOE@dpd.example.fr", majastres); n != 3 || err != nil {
		t.Errorf("%d other towns, %v", n, err)
	}
}

func TestAnEditorIsFoundByItsContact(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.run(`UPDATE editors SET technical_contact = 'Support@Tilleul.example.fr' WHERE siret = $1`, tilleul)
	found, err := s.facts().FindEditorByContact(ctx, "support@tilleul.example.fr")
	if found != (request.Proposed{Siret: tilleul, Name: "Logiciels Tilleul"}) || err != nil {
		t.Errorf("%+v, %v", found, err)
	}
	for _, mail := range []string{"", "autre@tilleul.example.fr", "%"} {
		_, err := s.facts().FindEditorByContact(ctx, mail)
		wantCode(t, err, "editor.unknown")
	}
}
