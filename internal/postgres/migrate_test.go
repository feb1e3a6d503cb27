package postgres_test

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/postgres"
	"portail-qf/migrations"
)

// « forward only, numbered, one subject each, first line says why » (ARCHITECTURE.md §12)
func TestMigrationsAreNumberedWithoutGapAndSayWhy(t *testing.T) {
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("migrations: %v, %v", names, err)
	}
	for i, name := range names { // Glob sorts them as goose does
		number, _, found := strings.Cut(name, "_")
		if want := fmt.Sprintf("%04d", i+1); !found || number != want {
			t.Errorf("migration %s stands where %s is expected", name, want)
		}
		text, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "-- Why: ") {
			t.Errorf("the first line of %s does not say why", name)
		}
		if strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s goes backwards", name)
		}
	}
}

var quoted = regexp.MustCompile(`'([^']+)'`)

// « The CHECK constraint in SQL lists the same values and a test compares the two. »
func TestTheSchemaListsTheSameValuesAsTheRules(t *testing.T) {
	s := setScene(t)
	for constraint, want := range map[string][]string{
		"dossiers_state_check":          texts(dossier.States[:]),
		"attempts_step_check":           texts(dossier.Steps[:]),
		"collectivities_form_check":     texts(directory.FormStates[:]),
		"requests_mails_by_check":       texts(habilitation.Mailers[:]),
		"mail_recipients_state_check":   texts(notice.States[:]),
		"mail_recipients_field_check":   texts(notice.Fields[:]),
		"requests_source_check":         texts(habilitation.Sources[:]),
		"requests_state_check":          texts(habilitation.States[:]),
		"subscriptions_want_check":      texts(credential.Wants[:]),
		"subscriptions_state_check":     texts(credential.States[:]),
		"datapass_events_state_check":   texts(decision.InboxStates[:]),
		"hub_accounts_state_check":      texts(credential.HubAccountStates[:]),
		"hub_accounts_next_state_check": texts(credential.HubCandidateStates[:]),
		"applications_phase_check":      texts(request.Phases[:]),
		"documents_state_check":         texts(request.DocumentStates[:]),
		"request_messages_side_check":   texts(request.Sides[:]),
		"request_claims_state_check":    texts(request.ClaimStates[:]),
	} {
		var definition string
		err := s.raw.QueryRowContext(context.Background(),
			`SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1 AND contype = 'c'`, constraint).Scan(&definition)
		if err != nil {
			t.Fatalf("%s: %v", constraint, err)
		}
		var listed []string
		for _, match := range quoted.FindAllStringSubmatch(definition, -1) {
			listed = append(listed, match[1])
		}
		slices.Sort(listed)
		if diff := cmp.Diff(want, listed); diff != "" {
			t.Errorf("%s: rules and schema differ:\n%s", constraint, diff)
		}
	}
}

func texts[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = string(value)
	}
	slices.Sort(list)
	return list
}

// « one migrates, the others wait for it »; a schema that is up to date stays as it is.
func TestFourInstancesMigrateAtOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	before := s.schema()
	s.run(`DROP SCHEMA public CASCADE`)
	s.run(`CREATE SCHEMA public`)
	s.run(`GRANT USAGE ON SCHEMA public TO PUBLIC`)
	for range 2 {
		atOnce(4, func(int) {
			if err := postgres.Migrate(ctx, s.addresses.Owner); err != nil {
				t.Error(err)
			}
		})
		if diff := cmp.Diff(before, s.schema()); diff != "" {
			t.Errorf("four migrations at once made another schema than one:\n%s", diff)
		}
	}
	if err := connect(t, s.addresses.App).CheckSchema(ctx); err != nil {
		t.Error(err)
	}
}

// schema describes tables, columns, constraints, indexes, rights and versions.
func (s *scene) schema() []string {
	s.t.Helper()
	rows, err := s.raw.QueryContext(context.Background(), `
		SELECT format('column %s.%s %s %s', table_name, column_name, data_type, is_nullable)
		FROM information_schema.columns WHERE table_schema = 'public'
		UNION ALL SELECT format('constraint %s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
		UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
		UNION ALL SELECT format('right %s %s %s', grantee, privilege_type, table_name)
		FROM information_schema.role_table_grants WHERE table_schema = 'public' AND grantee = 'portal_app'
		UNION ALL SELECT format('version %s %s', version_id, count(*)) FROM goose_db_version GROUP BY version_id
		ORDER BY 1`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			s.t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return lines
}

// « portal_owner (migrations) and portal_app »: the portal itself cannot change the
// schema, nor lie about its version.
func TestTheApplicationCannotChangeTheSchema(t *testing.T) {
	s := setScene(t)
	app := s.asApplication()
	for _, statement := range []string{
		`CREATE TABLE mine (id int)`,
		`CREATE SCHEMA mine`,
		`CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
		`ALTER TABLE dossiers ADD COLUMN mine int`,
		`ALTER TABLE dossiers DROP CONSTRAINT dossiers_state_check`,
		`DROP TABLE outbox`,
		`TRUNCATE outbox`,
		`CREATE INDEX mine ON outbox (kind)`,
		`GRANT SELECT ON outbox TO PUBLIC`,
		`DELETE FROM goose_db_version`,
		`SET ROLE portal_owner`,
		`CREATE ROLE mine`,
	} {
		_, err := app.ExecContext(context.Background(), statement)
		if statement == `GRANT SELECT ON outbox TO PUBLIC` && err == nil {
			// PostgreSQL only warns; what counts is that nothing was granted.
			if n := s.count(`SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'PUBLIC' AND table_name = 'outbox'`); n == 0 {
				continue
			}
		}
		if err == nil {
			t.Errorf("the application may %s", statement)
		}
	}
	if _, err := app.ExecContext(context.Background(), `SELECT count(*) FROM outbox`); err != nil {
		t.Errorf("the application cannot do its work: %v", err)
	}
}

// « The application refuses to start on an older schema. »
func TestAnOlderSchemaIsRefused(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	if err := s.db.CheckSchema(ctx); err != nil {
		t.Fatalf("the schema of this program: %v", err)
	}
	newest := s.count(`SELECT max(version_id) FROM goose_db_version`)
	s.run(`INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, true)`, newest+1)
	if err := s.db.CheckSchema(ctx); err != nil {
		t.Errorf("a newer schema, as during a deployment: %v", err)
	}
	s.run(`DELETE FROM goose_db_version WHERE version_id >= $1`, newest)
	err := s.db.CheckSchema(ctx)
	if err == nil || !strings.Contains(err.Error(), strconv.Itoa(newest)) || !strings.Contains(err.Error(), "portal migrate") {
		t.Errorf("an older schema: %v", err)
	}
	s.run(`DROP TABLE goose_db_version`)
	if err := s.db.CheckSchema(ctx); err == nil || !strings.Contains(err.Error(), "portal migrate") {
		t.Errorf("an empty database: %v", err)
	}
}
