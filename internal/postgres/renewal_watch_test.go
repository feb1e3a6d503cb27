package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// watched is a portal whose tokens expire, on a clock that moves.
type watched struct {
	*scene
	now       time.Time
	watch     *renewal.Watch
	reminders *renewal.Reminders
}

func setWatch(t *testing.T) *watched {
	t.Helper()
	s := setScene(t)
	s.editors()
	s.run(`UPDATE editors SET technical_contact = 'integration@tilleul.example.fr' WHERE siret = $1`, tilleul)
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{scene: s, now: noon}
	now := func() time.Time { return w.now }
	w.watch = &renewal.Watch{Store: postgres.RenewalWatch{DB: s.db}, Now: now}
	w.reminders = &renewal.Reminders{Store: postgres.Reminders{DB: s.db}, Sealer: ring, Prefix: credential.TestPrefix, Operator: "equipe@example.fr", Now: now}
	return w
}

// expires gives a town of Tilleul's a token that expires at the end of a day.
func (w *watched) expires(place int64, days int) (id string) {
	w.t.Helper()
	id = fmt.Sprintf("00000000-0000-4000-9000-%012d", place)
	w.asked(50_000+place, value.Siret(fmt.Sprintf("2100%010d", place)), fmt.Sprintf("Ville %03d", place), habilitation.Validated, 9)
	w.granted(10_050_000+place, 50_000+place, tilleul, true, true)
	w.run(`INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, organisation, editor_siret, scopes, issued_at, expires_at)
		SELECT $1, lpad($2::text, 12, '0'), sha256($2::text::bytea), 'test', r.number, $3, r.siret, r.organisation, $4, '{cnaf_quotient_familial}', $5, $6
		FROM requests r WHERE r.number = $7`,
		id, place, 10_050_000+place, tilleul, noon.Add(-24*time.Hour), renewal.DayIn(noon, days+1).Add(-time.Second), 50_000+place)
	return id
}

func (w *watched) remind() {
	w.t.Helper()
	if _, err := w.reminders.Remind(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// hidden makes one token of each sort of which nobody is reminded.
func (w *watched) hidden() {
	w.t.Helper()
	w.run(`UPDATE tokens SET suspended_at = $2, suspended_by = 'editeur' WHERE id = $1`, w.expires(901, 5), noon)
	w.run(`UPDATE tokens SET revoked_at = $2 WHERE id = $1`, w.expires(902, 5), noon)
	w.run(`UPDATE tokens SET barred_at = $2 WHERE id = $1`, w.expires(903, 5), noon)
	w.run(`UPDATE tokens SET replaced_at = $2, ends_at = $2 WHERE id = $1`, w.expires(904, 5), noon)
	w.expires(905, 5)
	w.run(`UPDATE requests SET state = 'suspendue', suspended_by = '7', suspender = 'X' WHERE number = 50905`)
	w.expires(906, 5)
	w.run(`UPDATE requests SET mails_by = 'ancien' WHERE number = 50906`)
	w.expires(907, 5) // whose newest habilitation is another software's
	w.granted(10_060_907, 50_907, brume, true, true)
	w.expires(908, 5) // or without the modality
	w.granted(10_060_908, 50_908, tilleul, false, true)
}

// « a calendar of every reminder to come (dry run over 18 months) »: it says what the daily work
// then records when the clock moves, whatever the days that were missed before.
func TestTheCalendarForeseesWhatIsThenRecorded(t *testing.T) {
	w, ctx := setWatch(t), context.Background()
	w.hidden()
	for i, days := range []int{-61, -60, -31, -30, -20, -7, -6, 0, 1, 7, 8, 29, 30, 45, 90, 91, 120, 300, 545, 640, 700} {
		w.expires(int64(i+1), days)
	}
	w.run(`UPDATE habilitations SET editor_siret = $1 WHERE request IN (50005, 50010)`, brume)
	w.run(`UPDATE tokens SET editor_siret = $1 WHERE request IN (50005, 50010)`, brume)
	// One whose first stages are recorded, and one that takes the place of a token which was
	// reminded of: nobody is told twice.
	w.now = noon.AddDate(0, 0, -20)
	w.remind()
	w.now = noon
	former := w.expires(801, 28)
	w.remind()
	w.run(`UPDATE tokens SET replaced_at = $2, ends_at = $2 WHERE id = $1`, former, noon)
	w.run(`INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, organisation, editor_siret, scopes, issued_at, expires_at, replaces)
		SELECT '00000000-0000-4000-9000-000000000802', 'remplacement', sha256('remplacement'), pepper, request, habilitation, siret, organisation, editor_siret, scopes, $2, expires_at, id
		FROM tokens WHERE id = $1`, former, noon)
	w.run(`DELETE FROM reminders WHERE token = '00000000-0000-4000-9000-000000000003'`) // as after an outage
	calendar, err := w.watch.Calendar(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	foreseen, listed := map[string]int{}, map[string]int{}
	for _, day := range calendar {
		total := 0
		for stage, count := range day.Stages {
			foreseen[fmt.Sprintf("%s %d", value.InParis(day.Day).Format(time.DateOnly), stage)] = count
			total += count
		}
		found, all, err := w.watch.Planned(ctx, day.Day, 0, 100)
		if err != nil || all != day.Total || total != day.Total {
			t.Errorf("%s: %d are counted, %d by stage, %d listed, %v", day.Day, day.Total, total, all, err)
		}
		for _, planned := range found {
			listed[fmt.Sprintf("%s %d", value.InParis(day.Day).Format(time.DateOnly), planned.Stage)]++
		}
	}
	// Those of the editors add up to all.
	shared := 0
	for _, editor := range []value.Siret{tilleul, brume} {
		days, err := w.watch.Calendar(ctx, editor)
		if err != nil {
			t.Fatal(err)
		}
		for _, day := range days {
			shared += day.Total
		}
	}
	for _, day := range calendar {
		shared -= day.Total
	}
	if shared != 0 {
		t.Errorf("the calendars of the editors hold %+d reminders", shared)
	}
	if diff := gocmp.Diff(foreseen, listed); diff != "" {
		t.Errorf("the lists of days differ from the calendar: %s", diff)
	}
	w.leave("to", "cc")
	recorded := map[string]int{}
	end := renewal.DayIn(value.MonthsLater(noon, 18), 1)
	for day := 0; ; day++ {
		w.now = renewal.DayIn(noon, day).Add(8 * time.Hour)
		if !w.now.Before(end) {
			break
		}
		before := w.told()
		w.remind()
		w.leave("to", "cc")
		for key, count := range w.told() {
			if count > before[key] {
				recorded[fmt.Sprintf("%s %s", value.InParis(w.now).Format(time.DateOnly), key)] = count - before[key]
			}
		}
	}
	if diff := gocmp.Diff(foreseen, recorded); diff != "" {
		t.Errorf("what is recorded differs from what was foreseen: %s", diff)
	}
	if len(recorded) < 60 {
		t.Errorf("%d reminders alone: the scene shows little", len(recorded))
	}
}

// told counts the reminders that are recorded and not passed over, by stage.
func (w *watched) told() map[string]int {
	w.t.Helper()
	rows, err := w.raw.Query(`SELECT stage::text, count(*) FROM reminders WHERE state <> 'passe' GROUP BY stage`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]int{}
	for rows.Next() {
		var stage string
		var count int
		if err := rows.Scan(&stage, &count); err != nil {
			w.t.Fatal(err)
		}
		counts[stage] = count
	}
	return counts
}

// A day that has passed has no reminder to come.
func TestAPastDayIsEmpty(t *testing.T) {
	w := setWatch(t)
	w.expires(1, 89)
	if found, total, err := w.watch.Planned(context.Background(), renewal.DayIn(noon, -1), 0, 10); err != nil || total != 0 || found != nil {
		t.Errorf("yesterday has %v, %d, %v", found, total, err)
	}
}

func namesOfRisks(found []renewal.Risk) (names []string) {
	for _, r := range found {
		names = append(names, r.Organisation)
	}
	return names
}

// « list at risk by editor and département »: the tokens that one may prolong, and no other.
func TestTheTokensAtRiskAreFoundByEveryCriterion(t *testing.T) {
	w, ctx := setWatch(t), context.Background()
	w.hidden() // of which 906 alone is at risk: another system writes to it
	for place, days := range map[int64]int{1: 91, 2: 90, 3: 30, 4: 29, 5: 7, 6: 6, 7: 0, 8: -1, 9: -400} {
		w.expires(place, days)
	}
	used := func(place int64, at time.Time) {
		w.run(`UPDATE tokens SET first_used_at = $2, last_used_at = $2 WHERE organisation = $1`, fmt.Sprintf("Ville %03d", place), at)
	}
	used(9, noon.AddDate(0, 0, -400))
	used(8, noon.AddDate(0, 0, -30))
	used(3, noon.AddDate(0, 0, -1))
	// Ville 009 still shows its token: whoever calls is hurt today.
	w.run(`INSERT INTO token_uses (token, day, outcome, uses) SELECT id, $1, '401 00103', 3 FROM tokens WHERE organisation = 'Ville 009'`, noon)
	w.open("21000000000004", "Ville 004", "75056")
	w.run(`UPDATE requests SET form_uid = 'x' WHERE number = 50005`)
	w.granted(10_061_005, 50_005, brume, true, true)
	w.run(`UPDATE tokens SET editor_siret = $1 WHERE organisation = 'Ville 005'`, brume)
	byExpiry := []string{"Ville 009", "Ville 008", "Ville 007", "Ville 906", "Ville 006", "Ville 005", "Ville 004", "Ville 003", "Ville 002"}
	latest := slices.Clone(byExpiry)
	slices.Reverse(latest)
	for name, row := range map[string]struct {
		search renewal.RiskSearch
		want   []string
	}{
		"the expiries in their order, of what is cut too": {renewal.RiskSearch{}, byExpiry},
		"and the last one first":                          {renewal.RiskSearch{Reverse: true}, latest},
		"by last use, refused calls included":             {renewal.RiskSearch{Order: renewal.ByLastUse, Danger: renewal.AlreadyCut}, []string{"Ville 009", "Ville 008"}},
		"what was never used comes last":                  {renewal.RiskSearch{Order: renewal.ByLastUse, Limit: 3}, []string{"Ville 009", "Ville 003", "Ville 008"}},
		"by name":                                         {renewal.RiskSearch{Order: renewal.ByTown, Limit: 2}, []string{"Ville 002", "Ville 003"}},
		"the other way round":                             {renewal.RiskSearch{Order: renewal.ByTown, Reverse: true, Limit: 2}, []string{"Ville 906", "Ville 009"}},
		"less than thirty days":                           {renewal.RiskSearch{Danger: renewal.InThirty}, byExpiry[2:7]},
		"less than seven":                                 {renewal.RiskSearch{Danger: renewal.InSeven}, byExpiry[2:5]},
		"cut":                                             {renewal.RiskSearch{Danger: renewal.AlreadyCut}, byExpiry[:2]},
		"an editor":                                       {renewal.RiskSearch{Editor: brume}, []string{"Ville 005"}},
		"a département":                                   {renewal.RiskSearch{Departement: "75"}, []string{"Ville 004"}},
		"another one":                                     {renewal.RiskSearch{Departement: "13"}, nil},
		"words":                                           {renewal.RiskSearch{Text: "ville 006"}, []string{"Ville 006"}},
		"a SIRET":                                         {renewal.RiskSearch{Text: "21000000000007"}, []string{"Ville 007"}},
		"a request":                                       {renewal.RiskSearch{Text: "D50008"}, []string{"Ville 008"}},
		"nothing that a name has":                         {renewal.RiskSearch{Text: "%"}, nil},
		"a danger that is not":                            {renewal.RiskSearch{Danger: "demain"}, byExpiry},
		"several, that meet":                              {renewal.RiskSearch{Danger: renewal.InSeven, Editor: tilleul, Text: "ville 906"}, []string{"Ville 906"}},
		"the second page":                                 {renewal.RiskSearch{Offset: 2, Limit: 2}, byExpiry[2:4]},
		"an order that is not is the usual one":           {renewal.RiskSearch{Order: "hasard", Limit: 1}, byExpiry[:1]},
		"those whose address was refused, none here": {renewal.RiskSearch{Refused: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if row.search.Limit == 0 {
				row.search.Limit = 50
			}
			found, _, err := w.watch.Risks(ctx, row.search)
			if diff := gocmp.Diff(row.want, namesOfRisks(found)); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
	counts, err := w.watch.Counts(ctx, "")
	if want := (renewal.RiskCounts{All: 9, InThirty: 5, InSeven: 3, Cut: 2}); counts != want || err != nil {
		t.Errorf("counted %+v, %v", counts, err)
	}
	if counts, err := w.watch.Counts(ctx, brume); counts != (renewal.RiskCounts{All: 1, InThirty: 1}) || err != nil {
		t.Errorf("of an editor: %+v, %v", counts, err)
	}
	sheet, err := w.watch.Export(ctx, renewal.RiskSearch{Offset: 3, Limit: 1})
	if diff := gocmp.Diff(byExpiry, namesOfRisks(sheet)); diff != "" || err != nil {
		t.Errorf("a sheet: %v %s", err, diff)
	}
}

// The job's notion of a token that is reminded of and the watch's are the same, but for those
// about which another system writes.
func TestWhatIsAtRiskIsRemindedOf(t *testing.T) {
	w, ctx := setWatch(t), context.Background()
	w.hidden()
	for place, days := range map[int64]int{1: 91, 2: 90, 3: 0, 4: -59} {
		w.expires(place, days)
	}
	due, _, err := w.reminders.Store.ListDue(ctx, noon, renewal.Place{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var reminded, atRisk []string
	for _, token := range due {
		reminded = append(reminded, token.Organisation)
	}
	found, _, err := w.watch.Risks(ctx, renewal.RiskSearch{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, risk := range found {
		_, next := risk.Next(noon)
		if next == risk.Elsewhere {
			t.Errorf("%s: another system writes: %v, and a reminder comes: %v", risk.Organisation, risk.Elsewhere, next)
		}
		atRisk = append(atRisk, risk.Organisation)
	}
	slices.Sort(reminded)
	slices.Sort(atRisk)
	if diff := gocmp.Diff(reminded, atRisk); diff != "" || len(reminded) != 4 { // the fourth is written of elsewhere
		t.Error(diff)
	}
}

// A line tells what somebody who calls the town must know: whether its address refuses mails,
// whether a modification is being instructed, and what comes next.
func TestALineAtRiskTellsWhatToKnow(t *testing.T) {
	w, ctx := setWatch(t), context.Background()
	w.expires(1, 90)
	w.run(`UPDATE requests SET requester = requester || '{"telephone":"0400000000"}' WHERE number = 50001`)
	w.remind()
	line := func() renewal.Risk {
		t.Helper()
		found, total, err := w.watch.Risks(ctx, renewal.RiskSearch{Limit: 10})
		if err != nil || total != 1 {
			t.Fatalf("%d lines, %v", total, err)
		}
		return found[0]
	}
	hand := func(stage int, state, code string) {
		t.Helper()
		w.run(`UPDATE mail_recipients SET state = $2, code = $3, told_at = $4 WHERE field = 'to' AND mail_id = (
			SELECT m.id FROM mails m JOIN reminders x ON x.mail_key = m.key WHERE x.stage = $1)`, stage, state, code, noon)
	}
	first := line()
	if first.Requester.Name() != "Anne Morel" || first.Requester.Phone != "0400000000" || first.RefusedMail != 0 || !first.Amendment.IsZero() {
		t.Errorf("at first: %+v", first)
	}
	if next, ok := first.Next(noon); !ok || next.Stage != 60 || !next.Day.Equal(renewal.DayIn(noon, 30)) {
		t.Errorf("next comes %+v", next)
	}
	hand(90, "bounced", "550 5.1.1")
	refused := line()
	if refused.RefusedMail == 0 || refused.RefusedAddress != refused.Requester.Mail {
		t.Errorf("refused: %+v", refused)
	}
	if found, _, err := w.watch.Risks(ctx, renewal.RiskSearch{Refused: true, Limit: 10}); len(found) != 1 || err != nil {
		t.Errorf("%d refused, %v", len(found), err)
	}
	if counts, err := w.watch.Counts(ctx, ""); counts.Refused != 1 || err != nil {
		t.Errorf("%+v, %v", counts, err)
	}
	w.run(`INSERT INTO collectivities (siret, name, folded_name, code_cog, departement, form, contact_phone, created_at, updated_at)
		SELECT siret, organisation, '', '04107', '04', 'ouvert', '04 92 00 00 00', $1, $1 FROM tokens`, noon)
	w.run(`UPDATE requests SET refused_mail = requester ->> 'mail', corrected_mail = 'a.morel@mairie.exemple.fr'`)
	if mended := line(); mended.Requester.Mail != "a.morel@mairie.exemple.fr" || mended.RefusedMail != 0 || mended.TownPhone != "04 92 00 00 00" {
		t.Errorf("after the correction: %+v", mended)
	}
	w.run(`UPDATE requests SET refused_mail = '', corrected_mail = ''`)
	// A later reminder that arrived says that the address is right by now.
	w.now = noon.AddDate(0, 0, 30)
	w.remind()
	hand(60, "sent", "")
	if line().RefusedMail != 0 {
		t.Error("an address that takes mails counts as refused")
	}
	w.run(`INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at)
		SELECT id, request, expires_at, false, true, 'Anne Morel', $1 FROM tokens`, noon)
	if begun := line().Amendment; begun.IsZero() || !begun.FiledAt.IsZero() || begun.Request != 50_001 {
		t.Errorf("begun: %+v", begun)
	}
	w.run(`UPDATE amendments SET filed_at = $1`, noon)
	w.applies(50_001, request.Filed)
	if filed := line().Amendment; !filed.FiledAt.Equal(noon) || !filed.Filed() {
		t.Errorf("filed: %+v", filed)
	}
	w.run(`UPDATE applications SET phase = $1`, string(request.Returned))
	if returned := line().Amendment; !returned.Returned || returned.Filed() {
		t.Errorf("sent back: %+v", returned)
	}
	w.run(`UPDATE amendments SET ended_at = $1, outcome = 'refusee'`, noon)
	if ended := line().Amendment; !ended.IsZero() {
		t.Errorf("one that is decided goes on: %+v", ended)
	}
	// Somebody without address has no mail to be refused.
	w.run(`UPDATE requests SET requester = '{"prenom":"Anne","nom":"Morel"}' WHERE number = 50001`)
	if counts, err := w.watch.Counts(ctx, ""); counts.Unaddressed != 1 || counts.Refused != 0 || err != nil {
		t.Errorf("%+v, %v", counts, err)
	}
}

// applies is how far what was written for a request is.
func (w *watched) applies(number int64, phase request.Phase) {
	w.t.Helper()
	w.run(`INSERT INTO form_versions (form_uid, version, content, published_at) VALUES ($1, 1, '{}', $2) ON CONFLICT DO NOTHING`, tilleulForm, noon)
	w.run(`INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at) VALUES ($1, $2, 1, $3, '{}', $4, $4, $4)`,
		number, tilleulForm, string(phase), noon)
}

// « funnel (sent, opened by sign-in, done) »
func TestTheFunnelTellsWhatBecameOfEachMonth(t *testing.T) {
	w, ctx := setWatch(t), context.Background()
	prolongs := func(id string, at time.Time, way renewal.Way) {
		w.run(`INSERT INTO prolongations (token, from_at, until_at, way, author_id, author, at)
			SELECT id, expires_at, expires_at + interval '18 months', $2, '1', 'Anne Morel', $3 FROM tokens WHERE id = $1`, id, string(way), at)
		w.run(`UPDATE tokens SET expires_at = expires_at + interval '18 months' WHERE id = $1`, id)
	}
	w.expires(1, 15) // 17 March, like the next four
	early, inTime, late, replaced := w.expires(2, 15), w.expires(3, 15), w.expires(4, 15), w.expires(5, 15)
	w.expires(6, 40) // April
	w.expires(7, 91) // of which nobody is reminded yet
	w.now = noon.AddDate(0, 0, -20)
	w.remind()
	w.leave("to", "cc")
	prolongs(early, renewal.DayIn(noon, -16), renewal.Confirmed)
	w.now = noon
	w.remind()
	w.run(`UPDATE mail_recipients SET state = 'sent', told_at = $1 WHERE mail_id IN (SELECT id FROM mails WHERE key LIKE 'rappel %')`, noon)
	w.run(`UPDATE mail_recipients SET state = 'bounced', code = '550', told_at = $1 WHERE field = 'to' AND mail_id = (
		SELECT m.id FROM mails m JOIN reminders x ON x.mail_key = m.key WHERE x.token = $2 AND x.stage = 15)`, noon, late)
	w.run(`INSERT INTO renewal_arrivals (token, expires_at, at) SELECT token, expires_at, $1 FROM reminders WHERE token IN ($2, $3) GROUP BY 1, 2`, noon, early, late)
	prolongs(inTime, renewal.DayIn(noon, 15).Add(time.Hour), renewal.Amended)
	prolongs(late, renewal.DayIn(noon, 16), renewal.Confirmed)
	w.run(`UPDATE tokens SET replaced_at = $2, ends_at = $2 WHERE id = $1`, replaced, noon)
	months, err := w.watch.Funnel(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	want := []renewal.FunnelMonth{
		{Month: value.DayBegins(2026, time.April, 1), Tokens: 1, Written: 1, Sent: 1},
		// One that is not prolonged, and three that are: each was written to 35 days before its
		// expiry and, but for the first, on the fifteenth day before it.
		{Month: value.DayBegins(2026, time.March, 1), Tokens: 4, Written: 7, Sent: 6, Opened: 3, Early: 1, InTime: 1, Late: 1, Amended: 1},
	}
	if diff := gocmp.Diff(want, months); diff != "" {
		t.Error(diff)
	}
	// Whoever prolonged has come, and whoever began a modification: a live session signs in no more.
	for _, month := range months {
		if month.Opened < month.Prolonged() {
			t.Errorf("%+v: more prolonged than came", month)
		}
	}
	w.run(`INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at)
		SELECT id, request, expires_at, false, true, 'Anne Morel', $1 FROM tokens WHERE request = 50006`, noon)
	if again, err := w.watch.Funnel(ctx, ""); err != nil || again[0].Opened != 1 {
		t.Errorf("who begins a modification has not come: %+v, %v", again[0], err)
	}
	for editor, want := range map[value.Siret]int{tilleul: 2, brume: 0} {
		if own, err := w.watch.Funnel(ctx, editor); err != nil || len(own) != want {
			t.Errorf("%s has %d months, %v", editor, len(own), err)
		}
	}
	if march := months[1]; march.Prolonged() != 3 || march.Left() != 1 {
		t.Errorf("%d prolonged, %d left", march.Prolonged(), march.Left())
	}
}

// « figure "non instruites à l'échéance" (goal 0) »
func TestWhatWasNotDecidedInTimeIsCounted(t *testing.T) {
	w, ctx := setWatch(t), context.Background()
	amends := func(place int64, days int, filed, ended any) {
		w.expires(place, days)
		outcome := ""
		if ended != nil {
			outcome = "validee"
		}
		w.run(`INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at, filed_at, ended_at, outcome)
			SELECT id, request, expires_at, true, false, 'Anne Morel', $2, $3, $4, $5 FROM tokens WHERE request = $1`,
			50_000+place, noon.AddDate(0, 0, -500), filed, ended, outcome)
		phase := request.Filed
		switch {
		case ended != nil:
			phase = request.Closed
		case filed == nil:
			phase = request.Writing
		}
		w.applies(50_000+place, phase)
	}
	at := func(days int) time.Time { return noon.AddDate(0, 0, days) }
	amends(1, -10, at(-20), nil)      // missed, and still waits
	amends(2, -10, at(-20), at(-5))   // missed, decided since
	amends(3, -10, at(-20), at(-15))  // decided in time
	amends(4, -10, at(-2), nil)       // filed once it was cut
	amends(5, -10, nil, nil)          // not filed
	amends(6, -370, at(-380), nil)    // more than a year ago
	amends(7, 7, at(-1), nil)         // to be decided within seven days
	amends(8, 8, at(-1), nil)         // there is time
	amends(9, 3, at(-1), at(0))       // decided
	amends(10, -300, at(-301), at(0)) // missed
	amends(11, 0, at(-1), nil)        // today
	amends(12, -10, at(-20), nil)     // sent back: the town is waited for
	amends(13, 3, at(-20), nil)       // likewise
	w.run(`UPDATE applications SET phase = $1 WHERE request IN (50012, 50013)`, string(request.Returned))
	held, err := w.watch.Held(ctx)
	if err != nil {
		t.Fatal(err)
	}
	names := func(list []renewal.Undecided) (names []string) {
		for _, u := range list {
			names = append(names, u.Organisation)
		}
		return names
	}
	if diff := gocmp.Diff([]string{"Ville 001", "Ville 002", "Ville 010"}, names(held.Missed)); diff != "" {
		t.Errorf("missed: %s", diff)
	}
	if diff := gocmp.Diff([]string{"Ville 011", "Ville 007"}, names(held.Pressed)); diff != "" {
		t.Errorf("pressed: %s", diff)
	}
	// What home pages count is what the lists show.
	late, err := w.watch.Late(ctx)
	if err != nil {
		t.Fatal(err)
	}
	waits := 0
	for _, u := range held.Missed {
		if u.EndedAt.IsZero() {
			waits++
		}
	}
	_, cut, err := w.watch.Risks(ctx, renewal.RiskSearch{Danger: renewal.AlreadyCut})
	if want := (renewal.Late{Cut: cut, Undecided: waits}); err != nil || late != want || cut != 8 || waits != 1 {
		t.Errorf("%+v are late, want %+v, %v", late, want, err)
	}
	if counted := w.waiting().Late; counted != late {
		t.Errorf("the administration reads %+v", counted)
	}
}
