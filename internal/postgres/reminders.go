package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// Reminders implements renewal.Reminding.
type Reminders struct{ DB *DB }

var _ renewal.Reminding = Reminders{}

const (
	// isProlongable leaves out the tokens that nobody may prolong: those that are closed or
	// replaced, and whose habilitation does not hold.
	isProlongable = `
		t.replaced_at IS NULL AND t.revoked_at IS NULL AND t.suspended_at IS NULL AND t.barred_at IS NULL AND r.state IN ('validee', 'reouverte')`
	// isReminded leaves out, besides, those about which another system writes.
	isReminded = isProlongable + ` AND r.mails_by = 'portail'`
	// isOfNewest leaves out those that the newest habilitation g does not give to this software.
	isOfNewest = `g.token AND g.editor_siret IS NOT DISTINCT FROM t.editor_siret`
	// dueStage is renewal.Due; a test compares them.
	dueStage = `(SELECT min(s) FROM unnest($2::int[]) s WHERE s >= (t.expires_at AT TIME ZONE 'Europe/Paris')::date - $1::date)`
)

func allStages() pq.Int64Array {
	stages := make(pq.Int64Array, len(renewal.Stages))
	for i, stage := range renewal.Stages {
		stages[i] = int64(stage)
	}
	return stages
}

type dueRow struct {
	tokenFileRow
	Covered pq.Int64Array `db:"covered"`
	Copies  bool          `db:"copies"`
	Filed   bool          `db:"filed"`

	Elsewhere bool `db:"elsewhere"`
}

// ListDue lists tokens whose reminder is not recorded yet. An editor without a technical contact of
// its own gets no list of the week: that of the habilitation has the copies whatever it chose.
//
// Where a page of tokens ends is looked up first: on a morning on which all expire, a limit to a
// list of that many joins made PostgreSQL sort the whole of it again for each page.
func (s Reminders) ListDue(ctx context.Context, now time.Time, after renewal.Place, read int) (due []renewal.DueToken, next renewal.Place, err error) {
	const (
		sqlEnd = `
			SELECT t.expires_at, t.id::text AS id FROM tokens t
			WHERE t.replaced_at IS NULL AND t.revoked_at IS NULL AND t.expires_at < $1 AND (t.expires_at, t.id) > ($2, $3::uuid)
			ORDER BY t.expires_at, t.id OFFSET $4 LIMIT 1`
		sqlDue = `
			SELECT` + fileColumns + neighbours + `, 0 AS total, COALESCE(e.reminder_copies, 'chacun') = 'chacun' OR e.technical_contact = '' AS copies,
				EXISTS (SELECT FROM amendments d WHERE d.request = t.request AND d.ended_at IS NULL AND ` + isFiled + `) AS filed, r.mails_by <> 'portail' AS elsewhere,
				ARRAY(SELECT x.stage::bigint FROM reminders x WHERE x.token = t.replaces AND x.expires_at = t.expires_at) AS covered` + fileTables + `
			WHERE ` + isProlongable + ` AND ` + isOfNewest + `
				AND (t.expires_at, t.id) > ($3, $4::uuid) AND (t.expires_at, t.id) <= ($5, $6::uuid)
				AND NOT EXISTS (SELECT FROM reminders x WHERE x.token = t.id AND x.expires_at = t.expires_at AND x.stage <= ` + dueStage + `)
			ORDER BY t.expires_at, t.id`
	)
	from, before := renewal.Window(now)
	if after == (renewal.Place{}) {
		after = renewal.Place{Expiry: from, ID: firstUUID}
	}
	var ends []struct {
		ExpiresAt time.Time `db:"expires_at"`
		ID        string    `db:"id"`
	}
	if err := s.DB.pool.SelectContext(ctx, &ends, sqlEnd, before, after.Expiry, after.ID, read-1); err != nil {
		return nil, next, fmt.Errorf("find the end of a page: %w", err)
	}
	end := renewal.Place{Expiry: before, ID: firstUUID}
	if len(ends) > 0 {
		next = renewal.Place{Expiry: ends[0].ExpiresAt, ID: ends[0].ID}
		end = next
	}
	var rows []dueRow
	err = s.DB.pool.SelectContext(ctx, &rows, sqlDue, value.InParis(now).Format(time.DateOnly), allStages(), after.Expiry, after.ID, end.Expiry, end.ID)
	if err != nil {
		return nil, next, err
	}
	due = make([]renewal.DueToken, len(rows))
	for i, row := range rows {
		due[i] = renewal.DueToken{TokenFile: row.file(), CopyTechnical: row.Copies, AmendmentFiled: row.Filed, Elsewhere: row.Elsewhere}
		for _, stage := range row.Covered {
			due[i].Covered = append(due[i].Covered, renewal.Stage(stage))
		}
	}
	return due, next, nil
}

// firstUUID is before every other.
const firstUUID = "00000000-0000-0000-0000-000000000000"

// RecordReminders records a lot of reminders with their mails, whole. What did not leave of the
// stages before is taken back: one mail at a time is enough.
func (s Reminders) RecordReminders(ctx context.Context, reminders []renewal.Recorded, now time.Time) (recorded map[string]bool, skipped int, err error) {
	err = s.DB.InTx(ctx, func(tx *sqlx.Tx) (err error) {
		still, err := lockReminded(ctx, tx, reminders)
		if err != nil {
			return err
		}
		if err := withdrawPassed(ctx, tx, still, now); err != nil {
			return err
		}
		if recorded, skipped, err = insertReminders(ctx, tx, still, now); err != nil {
			return err
		}
		var letters []notice.Letter
		var told []notice.EditorEvent
		for _, r := range still {
			if !recorded[r.TokenID] {
				continue
			}
			if r.Letter != nil {
				letters = append(letters, *r.Letter)
			}
			told = append(told, r.Told...)
		}
		if _, err := recordLetters(ctx, tx, letters, now); err != nil {
			return err
		}
		if err := tellEditors(ctx, tx, told, now); err != nil {
			return err
		}
		failpoint.Hit("reminders: written, not committed")
		return nil
	})
	return recorded, skipped, err
}

func instant(at time.Time) string { return at.Format(time.RFC3339Nano) }

// lockReminded gives those of some reminders whose tokens did not move since they were listed, and
// holds these still.
func lockReminded(ctx context.Context, tx *sqlx.Tx, reminders []renewal.Recorded) (still []renewal.Recorded, err error) {
	const sqlLock = `
		SELECT t.id::text FROM tokens t JOIN requests r ON r.number = t.request
		JOIN unnest($1::uuid[], $2::timestamptz[], $3::bool[]) AS w (id, expires_at, elsewhere) ON w.id = t.id AND w.expires_at = t.expires_at
		WHERE ` + isProlongable + ` AND (r.mails_by <> 'portail') = w.elsewhere ORDER BY t.id FOR SHARE OF t`
	var tokens, expiries pq.StringArray
	var elsewhere pq.BoolArray
	for _, r := range reminders {
		tokens, expiries, elsewhere = append(tokens, r.TokenID), append(expiries, instant(r.Expiry)), append(elsewhere, r.Elsewhere)
	}
	var locked []string
	if err := tx.SelectContext(ctx, &locked, sqlLock, tokens, expiries, elsewhere); err != nil {
		return nil, fmt.Errorf("lock the tokens to remind of: %w", err)
	}
	held := map[string]bool{}
	for _, id := range locked {
		held[id] = true
	}
	for _, r := range reminders {
		if held[r.TokenID] {
			still = append(still, r)
		}
	}
	return still, nil
}

// insertReminders writes the rows of a lot, in the order of the tokens so that two instances
// do not wait for each other in a circle, and tells for which tokens the stage that is due was
// new, and how many stages before were.
func insertReminders(ctx context.Context, tx *sqlx.Tx, reminders []renewal.Recorded, now time.Time) (recorded map[string]bool, skipped int, err error) {
	const sqlInsert = `
		INSERT INTO reminders (token, expires_at, stage, state, mail_key, recorded_at)
		SELECT w.token, w.expires_at, w.stage, w.state, w.mail_key, $6
		FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::text[], $5::text[]) AS w (token, expires_at, stage, state, mail_key)
		ORDER BY w.token, w.stage
		ON CONFLICT DO NOTHING RETURNING token::text, stage`
	var rows struct {
		tokens, expiries, states, keys pq.StringArray
		stages                         pq.Int64Array
	}
	due := map[string]renewal.Stage{}
	row := func(r renewal.Recorded, stage renewal.Stage, state, key string) {
		rows.tokens, rows.expiries, rows.stages = append(rows.tokens, r.TokenID), append(rows.expiries, instant(r.Expiry)), append(rows.stages, int64(stage))
		rows.states, rows.keys = append(rows.states, state), append(rows.keys, key)
	}
	for _, r := range reminders {
		due[r.TokenID] = r.Stage
		for _, passed := range r.Skipped {
			row(r, passed, "passe", "")
		}
		switch {
		case r.Letter != nil:
			row(r, r.Stage, "ecrit", r.Letter.Key)
		case r.Silent || r.Elsewhere:
			row(r, r.Stage, "passe", "")
		default:
			row(r, r.Stage, "sans_adresse", "")
		}
	}
	var written []struct {
		Token string `db:"token"`
		Stage int    `db:"stage"`
	}
	if err := tx.SelectContext(ctx, &written, sqlInsert, rows.tokens, rows.expiries, rows.stages, rows.states, rows.keys, now); err != nil {
		return nil, 0, fmt.Errorf("write reminders: %w", err)
	}
	recorded = map[string]bool{}
	for _, w := range written {
		if renewal.Stage(w.Stage) == due[w.Token] {
			recorded[w.Token] = true
		} else {
			skipped++
		}
	}
	return recorded, skipped, nil
}

// withdrawPassed takes back what did not leave of the stages before those that are due.
func withdrawPassed(ctx context.Context, tx *sqlx.Tx, due []renewal.Recorded, now time.Time) error {
	const sqlKeys = `
		SELECT x.mail_key FROM reminders x
		JOIN unnest($1::uuid[], $2::timestamptz[], $3::int[]) AS w (token, expires_at, stage)
			ON w.token = x.token AND w.expires_at = x.expires_at AND x.stage > w.stage
		WHERE x.mail_key <> ''`
	var tokens, expiries pq.StringArray
	var stages pq.Int64Array
	for _, r := range due {
		tokens, expiries, stages = append(tokens, r.TokenID), append(expiries, instant(r.Expiry)), append(stages, int64(r.Stage))
	}
	var keys pq.StringArray
	if err := tx.SelectContext(ctx, &keys, sqlKeys, tokens, expiries, stages); err != nil {
		return fmt.Errorf("find earlier reminders: %w", err)
	}
	return withdrawReminders(ctx, tx, keys, now)
}

// withdrawSettled takes back what did not leave about tokens that are closed by now, or have
// another expiry: reminders, what technical contacts are told of those that came back, and the
// demands of editors.
func withdrawSettled(ctx context.Context, tx *sqlx.Tx, tokens pq.StringArray, now time.Time) error {
	if len(tokens) == 0 {
		return nil
	}
	const (
		sqlKeys = `
		SELECT x.mail_key FROM reminders x JOIN tokens t ON t.id = x.token JOIN requests r ON r.number = t.request
		WHERE x.token = ANY ($1::uuid[]) AND x.mail_key <> '' AND NOT (t.expires_at = x.expires_at AND ` + isProlongable + `)`
		sqlBounces = `
		SELECT told.key FROM mails m JOIN mails told ON told.key = 'rappel-non-remis ' || m.id
		WHERE m.key = ANY ($1) AND told.finished_at IS NULL`
		sqlNudges = `
		SELECT n.token::text AS token, n.at FROM nudges n JOIN tokens t ON t.id = n.token JOIN requests r ON r.number = t.request
		WHERE n.token = ANY ($1::uuid[]) AND NOT (t.expires_at = n.expires_at AND ` + isProlongable + `)`
	)
	var keys, others pq.StringArray
	if err := tx.SelectContext(ctx, &keys, sqlKeys, tokens); err != nil {
		return fmt.Errorf("find the reminders of what is settled: %w", err)
	}
	if err := tx.SelectContext(ctx, &others, sqlBounces, keys); err != nil {
		return fmt.Errorf("find what is told of reminders that came back: %w", err)
	}
	var nudges []struct {
		Token string    `db:"token"`
		At    time.Time `db:"at"`
	}
	if err := tx.SelectContext(ctx, &nudges, sqlNudges, tokens); err != nil {
		return fmt.Errorf("find the demands to prolong what is settled: %w", err)
	}
	for _, n := range nudges {
		others = append(others, renewal.NudgeNotice{About: renewal.About{ID: n.Token}, At: n.At}.Key())
	}
	if err := withdrawMails(ctx, tx, others, now); err != nil {
		return err
	}
	return withdrawReminders(ctx, tx, keys, now)
}

// withdrawReworded takes back the reminders that the requester does not have yet of the token of a
// request whose modification was just deposited, sent back or ended: they say otherwise. The next
// run writes of the stage anew. One that he has goes on to the others: it is their copy.
func withdrawReworded(ctx context.Context, tx *sqlx.Tx, number habilitation.RequestNumber, now time.Time) error {
	const sqlKeys = `
		SELECT x.mail_key FROM tokens t JOIN reminders x ON x.token = t.id AND x.expires_at = t.expires_at JOIN mails m ON m.key = x.mail_key
		WHERE t.request = $1 AND m.finished_at IS NULL AND NOT EXISTS (SELECT FROM mail_recipients w WHERE w.mail_id = m.id AND w.field = 'to' AND w.state <> 'pending')
			AND EXISTS (SELECT FROM amendments d WHERE d.request = t.request AND d.filed_at IS NOT NULL AND (d.ended_at IS NULL OR d.ended_at = $2))`
	var keys pq.StringArray
	if err := tx.SelectContext(ctx, &keys, sqlKeys, int64(number), now); err != nil {
		return fmt.Errorf("find the reminders that tell of a modification: %w", err)
	}
	return withdrawReminders(ctx, tx, keys, now)
}

// withdrawReminders takes reminders back from those who still wait for them. One that was taken
// back from the requester is none: its row goes, so that nothing counts it and the stage is written
// of again, should the token open again.
func withdrawReminders(ctx context.Context, tx *sqlx.Tx, keys pq.StringArray, now time.Time) error {
	if len(keys) == 0 {
		return nil
	}
	if err := withdrawMails(ctx, tx, keys, now); err != nil {
		return err
	}
	const sqlForget = `
		DELETE FROM reminders x USING mails m WHERE x.mail_key = ANY ($1) AND x.mail_key <> '' AND m.key = x.mail_key AND ` + isWithdrawn
	if _, err := tx.ExecContext(ctx, sqlForget, keys); err != nil {
		return fmt.Errorf("forget the reminders that nobody got: %w", err)
	}
	return nil
}

// ListBounced lists reminders that the requester did not get and nobody was told of. One of an
// expiry that was moved since, or of a token that is closed, asks nothing of anybody.
func (s Reminders) ListBounced(ctx context.Context, limit int) ([]renewal.BouncedReminder, error) {
	const sqlBounced = `
		SELECT m.id AS mail, x.token::text AS token, t.public_id IS NOT NULL AS ours, COALESCE(t.public_id, '') AS public_id, t.siret, t.organisation,
			` + softwareOf + ` AS software, COALESCE(e.name, '') AS editor, a.address, e.technical_contact AS technical, x.expires_at, t.habilitation
		FROM mail_recipients a JOIN mails m ON m.id = a.mail_id JOIN reminders x ON x.mail_key = m.key
		JOIN tokens t ON t.id = x.token AND t.expires_at = x.expires_at JOIN requests r ON r.number = t.request JOIN editors e ON e.siret = t.editor_siret
		JOIN habilitations h ON h.number = t.habilitation
		WHERE ` + isProlongable + ` AND a.state = 'bounced' AND a.field = 'to' AND e.technical_contact <> '' AND lower(e.technical_contact) <> lower(a.address)
			AND NOT EXISTS (SELECT FROM mails told JOIN mail_recipients w ON w.mail_id = told.id AND w.state <> 'withdrawn' WHERE told.key = 'rappel-non-remis ' || m.id)
		ORDER BY m.id LIMIT $1`
	var rows []struct {
		Mail         int64     `db:"mail"`
		Token        string    `db:"token"`
		Ours         bool      `db:"ours"`
		PublicID     string    `db:"public_id"`
		Siret        string    `db:"siret"`
		Organisation string    `db:"organisation"`
		Software     string    `db:"software"`
		Editor       string    `db:"editor"`
		Address      string    `db:"address"`
		Technical    string    `db:"technical"`
		ExpiresAt    time.Time `db:"expires_at"`
		Habilitation int64     `db:"habilitation"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlBounced, limit); err != nil {
		return nil, err
	}
	found := make([]renewal.BouncedReminder, len(rows))
	for i, row := range rows {
		found[i] = renewal.BouncedReminder{
			MailID: row.Mail, Token: credential.Token{ID: row.Token, PublicID: row.PublicID}, Siret: value.Siret(row.Siret), Organisation: row.Organisation,
			Software: row.Software, Editor: row.Editor, Address: row.Address, Technical: row.Technical, Expiry: row.ExpiresAt, Habilitation: habilitation.Number(row.Habilitation),
		}
	}
	return found, nil
}

// ListPressing lists modifications that hold a prolongation up: that of the token which the
// request has now, be it a successor of the one that they began for.
func (s Reminders) ListPressing(ctx context.Context, before time.Time) ([]renewal.Pressing, error) {
	const sqlPressing = `
		SELECT d.id, d.request, t.siret, t.organisation, t.id::text AS token, t.expires_at
		FROM amendments d JOIN requests r ON r.number = d.request JOIN tokens t ON t.request = d.request
		WHERE d.ended_at IS NULL AND ` + isFiled + ` AND ` + isProlongable + ` AND t.expires_at < $1 ORDER BY t.expires_at, t.id`
	var rows []struct {
		ID           int64     `db:"id"`
		Request      int64     `db:"request"`
		Siret        string    `db:"siret"`
		Organisation string    `db:"organisation"`
		Token        string    `db:"token"`
		ExpiresAt    time.Time `db:"expires_at"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlPressing, before); err != nil {
		return nil, err
	}
	found := make([]renewal.Pressing, len(rows))
	for i, row := range rows {
		found[i] = renewal.Pressing{
			Amendment: row.ID, Request: habilitation.RequestNumber(row.Request), Siret: value.Siret(row.Siret), Organisation: row.Organisation, TokenID: row.Token,
			Expiry: row.ExpiresAt,
		}
	}
	return found, nil
}

// ListDigests lists the editors with enough clients whose tokens expire soon, or were cut of late.
func (s Reminders) ListDigests(ctx context.Context, now time.Time, atLeast int) ([]renewal.Digest, error) {
	const sqlDigests = `
		SELECT e.siret AS editor, e.name, e.technical_contact AS technical, t.id::text AS token, t.siret, t.organisation, ` + softwareOf + ` AS software, t.expires_at,
			count(*) OVER (PARTITION BY e.siret) AS clients, e.reminder_copies = 'semaine' AS chosen, COALESCE(cut.towns, 0) AS long_cut` + fileTables + `
		LEFT JOIN (
			SELECT t.editor_siret, count(DISTINCT t.siret) AS towns` + fileTables + `
			WHERE ` + isReminded + ` AND ` + isOfNewest + ` AND t.expires_at < $1 GROUP BY t.editor_siret) cut ON cut.editor_siret = e.siret
		WHERE ` + isReminded + ` AND ` + isOfNewest + ` AND e.technical_contact <> '' AND t.expires_at >= $1 AND t.expires_at < $2
		ORDER BY e.siret, t.expires_at, t.id`
	from, before := renewal.Window(now)
	var rows []struct {
		Editor       string    `db:"editor"`
		Name         string    `db:"name"`
		Technical    string    `db:"technical"`
		Token        string    `db:"token"`
		Siret        string    `db:"siret"`
		Organisation string    `db:"organisation"`
		Software     string    `db:"software"`
		ExpiresAt    time.Time `db:"expires_at"`
		Clients      int       `db:"clients"`
		Chosen       bool      `db:"chosen"`
		LongCut      int       `db:"long_cut"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlDigests, from, before); err != nil {
		return nil, err
	}
	var found []renewal.Digest
	for _, row := range rows {
		if row.Clients < atLeast && !row.Chosen {
			continue
		}
		if len(found) == 0 || found[len(found)-1].Editor.String() != row.Editor {
			found = append(found, renewal.Digest{Editor: value.Siret(row.Editor), Name: row.Name, Technical: row.Technical, LongCut: row.LongCut})
		}
		d := &found[len(found)-1]
		d.Rows = append(d.Rows, renewal.DigestRow{TokenID: row.Token, Siret: value.Siret(row.Siret), Organisation: row.Organisation, Software: row.Software, Expiry: row.ExpiresAt})
	}
	return found, nil
}

// RecordLetters records mails that no other change decides.
func (s Reminders) RecordLetters(ctx context.Context, letters []notice.Letter, now time.Time) (count int, err error) {
	err = s.DB.InTx(ctx, func(tx *sqlx.Tx) (err error) {
		count, err = recordLetters(ctx, tx, letters, now)
		return err
	})
	return count, err
}
