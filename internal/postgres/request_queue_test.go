package postgres_test

import (
	"cmp"
	"context"
	"net/url"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	accounts "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// lined is an application in the queue. Its hours are those before noon.
type lined struct {
	number      int64
	siret       value.Siret
	name        string
	state       habilitation.State
	phase       request.Phase
	form        string // tilleulForm when ""
	departement string
	filed       int // hours since the first deposit; 0 for none
	again       int // hours since the last one, when it is another
	edited      int // hours since the last edit, of what was not deposited
	assignee    int64
}

func hoursAgo(hours int) time.Time { return noon.Add(-time.Duration(hours) * time.Hour) }

func (s *scene) lineUp(lines ...lined) {
	s.t.Helper()
	for _, l := range lines {
		var first, last any
		if l.filed != 0 {
			first, last = hoursAgo(l.filed), hoursAgo(cmp.Or(l.again, l.filed))
		}
		form := cmp.Or(l.form, tilleulForm)
		s.asked(l.number, cmp.Or(l.siret, majastres), cmp.Or(l.name, "COMMUNE DE MAJASTRES"), l.state, 1)
		s.run(`UPDATE requests SET source = 'portail', form_uid = $2 WHERE number = $1`, l.number, form)
		s.run(`INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at, departement, assignee)
			VALUES ($1, $2, 1, $3, '{}', $4, $5, $6, $7, NULLIF($8, 0))`,
			l.number, form, string(l.phase), hoursAgo(cmp.Or(l.edited, l.again, l.filed)), last, first, l.departement, l.assignee)
	}
}

// says is a message about a request; staff wrote it, or its town.
func (s *scene) says(number int64, side request.Side, read bool) {
	s.t.Helper()
	s.run(`INSERT INTO request_messages (request, side, author, body, at, read_at) VALUES ($1, $2, 'Anne Morel', 'Bonjour', $3, CASE WHEN $4 THEN $3::timestamptz END)`,
		number, string(side), noon, read)
}

// claims makes somebody claim a request, some time before noon.
func (s *scene) claims(number, claimant int64, before time.Duration) {
	s.t.Helper()
	s.run(`INSERT INTO request_claims (request, account_id, state, at) VALUES ($1, $2, 'en_attente', $3)`, number, claimant, noon.Add(-before))
}

// instructs is somebody of the operator's who holds a role.
func (s *scene) instructs(given, usual string, role accounts.Role) request.Person {
	s.t.Helper()
	id := s.colleague(given, usual, "13002526500013")
	s.run(`UPDATE memberships SET role = $2 WHERE account_id = $1`, id, string(role))
	var mail string
	if err := s.raw.QueryRowContext(context.Background(), `SELECT mail FROM accounts WHERE id = $1`, id).Scan(&mail); err != nil {
		s.t.Fatal(err)
	}
	return request.Person{ID: id, Name: given + " " + usual, Mail: mail}
}

func (s *scene) instruction() *request.Instruction {
	return &request.Instruction{Desk: postgres.Desk{DB: s.db}, Claims: postgres.Exchange{DB: s.db}, Now: func() time.Time { return noon }}
}

func actorOf(p request.Person) accounts.Actor {
	return accounts.Actor{AccountID: p.ID, Name: p.Name, Mail: p.Mail}
}

// The requests of a day of instruction, by their number.
const (
	dFresh        = 10_000_001 // deposited for the first time, five hours ago
	dOld          = 10_000_002 // thirty hours ago
	dAmended      = 10_000_003 // a modification
	dReturned     = 10_000_004
	dDraft        = 10_000_005
	dAmending     = 10_000_006 // a modification that is being written
	dApproved     = 10_000_007
	dRefused      = 10_000_008
	dWithdrawn    = 10_000_009
	dDropped      = 10_000_010 // a draft that was withdrawn
	dAnswered     = 10_000_011 // deposited before dFresh, returned, and deposited again since
	dElsewhere    = 48231      // DataPass has it, and somebody claims it for long
	dElsewhereToo = 48232      // DataPass has it, and somebody claims it since yesterday
)

// day is a queue with something at every stage, and two instructors.
func (s *scene) day() (nadia, karim request.Person) {
	s.t.Helper()
	s.editors()
	s.forms()
	nadia, karim = s.instructs("Nadia", "Roux", accounts.Instructor), s.instructs("Karim", "Blanc", accounts.Instructor)
	claimant := s.colleague("Paul", "Garnier", majastres)
	s.lineUp(
		lined{number: dFresh, state: habilitation.Submitted, phase: request.Filed, filed: 5, departement: "04", assignee: nadia.ID},
		lined{number: dOld, siret: paris, name: "Ville de l’Œuvre, Écoles", state: habilitation.Submitted, phase: request.Filed, filed: 30, departement: "75"},
		lined{number: dAmended, state: habilitation.Reopened, phase: request.Filed, filed: 2, departement: "04", assignee: karim.ID},
		lined{number: dReturned, state: habilitation.ChangesRequested, phase: request.Returned, filed: 40},
		lined{number: dDraft, state: habilitation.Draft, phase: request.Writing, edited: 10},
		lined{number: dAmending, state: habilitation.Reopened, phase: request.Writing, edited: 20},
		lined{number: dApproved, state: habilitation.Validated, phase: request.Closed, filed: 50},
		lined{number: dRefused, state: habilitation.Refused, phase: request.Closed, filed: 60},
		lined{number: dWithdrawn, state: habilitation.Archived, phase: request.Closed, filed: 70},
		lined{number: dDropped, state: habilitation.Archived, phase: request.Closed, edited: 80},
		lined{number: dAnswered, form: "formulaire-qf", state: habilitation.Submitted, phase: request.Filed, filed: 6, again: 1},
	)
	s.granted(10_000_021, dApproved, tilleul, true, true)
	s.asked(dElsewhere, majastres, "COMMUNE DE MAJASTRES", habilitation.Validated, 200)
	s.asked(dElsewhereToo, majastres, "COMMUNE DE MAJASTRES", habilitation.Validated, 200)
	s.claims(dElsewhere, claimant, request.ClaimPatience)
	s.claims(dElsewhereToo, claimant, request.ClaimPatience-time.Microsecond)
	s.claims(dApproved, claimant, 100*time.Hour)
	s.says(dFresh, request.SideTown, false)
	s.says(dFresh, request.SideTown, false)
	s.says(dApproved, request.SideTown, false)
	s.says(dOld, request.SideTown, true)
	s.says(dReturned, request.SideStaff, false)
	return nadia, karim
}

func numbersQueued(lines []request.Queued) (numbers []int64) {
	for _, line := range lines {
		numbers = append(numbers, int64(line.Number))
	}
	return numbers
}

// « queue by priority and age, filters (state, editor, form, département, assignee, text) »
func TestTheQueueIsFoundByEveryCriterion(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	desk := s.instruction()
	if none, total, err := desk.Queue(ctx, accounts.Actor{}, request.Search{Limit: 10}); err != nil || total != 0 || none != nil {
		t.Fatalf("an empty queue gives %v, %d, %v", none, total, err)
	}
	nadia, _ := s.day()
	for name, row := range map[string]struct {
		search request.Search
		want   []int64
	}{
		"modifications first, then the first deposit": {request.Search{}, []int64{dAmended, dOld, dAnswered, dFresh}},
		"changes are asked":                           {request.Search{Stage: request.StageReturned}, []int64{dReturned}},
		"being written":                               {request.Search{Stage: request.StageWriting}, []int64{dAmending, dDraft}},
		"closed, without dropped drafts":              {request.Search{Stage: request.StageClosed}, []int64{dWithdrawn, dRefused, dApproved}},
		"claimed for 72 hours, DataPass's too":        {request.Search{Stage: request.StageClaimed}, []int64{dElsewhere, dApproved}},
		"their town wrote":                            {request.Search{Stage: request.StageUnread}, []int64{dApproved, dFresh}},
		"all but drafts": {request.Search{Stage: request.StageAny},
			[]int64{dAmending, dAmended, dWithdrawn, dRefused, dApproved, dReturned, dOld, dAnswered, dFresh}},
		"a stage that is not":           {request.Search{Stage: "demain"}, []int64{dAmended, dOld, dAnswered, dFresh}},
		"an editor":                     {request.Search{Editor: tilleul}, []int64{dAmended, dOld, dFresh}},
		"the editor of a claimed one":   {request.Search{Stage: request.StageClaimed, Editor: tilleul}, []int64{dElsewhere, dApproved}},
		"another editor":                {request.Search{Editor: brume}, nil},
		"a form":                        {request.Search{FormUID: "formulaire-qf"}, []int64{dAnswered}},
		"a département":                 {request.Search{Departement: "75"}, []int64{dOld}},
		"mine":                          {request.Search{Assigned: request.AssignedToMe}, []int64{dFresh}},
		"nobody's":                      {request.Search{Assigned: request.AssignedToNobody}, []int64{dOld, dAnswered}},
		"somebody else's":               {request.Search{Assigned: request.AssignedToOther}, []int64{dAmended}},
		"words without accents":         {request.Search{Text: "ecoles oeuvre"}, []int64{dOld}},
		"the beginning of a SIRET":      {request.Search{Text: "217 500"}, []int64{dOld}},
		"a request":                     {request.Search{Text: "d 10 000 001"}, []int64{dFresh}},
		"a request of another stage":    {request.Search{Text: "D10000004"}, []int64{10000004}},
		"a habilitation":                {request.Search{Text: "H10000021", Stage: request.StageAny}, []int64{dApproved}},
		"a mail":                        {request.Search{Text: "Anne.Morel@217"}, []int64{dOld}},
		"a mail is no pattern":          {request.Search{Text: "anne_morel@"}, nil},
		"neither letter nor digit":      {request.Search{Text: "%"}, nil},
		"several":                       {request.Search{Text: "majastres", Departement: "04", Editor: tilleul, Assigned: request.AssignedToMe}, []int64{dFresh}},
		"several that hold nobody":      {request.Search{Text: "majastres", Departement: "75"}, nil},
		"mine among those in exchanges": {request.Search{Stage: request.StageAny, Assigned: request.AssignedToMe}, []int64{dFresh}},
	} {
		t.Run(name, func(t *testing.T) {
			row.search.Limit = 20
			found, total, err := desk.Queue(ctx, actorOf(nadia), row.search)
			if err != nil || total != len(row.want) {
				t.Errorf("%d in all, %v", total, err)
			}
			if diff := gocmp.Diff(row.want, numbersQueued(found)); diff != "" {
				t.Error(diff)
			}
		})
	}
	third, total, err := desk.Queue(ctx, actorOf(nadia), request.Search{Offset: 2, Limit: 1})
	if diff := gocmp.Diff([]int64{dAnswered}, numbersQueued(third)); diff != "" || total != 4 || err != nil {
		t.Errorf("the third page of one, of %d, %v: %s", total, err, diff)
	}
	sheet, err := desk.Export(ctx, actorOf(nadia), request.Search{Offset: 2, Limit: 1})
	if diff := gocmp.Diff([]int64{dAmended, dOld, dAnswered, dFresh}, numbersQueued(sheet)); diff != "" || err != nil {
		t.Errorf("a sheet holds every page, %v: %s", err, diff)
	}
}

func TestALineOfTheQueueTellsWhatToKnow(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia, karim := s.day()
	s.run(`INSERT INTO form_versions (form_uid, version, content, published_at) VALUES ($1, 2, '{"logiciel": "Tilleul en ligne"}', $2)`, tilleulForm, noon)
	whole, _, err := s.instruction().Queue(ctx, actorOf(nadia), request.Search{Stage: request.StageAny, Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	claimed, _, err := s.instruction().Queue(ctx, actorOf(nadia), request.Search{Stage: request.StageClaimed, Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	lines := map[habilitation.RequestNumber]request.Queued{}
	for _, line := range append(whole, claimed...) {
		line.EditedAt, line.FiledAt, line.FirstFiledAt = line.EditedAt.UTC(), line.FiledAt.UTC(), line.FirstFiledAt.UTC()
		lines[line.Number] = line
	}
	for _, want := range []request.Queued{
		{
			Number: dFresh, Siret: majastres, Organisation: "COMMUNE DE MAJASTRES", Departement: "04", State: habilitation.Submitted, Phase: request.Filed,
			Software: "Tilleul", Editor: "Logiciels Tilleul", FormUID: tilleulForm, FiledAt: hoursAgo(5), FirstFiledAt: hoursAgo(5), EditedAt: hoursAgo(5),
			Assignee: nadia, Unread: 2,
		},
		{
			Number: dAmended, Siret: majastres, Organisation: "COMMUNE DE MAJASTRES", Departement: "04", State: habilitation.Reopened, Phase: request.Filed,
			Software: "Tilleul", Editor: "Logiciels Tilleul", FormUID: tilleulForm, FiledAt: hoursAgo(2), FirstFiledAt: hoursAgo(2), EditedAt: hoursAgo(2),
			Assignee: karim,
		},
		{
			Number: dAnswered, Siret: majastres, Organisation: "COMMUNE DE MAJASTRES", State: habilitation.Submitted, Phase: request.Filed,
			FormUID: "formulaire-qf", FiledAt: hoursAgo(1), FirstFiledAt: hoursAgo(6), EditedAt: hoursAgo(1),
		},
		{
			Number: dApproved, Siret: majastres, Organisation: "COMMUNE DE MAJASTRES", State: habilitation.Validated, Phase: request.Closed,
			Software: "Tilleul", Editor: "Logiciels Tilleul", FormUID: tilleulForm, FiledAt: hoursAgo(50), FirstFiledAt: hoursAgo(50), EditedAt: hoursAgo(50),
			Unread: 1, Claimed: true,
		},
		{
			Number: dElsewhere, Siret: majastres, Organisation: "COMMUNE DE MAJASTRES", State: habilitation.Validated,
			Editor: "Logiciels Tilleul", FormUID: tilleulForm, EditedAt: hoursAgo(200), Claimed: true,
		},
	} {
		if diff := gocmp.Diff(want, lines[want.Number]); diff != "" {
			t.Errorf("%s: %s", want.Number, diff)
		}
	}
}

// « next request key »: what is mine or nobody's, in the order of the queue.
func TestTheNextRequestIsNeverTheSameNorSomebodyElses(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	desk := s.instruction()
	if next, err := desk.Next(ctx, accounts.Actor{}, dFresh); next != 0 || err != nil {
		t.Fatalf("in an empty queue %d comes, %v", next, err)
	}
	nadia, karim := s.day()
	for _, row := range []struct {
		by    request.Person
		after habilitation.RequestNumber
		want  habilitation.RequestNumber
	}{
		{nadia, dOld, dAnswered},
		{nadia, dAnswered, dFresh},
		{nadia, dFresh, dOld},   // after the last one, the first
		{nadia, dAmended, dOld}, // somebody else's has its place all the same
		{nadia, dApproved, dOld},
		{nadia, 0, dOld},
		{karim, 0, dAmended},
		{karim, dAmended, dOld},
		{karim, dAnswered, dAmended}, // the last one is Nadia's
	} {
		if next, err := desk.Next(ctx, actorOf(row.by), row.after); next != row.want || err != nil {
			t.Errorf("for %s, after %s: %s, %v; want %s", row.by.Name, row.after, next, err, row.want)
		}
	}
	s.run(`UPDATE applications SET phase = 'close' WHERE request <> $1`, dOld)
	if next, err := desk.Next(ctx, actorOf(nadia), dOld); next != 0 || err != nil {
		t.Errorf("the only one comes after itself: %s, %v", next, err)
	}
}

// « Any change → modification request … ordered in the queue by the token's expiry »
func TestWhatProlongsATokenComesFirst(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia, _ := s.day()
	const dSooner, dLater, dWritten, dDecided = 10_000_040, 10_000_041, 10_000_042, 10_000_043
	s.lineUp(
		lined{number: dLater, state: habilitation.Reopened, phase: request.Filed, filed: 90},
		lined{number: dSooner, state: habilitation.Reopened, phase: request.Filed, filed: 1},
		lined{number: dWritten, state: habilitation.Reopened, phase: request.Writing, edited: 1},
		lined{number: dDecided, state: habilitation.Reopened, phase: request.Filed, filed: 3},
	)
	for i, number := range []int64{dLater, dSooner, dWritten, dDecided} {
		expiry := noon.AddDate(0, 0, []int{40, -3, 1, 2}[i])
		s.granted(10_000_900+number%100, number, tilleul, true, true)
		s.run(`WITH t AS (
				INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, organisation, editor_siret, scopes, issued_at, expires_at)
				SELECT gen_random_uuid(), lpad(request::text, 12, '0'), sha256(request::text::bytea), 'test', request, number, siret, organisation, editor_siret, '{}', $2, $3
				FROM habilitations WHERE request = $1 RETURNING id, request, expires_at)
			INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at, filed_at)
			SELECT id, request, expires_at, true, false, 'Anne Morel', $2, $2 FROM t`, number, noon, expiry)
	}
	s.run(`UPDATE amendments SET ended_at = $2, outcome = 'abandonnee' WHERE request = $1`, int64(dDecided), noon)
	desk := s.instruction()
	for name, row := range map[string]struct {
		search request.Search
		want   []int64
	}{
		"by the expiry, then other modifications, then the rest": {request.Search{}, []int64{dSooner, dLater, dDecided, dAmended, dOld, dAnswered, dFresh}},
		"alone":                  {request.Search{Stage: request.StageRenewal}, []int64{dSooner, dLater}},
		"among modifications":    {request.Search{Stage: request.StageModification}, []int64{dSooner, dLater, dDecided, dAmended}},
		"while it is written":    {request.Search{Stage: request.StageWriting}, []int64{dWritten, dAmending, dDraft}},
		"what waits the longest": {request.Search{Oldest: true, Limit: 2}, []int64{dLater, dOld}},
	} {
		if row.search.Limit == 0 {
			row.search.Limit = 20
		}
		found, _, err := desk.Queue(ctx, actorOf(nadia), row.search)
		if diff := gocmp.Diff(row.want, numbersQueued(found)); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	for _, row := range []struct{ after, want habilitation.RequestNumber }{{0, dSooner}, {dSooner, dLater}, {dLater, dDecided}, {dDecided, dOld}, {dFresh, dSooner}} {
		if next, err := desk.Next(ctx, actorOf(nadia), row.after); next != row.want || err != nil { // dAmended is Karim's
			t.Errorf("after %s: %s, %v; want %s", row.after, next, err, row.want)
		}
	}
	counts, err := desk.Counts(ctx, actorOf(nadia))
	if err != nil || counts.Renewals != 2 || counts.Modifications != 4 {
		t.Errorf("%+v, %v", counts, err)
	}
	found, _, err := desk.Queue(ctx, actorOf(nadia), request.Search{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	told, err := desk.Renewal(ctx, dSooner)
	if !told.Expiry.Equal(noon.AddDate(0, 0, -3)) || !told.SamePurpose || told.RightContacts || told != found[0].Renewal || err != nil {
		t.Errorf("of the first: %+v, and in the queue %+v, %v", told, found[0].Renewal, err)
	}
	if none, err := desk.Renewal(ctx, dDecided); !none.IsZero() || err != nil {
		t.Errorf("of one that was decided: %+v, %v", none, err)
	}
}

func TestWhatWaitsForInstructorsIsCounted(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia, _ := s.day()
	s.lineUp(lined{number: 10_000_030, state: habilitation.Submitted, phase: request.Filed, filed: 1, assignee: nadia.ID},
		lined{number: 10_000_031, state: habilitation.Validated, phase: request.Closed, filed: 1, assignee: nadia.ID})
	counts, err := s.instruction().Counts(ctx, actorOf(nadia))
	want := request.Counts{ToInstruct: 5, Mine: 2, Unassigned: 2, Modifications: 1, Unread: 2, RipeClaims: 2}
	if diff := gocmp.Diff(want, counts); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// « queue of 10,000 requests p95 < 100 ms »: what a page shows of its lines is read for them
// alone, however many wait.
func TestAPageOfTheQueueReadsTheDetailsOfItsLinesAlone(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	claimant := s.colleague("Paul", "Garnier", majastres)
	s.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
		SELECT 10000000 + i, 'portail', $1, 'Commune d’essai ' || i, $2, 'deposee', $3, $3, '{}' FROM generate_series(1, 10000) i`, majastres, tilleulForm, noon)
	s.run(`INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at)
		SELECT number, form_uid, 1, 'deposee', '{}', $1, $1, $1 FROM requests`, noon)
	s.run(`INSERT INTO request_messages (request, side, author, body, at)
		SELECT number, 'collectivite', 'Anne Morel', 'Bonjour', $1 FROM requests, generate_series(1, 2)`, noon)
	s.run(`INSERT INTO request_claims (request, account_id, state, at) SELECT number, $1, 'en_attente', $2 FROM requests`, claimant, hoursAgo(100))
	if err := postgres.Settle(ctx, s.addresses.Owner); err != nil {
		t.Fatal(err)
	}
	before := s.linesRead()
	const page = 50
	s.apart("page of the queue", func(db *postgres.DB) {
		found, total, err := postgres.Desk{DB: db}.ListQueue(ctx, request.Query{RipeBefore: noon, Limit: page})
		if err != nil || total != 10_000 || len(found) != page || found[0].Unread != 2 || !found[0].Claimed {
			t.Errorf("%d of %d, %v", len(found), total, err)
		}
	})
	after := s.linesRead()
	for table, most := range map[string]int{"request_messages": 2 * page, "request_claims": page} {
		if read := after[table] - before[table]; read == 0 || read > most {
			t.Errorf("%d lines of %s were read for %d of the queue", read, table, page)
		}
	}
}

// apart calls work with a connection of its own, and returns once the server has counted what
// it read.
func (s *scene) apart(name string, work func(db *postgres.DB)) {
	s.t.Helper()
	address, err := url.Parse(s.addresses.App)
	if err != nil {
		s.t.Fatal(err)
	}
	options := address.Query()
	options.Set("application_name", name)
	address.RawQuery = options.Encode()
	db, err := postgres.Open(context.Background(), address.String())
	if err != nil {
		s.t.Fatal(err)
	}
	work(db)
	if err := db.Close(); err != nil {
		s.t.Fatal(err)
	}
	for range 500 {
		if s.count(`SELECT count(*) FROM pg_stat_activity WHERE application_name = $1`, name) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("the connection is still there")
}

// linesRead counts the lines of each table that were read so far, from it or from its indexes.
func (s *scene) linesRead() map[string]int {
	s.t.Helper()
	rows, err := s.raw.QueryContext(context.Background(), `
		SELECT t.relname, t.seq_tup_read + (SELECT COALESCE(sum(i.idx_tup_read), 0)::bigint FROM pg_stat_user_indexes i WHERE i.relid = t.relid)
		FROM pg_stat_user_tables t`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	read := map[string]int{}
	for rows.Next() {
		var table string
		var lines int
		if err := rows.Scan(&table, &lines); err != nil {
			s.t.Fatal(err)
		}
		read[table] = lines
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return read
}
