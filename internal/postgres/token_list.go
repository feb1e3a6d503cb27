package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// fileColumns are those of a token with whom it concerns, as far as a reach goes (withinReach);
// fileTables are where they are.
const (
	// requesterMail is where the requester of a request r is written to.
	requesterMail = `CASE lower(r.requester ->> 'mail') WHEN lower(NULLIF(r.refused_mail, '')) THEN r.corrected_mail ELSE COALESCE(r.requester ->> 'mail', '') END`
	// writtenTo is the same, "" where somebody else is the one who writes.
	writtenTo = `CASE r.mails_by WHEN 'portail' THEN ` + requesterMail + ` ELSE '' END`
	// softwareOf is the name of the product of a habilitation h, as the newest version of its form
	// has it; "" on a generic form, or one that was never published here.
	softwareOf  = `COALESCE((SELECT f.content ->> 'logiciel' FROM form_versions f WHERE f.form_uid = h.form_uid ORDER BY f.version DESC LIMIT 1), '')`
	fileColumns = tokenColumns + `,
		COALESCE(h.title, '') AS title, COALESCE(r.holder, 0) AS holder, ` + writtenTo + ` AS requester_mail,
		trim(COALESCE(r.requester ->> 'prenom', '') || ' ' || COALESCE(r.requester ->> 'nom', '')) AS requester_name,
		COALESCE(e.name, h.editor, '') AS editor_name, COALESCE(NULLIF(e.technical_contact, ''), h.contacts -> 'technique' ->> 'mail', '') AS technical,
		` + softwareOf + ` AS software, g.number AS granted, g.siret AS granted_siret, g.organisation AS granted_organisation, COALESCE(g.editor_siret, '') AS granted_editor,
		g.scopes AS granted_scopes, g.form AS granted_form,
		COALESCE((SELECT u.form FROM collectivities u WHERE u.siret = t.siret), '') AS town_form,
		t.revoked_at IS NOT NULL AND EXISTS (SELECT FROM tokens o WHERE o.request = t.request AND o.issued_at > t.issued_at) AS followed, r.state IN ('validee', 'reouverte') AND g.token AND g.editor_siret IS NOT DISTINCT FROM t.editor_siret AS holds`
	// neighbours are the tokens that replaced one and that it replaced, whosever they are;
	// neighboursWithin those within a reach (withinReach).
	neighbours = `,
		COALESCE((SELECT n.id::text FROM tokens n WHERE n.replaces = t.id), '') AS successor, COALESCE(t.replaces::text, '') AS predecessor`
	neighboursWithin = `,
		COALESCE((SELECT n.id::text FROM tokens n WHERE n.replaces = t.id AND ($1 OR n.editor_siret = $2 OR n.siret = $3)), '') AS successor,
		COALESCE((SELECT n.id::text FROM tokens n WHERE n.id = t.replaces AND ($1 OR n.editor_siret = $2 OR n.siret = $3)), '') AS predecessor`
	fileTables = `
		FROM tokens t
		JOIN requests r ON r.number = t.request
		JOIN habilitations h ON h.number = t.habilitation
		CROSS JOIN LATERAL (
			SELECT v.number, v.siret, v.organisation, v.editor_siret, v.scopes, v.token, v.form FROM habilitations v
			WHERE v.request = t.request ORDER BY v.number DESC LIMIT 1) g
		LEFT JOIN editors e ON e.siret = t.editor_siret`
	// withinReach takes whose tokens are looked for: all, an editor, a town.
	withinReach = `($1 OR t.editor_siret = $2 OR t.siret = $3)`
	// tokenState is credential.Token.State; NOW stands for the time. A test compares them.
	tokenState = `
		CASE
			WHEN t.revoked_at IS NOT NULL THEN 'revoque'
			WHEN t.ends_at <= NOW AND t.ends_at < t.expires_at THEN 'remplace'
			WHEN t.suspended_at IS NOT NULL OR t.barred_at IS NOT NULL THEN 'suspendu'
			WHEN t.expires_at < NOW THEN 'expire'
			WHEN t.replaced_at IS NOT NULL THEN 'remplacement_en_cours'
			WHEN t.collected_at IS NULL THEN 'a_recuperer'
			WHEN t.expires_at < NOW + interval '90 days' THEN 'expire_bientot'
			WHEN t.first_used_at IS NOT NULL THEN 'en_service'
			ELSE 'recupere' END`
	// isCurrent leaves out the tokens in whose place the request has another one.
	isCurrent = `
		(t.replaced_at IS NULL AND (t.revoked_at IS NULL OR NOT EXISTS (
			SELECT FROM tokens o WHERE o.request = t.request AND o.issued_at > t.issued_at)))`
)

func stateAt(now string) string { return strings.ReplaceAll(tokenState, "NOW", now) }

type tokenFileRow struct {
	tokenRow
	Title         string `db:"title"`
	Software      string `db:"software"`
	Holder        int64  `db:"holder"`
	RequesterMail string `db:"requester_mail"`
	RequesterName string `db:"requester_name"`
	EditorName    string `db:"editor_name"`
	Technical     string `db:"technical"`
	Successor     string `db:"successor"`
	Predecessor   string `db:"predecessor"`

	Granted       int64          `db:"granted"`
	GrantedSiret  string         `db:"granted_siret"`
	GrantedName   string         `db:"granted_organisation"`
	GrantedEditor string         `db:"granted_editor"`
	GrantedScopes pq.StringArray `db:"granted_scopes"`
	GrantedForm   bool           `db:"granted_form"`
	TownForm      string         `db:"town_form"`
	Followed      bool           `db:"followed"`
	Holds         bool           `db:"holds"`
	Total         int            `db:"total"`
}

func (r tokenFileRow) file() credential.TokenFile {
	return credential.TokenFile{
		Token: r.token(), Title: r.Title, Software: r.Software, Holder: r.Holder, RequesterName: r.RequesterName, Followed: r.Followed, Successor: r.Successor, Predecessor: r.Predecessor,
		Right: credential.Right{Holds: r.Holds, Form: r.GrantedForm, TownForm: directory.FormState(r.TownForm), Grantee: credential.Grantee{
			Request: habilitation.RequestNumber(r.Request), Habilitation: habilitation.Number(r.Granted), Siret: value.Siret(r.GrantedSiret),
			Organisation: r.GrantedName, Editor: value.Siret(r.GrantedEditor), Scopes: r.GrantedScopes,
		}},
		Addressees: credential.Addressees{Requester: r.RequesterMail, Technical: r.Technical, Editor: r.EditorName},
	}
}

// FindToken finds a token within reach.
func (s Tokens) FindToken(ctx context.Context, reach credential.TokenReach, id string) (credential.TokenFile, error) {
	const sqlFind = `SELECT` + fileColumns + neighboursWithin + `, 1 AS total` + fileTables + ` WHERE ` + withinReach + ` AND t.id = $4`
	if !value.IsUUID(id) {
		return credential.TokenFile{}, fault.New(fault.NotFound, "token.unknown")
	}
	var row tokenFileRow
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, reach.All, reach.Editor.String(), reach.Town.String(), id); err != nil {
		return credential.TokenFile{}, notFoundAs("token.unknown", err)
	}
	return row.file(), nil
}

// ListTokens lists the tokens that match, and tells how many there are in all.
func (s Tokens) ListTokens(ctx context.Context, query credential.TokenQuery) ([]credential.TokenFile, int, error) {
	sqlList := `
		SELECT` + fileColumns + neighboursWithin + `, count(*) OVER () AS total` + fileTables + `
		WHERE ` + withinReach + `
		  AND ($4 OR cardinality($5::text[]) > 0 AND ` + plain + `t.organisation` + plainEnds + ` LIKE ALL ($5)
			OR $6 <> '' AND t.siret LIKE $6 || '%' OR t.request = $7 OR t.habilitation = $8)
		  AND ($9 = '' OR t.public_id = $9) AND ($10 = '' OR t.siret = $10)
		  AND ($11 = '' OR ` + stateAt("$12::timestamptz") + ` = $11)
		  AND (NOT $13 OR ` + isCurrent + `)
		  AND ($14 = '' OR t.id > NULLIF($14, '')::uuid)
		  AND ($18 = '' OR t.id = NULLIF($18, '')::uuid)
		ORDER BY CASE WHEN $15 = 'id' THEN t.id END,
			CASE WHEN $15 = 'etat' THEN array_position(ARRAY['a_recuperer', 'expire', 'expire_bientot', 'remplacement_en_cours', 'suspendu', 'recupere',
				'en_service', 'revoque', 'remplace'], ` + stateAt("$12::timestamptz") + `) END,
			CASE WHEN $15 = 'etat' THEN t.expires_at END,
			lower(t.organisation), t.issued_at DESC, t.id
		LIMIT $16 OFFSET $17`
	if query.ID != "" && !value.IsUUID(query.ID) {
		return nil, 0, nil
	}
	var rows []tokenFileRow
	err := s.DB.pool.SelectContext(ctx, &rows, sqlList, query.All, query.Editor.String(), query.Town.String(),
		query.IsZero(), patterns(query.Words), query.SiretStart, int64(query.Named.Request), int64(query.Named.Habilitation),
		query.PublicID, query.Siret.String(), string(query.State), query.Now, query.CurrentOnly, query.AfterID, string(query.Order), query.Limit, query.Offset,
		query.ID)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	files := make([]credential.TokenFile, len(rows))
	for i, row := range rows {
		files[i] = row.file()
	}
	return files, rows[0].Total, nil
}

// CountTokens counts the tokens within reach, by state: those that a list of the state shows.
func (s Tokens) CountTokens(ctx context.Context, reach credential.TokenReach, now time.Time) (map[credential.TokenState]int, error) {
	sqlCount := `
		SELECT state, count(*) AS count
		FROM (SELECT ` + stateAt("$4::timestamptz") + ` AS state, ` + isCurrent + ` AS current FROM tokens t WHERE ` + withinReach + `) seen
		WHERE current OR state IN ('revoque', 'remplace', 'remplacement_en_cours')
		GROUP BY state`
	var rows []struct {
		State string `db:"state"`
		Count int    `db:"count"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlCount, reach.All, reach.Editor.String(), reach.Town.String(), now); err != nil {
		return nil, err
	}
	counts := map[credential.TokenState]int{}
	for _, row := range rows {
		counts[credential.TokenState(row.State)] = row.Count
	}
	return counts, nil
}

// ListUnissued lists valid requests with the modality that have no token that goes on, and are owed
// one (credential.Tokens.IssueMissing).
func (s Tokens) ListUnissued(ctx context.Context, after habilitation.Number, limit int) ([]credential.TokenFile, error) {
	const sqlList = `
		SELECT r.number AS request, h.number AS habilitation, h.siret, h.organisation, COALESCE(h.editor_siret, '') AS editor_siret, h.scopes, h.title,
			` + writtenTo + ` AS requester_mail, COALESCE(e.name, h.editor) AS editor_name,
			COALESCE(NULLIF(e.technical_contact, ''), h.contacts -> 'technique' ->> 'mail', '') AS technical, COALESCE(l.id::text, '') AS replaces
		FROM requests r
		JOIN LATERAL (SELECT v.number, v.siret, v.organisation, v.editor_siret, v.editor, v.scopes, v.title, v.contacts, v.token FROM habilitations v
			WHERE v.request = r.number ORDER BY v.number DESC LIMIT 1) h ON true
		LEFT JOIN editors e ON e.siret = h.editor_siret
		LEFT JOIN LATERAL (SELECT t.id, t.replaced_at IS NOT NULL AND t.revoked_at IS NULL AND t.suspended_at IS NULL AS gave_way FROM tokens t
			WHERE t.request = r.number ORDER BY t.issued_at DESC, t.id DESC LIMIT 1) l ON true
		WHERE r.state IN ('validee', 'reouverte') AND h.token AND h.number > $1
		  AND NOT EXISTS (SELECT FROM tokens t WHERE t.request = r.number AND t.replaced_at IS NULL AND t.revoked_at IS NULL)
		  AND (l.id IS NULL OR l.gave_way AND NOT EXISTS (
			SELECT FROM subscriptions s JOIN requests o ON o.number = s.request
			WHERE s.siret = h.siret AND s.request <> r.number AND s.editor_siret IS DISTINCT FROM h.editor_siret AND o.state IN ('validee', 'reouverte')))
		ORDER BY h.number LIMIT $2`
	var rows []struct {
		Request       int64          `db:"request"`
		Habilitation  int64          `db:"habilitation"`
		Siret         string         `db:"siret"`
		Organisation  string         `db:"organisation"`
		Editor        string         `db:"editor_siret"`
		Scopes        pq.StringArray `db:"scopes"`
		Title         string         `db:"title"`
		RequesterMail string         `db:"requester_mail"`
		EditorName    string         `db:"editor_name"`
		Technical     string         `db:"technical"`
		Replaces      string         `db:"replaces"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList, int64(after), limit); err != nil {
		return nil, err
	}
	files := make([]credential.TokenFile, len(rows))
	for i, row := range rows {
		files[i] = credential.TokenFile{
			Token: credential.Token{
				Request: habilitation.RequestNumber(row.Request), Habilitation: habilitation.Number(row.Habilitation), Siret: value.Siret(row.Siret),
				Organisation: row.Organisation, Editor: value.Siret(row.Editor), Scopes: row.Scopes, Replaces: row.Replaces,
			},
			Title: row.Title, Addressees: credential.Addressees{Requester: row.RequesterMail, Technical: row.Technical, Editor: row.EditorName},
		}
	}
	return files, nil
}
