package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// Decisions implements decision.Store.
type Decisions struct{ DB *DB }

var _ decision.Store = Decisions{}

// trackRow is what is kept of DataPass's events.
type trackRow struct {
	DecidedAt     int64  `db:"decided_at"`
	DecidedRank   int    `db:"decided_rank"`
	FiledAt       int64  `db:"filed_at"`
	FiledRank     int    `db:"filed_rank"`
	Filing        string `db:"filing"`
	RequesterAt   int64  `db:"requester_at"`
	RequesterRank int    `db:"requester_rank"`
	Named         string `db:"datapass_requester"`
}

func (r trackRow) track() decision.Track {
	return decision.Track{
		Decided: decision.Mark{FiredAt: r.DecidedAt, Rank: r.DecidedRank}, Filed: decision.Mark{FiredAt: r.FiledAt, Rank: r.FiledRank},
		Filing: habilitation.State(r.Filing), Requester: decision.Mark{FiredAt: r.RequesterAt, Rank: r.RequesterRank},
		Named: r.Named,
	}
}

// FindFile reads what a decision needs. What is read apart may move in between: recording
// compares it with what is true then.
func (s Decisions) FindFile(ctx context.Context, number habilitation.RequestNumber, siret value.Siret) (decision.File, error) {
	var file decision.File
	var err error
	if file.Request, err = s.find(ctx, number); err != nil {
		return decision.File{}, err
	}
	if file.Request.Number != 0 {
		if err := s.readTrack(ctx, &file); err != nil {
			return decision.File{}, err
		}
		if file.Software, err = s.findSoftware(ctx, file.Request.Current.Number); err != nil {
			return decision.File{}, err
		}
		if of := file.Request.Current.Editor.Siret; of != "" {
			if file.CurrentEditor, err = Editors(s).FindEditor(ctx, of); err != nil {
				return decision.File{}, err
			}
		}
		if siret == "" {
			siret = file.Request.Siret
		}
		if err := s.readFormer(ctx, &file, siret); err != nil {
			return decision.File{}, err
		}
	}
	file.Town = siret
	if err := s.readApplication(ctx, &file); err != nil {
		return decision.File{}, err
	}
	if file.Tokens, file.Revoked, err = findTokens(ctx, s.DB.pool, file.Request.Number); err != nil {
		return decision.File{}, err
	}
	if file.Amendment, err = findAmendment(ctx, s.DB.pool, file.Request.Number); err != nil {
		return decision.File{}, err
	}
	if file.TownForm, err = s.townForm(ctx, siret); err != nil {
		return decision.File{}, err
	}
	if file.Subscription, err = s.behind(ctx, siret); err != nil || file.Subscription.Siret == "" {
		return file, err
	}
	if file.Server, err = s.find(ctx, file.Subscription.Request); err != nil {
		return decision.File{}, err
	}
	if file.Server.Number != number {
		if file.ServerTokens, _, err = findTokens(ctx, s.DB.pool, file.Server.Number); err != nil {
			return decision.File{}, err
		}
	}
	if of := file.Subscription.Editor; of != "" {
		if file.Receiver, err = Editors(s).FindEditor(ctx, of); err != nil {
			return decision.File{}, err
		}
	}
	if file.Heir, file.HeirEditor, err = s.heirOf(ctx, file.Subscription, number); err != nil {
		return decision.File{}, err
	}
	file.Rival, err = rivalOf(ctx, s.DB.pool, file.Subscription, number)
	return file, err
}

// readApplication reads what the town wrote, where it wrote here.
func (s Decisions) readApplication(ctx context.Context, file *decision.File) error {
	if file.Request.Source != habilitation.FromPortal {
		return nil
	}
	found, err := Applications(s).FindApplication(ctx, file.Request.Number, "")
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find application: %w", err)
	}
	file.Application = &found
	return nil
}

func (s Decisions) readTrack(ctx context.Context, file *decision.File) error {
	const sqlTrack = `
		SELECT decided_at, decided_rank, filed_at, filed_rank, filing, requester_at, requester_rank, datapass_requester FROM requests WHERE number = $1`
	var row trackRow
	if err := s.DB.pool.GetContext(ctx, &row, sqlTrack, int64(file.Request.Number)); err != nil {
		return fmt.Errorf("read the track: %w", err)
	}
	file.Track = row.track()
	return nil
}

// findSoftware finds the name of the product of a habilitation; "" for none.
func (s Decisions) findSoftware(ctx context.Context, of habilitation.Number) (software string, err error) {
	const sqlFind = `SELECT ` + softwareOf + ` FROM habilitations h WHERE h.number = $1`
	if err = s.DB.pool.GetContext(ctx, &software, sqlFind, int64(of)); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("find the software: %w", err)
	}
	return software, nil
}

// readFormer reads the subscription of the town that the request is for, when the decision
// is for another one.
func (s Decisions) readFormer(ctx context.Context, file *decision.File, siret value.Siret) error {
	if siret == file.Request.Siret {
		return nil
	}
	former, err := findSubscription(ctx, s.DB.pool, file.Request.Siret)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the former subscription: %w", err)
	}
	file.Former = former
	if file.FormerHeir, file.FormerHeirEditor, err = s.heirOf(ctx, former, file.Request.Number); err != nil {
		return err
	}
	file.FormerRival, err = rivalOf(ctx, s.DB.pool, former, file.Request.Number)
	return err
}

// townForm is the form of a town as the directory has it; "" for a town that it does not have.
func (s Decisions) townForm(ctx context.Context, siret value.Siret) (form directory.FormState, err error) {
	const sqlForm = `SELECT COALESCE((SELECT form FROM collectivities WHERE siret = $1), '')`
	if err = s.DB.pool.GetContext(ctx, &form, sqlForm, siret.String()); err != nil {
		return "", fmt.Errorf("read the form of the town: %w", err)
	}
	return form, nil
}

// behind is the subscription of a town. A town whose form the directory has open stands for
// one that nobody has looked at yet.
func (s Decisions) behind(ctx context.Context, siret value.Siret) (credential.Subscription, error) {
	kept, err := findSubscription(ctx, s.DB.pool, siret)
	if fault.KindOf(err) != fault.NotFound {
		return kept, err
	}
	town, err := Collectivities(s).FindCollectivity(ctx, siret)
	switch {
	case fault.KindOf(err) == fault.NotFound, err == nil && town.Form != directory.FormOpen:
		return credential.Subscription{}, nil
	case err != nil:
		return credential.Subscription{}, fmt.Errorf("find the town: %w", err)
	}
	return credential.Believed(town, time.Time{}), nil
}

// sqlHeir finds who takes the subscription of a town when the request that it serves no
// longer holds, apart from one that is being decided: who contends for it, else the newest
// that is valid for the form.
const sqlHeir = `
	SELECT r.number AS request, h.number AS habilitation` + withNewest + `
	WHERE r.siret = $1 AND r.number <> $2 AND r.number <> $4 AND r.state IN ('validee', 'reouverte') AND h.form
	ORDER BY r.number <> $3, h.number DESC LIMIT 1`

// sqlRival finds the newest that is valid for the form and for another software.
const sqlRival = `
	SELECT r.number` + withNewest + `
	WHERE r.siret = $1 AND r.number <> $2 AND r.number <> $4 AND r.state IN ('validee', 'reouverte') AND h.form
	  AND COALESCE(h.editor_siret, '') <> $3
	ORDER BY h.number DESC LIMIT 1`

func rivalOf(ctx context.Context, q sqlx.QueryerContext, of credential.Subscription, decided habilitation.RequestNumber) (habilitation.RequestNumber, error) {
	var rival int64
	err := sqlx.GetContext(ctx, q, &rival, sqlRival, of.Siret.String(), int64(of.Request), of.Editor.String(), int64(decided))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("find who contends next: %w", err)
	}
	return habilitation.RequestNumber(rival), nil
}

func (s Decisions) heirOf(ctx context.Context, of credential.Subscription, decided habilitation.RequestNumber) (heir habilitation.Request, with editor.Editor, err error) {
	found, err := findHeir(ctx, s.DB.pool, of, decided)
	if err != nil {
		return heir, with, err
	}
	if heir, err = s.find(ctx, habilitation.RequestNumber(found.Request)); err != nil || heir.Current.Editor.IsZero() {
		return heir, with, err
	}
	with, err = Editors(s).FindEditor(ctx, heir.Current.Editor.Siret)
	return heir, with, err
}

type heirRow struct {
	Request      int64 `db:"request"`
	Habilitation int64 `db:"habilitation"`
}

// findHeir is zero where nobody takes it.
func findHeir(ctx context.Context, q sqlx.QueryerContext, of credential.Subscription, decided habilitation.RequestNumber) (heirRow, error) {
	var heir heirRow
	err := sqlx.GetContext(ctx, q, &heir, sqlHeir, of.Siret.String(), int64(of.Request), int64(of.Contender), int64(decided))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return heir, fmt.Errorf("find the heir: %w", err)
	}
	return heir, nil
}

// find reads a request with its newest habilitation; zero when there is none.
func (s Decisions) find(ctx context.Context, number habilitation.RequestNumber) (habilitation.Request, error) {
	if number == 0 {
		return habilitation.Request{}, nil
	}
	request, _, err := Catalogue(s).FindRequest(ctx, number)
	if fault.KindOf(err) == fault.NotFound {
		return habilitation.Request{}, nil
	}
	return request, err
}

// FindContended reads the file of the request that contends for a subscription.
func (s Decisions) FindContended(ctx context.Context, siret value.Siret) (decision.File, error) {
	contended, err := findSubscription(ctx, s.DB.pool, siret)
	if err != nil {
		return decision.File{}, err
	}
	if contended.Contender == 0 {
		return decision.File{Subscription: contended}, nil
	}
	return s.FindFile(ctx, contended.Contender, siret)
}

// NextHabilitation draws a number.
func (s Decisions) NextHabilitation(ctx context.Context) (habilitation.Number, error) {
	var number int64
	err := s.DB.pool.GetContext(ctx, &number, `SELECT nextval('habilitation_numbers')`)
	return habilitation.Number(number), err
}

// Record records a decision.
func (s Decisions) Record(ctx context.Context, outcome decision.Outcome) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error { return recordOutcome(ctx, tx, outcome) })
}

// recordOutcome writes all that a decision is: whoever decided in between wins.
func recordOutcome(ctx context.Context, tx *sqlx.Tx, o decision.Outcome) error {
	if err := stillTrue(ctx, tx, o); err != nil {
		return err
	}
	if err := recordKnownEditor(ctx, tx, o); err != nil {
		return err
	}
	if err := endForeignLinks(ctx, tx, o.Request, o.At); err != nil {
		return err
	}
	if err := writeRequest(ctx, tx, o); err != nil {
		return err
	}
	if err := recordGranted(ctx, tx, o); err != nil {
		return err
	}
	if err := recordTokens(ctx, tx, o.Tokens, o.At); err != nil {
		if fault.Is(err, "token.moved") { // somebody acted on one: the decision is made anew
			return fault.Because(fault.Conflict, "habilitation.moved", err)
		}
		return err
	}
	for _, prolonged := range o.Prolonged {
		if err := insertProlongation(ctx, tx, prolonged); err != nil {
			return err
		}
	}
	if !o.Request.State.Habilitates() {
		if err := barTokens(ctx, tx, o.Request.Number, o.At); err != nil {
			return err
		}
	}
	end := o.AmendmentEnd
	if o.Application != nil && o.Application.Phase == request.Closed {
		end = cmp.Or(end, renewal.EndGivenUp)
	}
	if end != "" {
		if err := endAmendment(ctx, tx, o.Request.Number, end, o.At); err != nil {
			return err
		}
	}
	if err := recordBothWanted(ctx, tx, o); err != nil {
		return err
	}
	for _, event := range o.Events {
		if err := recordEvent(ctx, tx, event); err != nil {
			return err
		}
	}
	for _, letter := range o.Letters {
		if err := recordLetter(ctx, tx, letter, o.At); err != nil {
			return err
		}
	}
	return tellEditors(ctx, tx, o.EditorEvents, o.At)
}

// tellEditors keeps what editors may learn of their clients.
func tellEditors(ctx context.Context, tx *sqlx.Tx, told []notice.EditorEvent, at time.Time) error {
	if len(told) == 0 {
		return nil
	}
	const sqlTell = `
		INSERT INTO editor_events (at, kind, editor_siret, siret, subject)
		SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])`
	var kinds, editors, sirets, subjects pq.StringArray
	for _, event := range told {
		kinds, editors = append(kinds, event.Kind), append(editors, event.Editor.String())
		sirets, subjects = append(sirets, event.Siret.String()), append(subjects, event.Subject)
	}
	if _, err := tx.ExecContext(ctx, sqlTell, at, kinds, editors, sirets, subjects); err != nil {
		return fmt.Errorf("record what editors may learn: %w", err)
	}
	return nil
}

const sqlWait = `SELECT pg_advisory_xact_lock($1)`

// stillTrue makes the decisions about a town wait for one another, and refuses one that was
// made from what moved since: the subscription, or who is to take it. Code:
// habilitation.moved.
func stillTrue(ctx context.Context, tx *sqlx.Tx, o decision.Outcome) error {
	towns := []string{o.Town.String()}
	if former := o.ReadFormer.Before.Siret; former != "" {
		towns = append(towns, former.String())
	}
	slices.Sort(towns) // whoever decides about two towns waits in the same order
	for _, siret := range towns {
		if _, err := tx.ExecContext(ctx, sqlWait, lockKey("decisions about "+siret)); err != nil {
			return fmt.Errorf("wait for other decisions: %w", err)
		}
	}
	if err := sameSubscription(ctx, tx, o.Town, o.Read, o.Request.Number); err != nil {
		return err
	}
	return sameSubscription(ctx, tx, o.ReadFormer.Before.Siret, o.ReadFormer, o.Request.Number)
}

// sameSubscription compares the subscription of a town, and who may take it, with what was
// read. Code: habilitation.moved.
func sameSubscription(ctx context.Context, tx *sqlx.Tx, town value.Siret, read decision.Reading, decided habilitation.RequestNumber) error {
	var revision int
	err := tx.GetContext(ctx, &revision, `SELECT revision FROM subscriptions WHERE siret = $1`, town.String())
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("compare the subscription with what was read: %w", err)
	}
	now := read
	if read.Before.Siret != "" {
		heir, err := findHeir(ctx, tx, read.Before, decided)
		if err != nil {
			return err
		}
		now.Heir = habilitation.Number(heir.Habilitation)
		if now.Rival, err = rivalOf(ctx, tx, read.Before, decided); err != nil {
			return err
		}
	}
	if revision != read.Before.Revision || now != read {
		return fault.New(fault.Conflict, "habilitation.moved")
	}
	return nil
}

// recordKnownEditor keeps an editor that nobody declared: what is known already stays.
func recordKnownEditor(ctx context.Context, tx *sqlx.Tx, o decision.Outcome) error {
	if o.Editor == (editor.Editor{}) {
		return nil
	}
	const sqlKnow = `
		INSERT INTO editors (siret, name, code_cog, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) ON CONFLICT (siret) DO NOTHING`
	if _, err := tx.ExecContext(ctx, sqlKnow, o.Editor.Siret.String(), o.Editor.Name, o.Editor.COG, o.At); err != nil {
		return fmt.Errorf("record editor: %w", err)
	}
	return nil
}

// writeRequest writes a request that was read at its revision. Code: habilitation.moved.
func writeRequest(ctx context.Context, tx *sqlx.Tx, o decision.Outcome) error {
	r, t := o.Request, o.Track
	requester, err := json.Marshal(r.Requester)
	if err != nil {
		return fmt.Errorf("write the requester: %w", err)
	}
	const sqlInsert = `
		INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester, suspended_by, suspender, suspended_for,
			decided_at, decided_rank, filed_at, filed_rank, filing, requester_at, requester_rank, datapass_requester, holder, mails_by)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $20, $12, $13, $14, $15, $16, $17, $18, $23, $21, COALESCE(NULLIF($22, ''), 'portail') WHERE $19 = 0
		ON CONFLICT (number) DO NOTHING`
	const sqlUpdate = `
		UPDATE requests SET source = $2, siret = $3, organisation = $4, form_uid = $5, state = $6, state_at = $7, created_at = $8, requester = $9,
			suspended_by = $10, suspender = $11, suspended_for = $20, decided_at = $12, decided_rank = $13, filed_at = $14, filed_rank = $15, filing = $16,
			requester_at = $17, requester_rank = $18, datapass_requester = $23, holder = $21, mails_by = COALESCE(NULLIF($22, ''), mails_by), revision = revision + 1
		WHERE number = $1 AND revision = $19`
	statement := sqlUpdate
	if r.Revision == 0 {
		statement = sqlInsert
	}
	result, err := tx.ExecContext(ctx, statement, int64(r.Number), string(r.Source), r.Siret.String(), r.Organisation, r.FormUID, string(r.State),
		r.StateAt, r.CreatedAt, requester, r.Suspension.AuthorID, r.Suspension.Author, t.Decided.FiredAt, t.Decided.Rank,
		t.Filed.FiredAt, t.Filed.Rank, string(t.Filing), t.Requester.FiredAt, t.Requester.Rank, r.Revision, r.Suspension.Reason, nullNumber(r.Holder), string(r.Mails), t.Named)
	if err != nil {
		return fmt.Errorf("write request: %w", err)
	}
	return oneRow(result, fault.New(fault.Conflict, "habilitation.moved"))
}
