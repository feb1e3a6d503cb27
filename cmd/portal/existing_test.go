package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// documented is the example of the README.
func documented(t *testing.T) map[string]any {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(readme), "### What the existing system granted")
	_, after, found := strings.Cut(after, "```json\n")
	example, _, _ := strings.Cut(after, "```")
	var file map[string]any
	if err := json.Unmarshal([]byte(example), &file); !found || err != nil {
		t.Fatalf("the README has no example: %v", err)
	}
	return file
}

func textOf(t *testing.T, file map[string]any) string {
	t.Helper()
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// granted is the habilitation of the example.
func granted(file map[string]any) map[string]any {
	return file["habilitations"].([]any)[0].(map[string]any)
}

// importExisting runs `portal import-existant` and returns what it printed, with plain spaces.
func (s *scene) importExisting(text string, options ...string) (printed string, err error) {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(s.t.Context(), os.Args[0], append([]string{"import-existant", written(s.t, text)}, options...)...)
	command.Env, command.Stdout, command.Stderr = s.environment, &stdout, &stderr
	err = command.Run()
	if err != nil && stdout.Len() == 0 {
		s.t.Fatalf("%v\n%s", err, stderr.String())
	}
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(stdout.String()), err
}

// rows is all that the database holds of people's affairs, table by table; the dates at which a list was read apart.
func (s *scene) rows() map[string]string {
	s.t.Helper()
	db, err := sql.Open("postgres", s.database.Owner)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	held := map[string]string{}
	for _, table := range []string{"editors", "editor_forms", "collectivities", "requests", "habilitations", "subscriptions", "tokens", "audit_events", "mails", "outbox", "editor_events", "holder_links"} {
		var text sql.NullString
		query := `SELECT string_agg((to_jsonb(t) - 'updated_at')::text, E'\n' ORDER BY (to_jsonb(t) - 'updated_at')::text) FROM ` + table + ` t`
		if err := db.QueryRowContext(context.Background(), query).Scan(&text); err != nil {
			s.t.Fatalf("%s: %v", table, err)
		}
		held[table] = text.String
	}
	return held
}

func wantReport(t *testing.T, printed string, err error, fails bool, want string) {
	t.Helper()
	if (err != nil) != fails {
		t.Errorf("the command ends with %v", err)
	}
	if diff := cmp.Diff(want, printed); diff != "" {
		t.Error(diff)
	}
}

const everythingBrought = `Éditeurs enregistrés : 1
Collectivités enregistrées : 1
Habilitations reprises : 1
Habilitations mises à jour : 0
Habilitations inchangées : 0
Jetons repris : 2
Fautes : 0
Remarques : 0
`

// « portal import-existant FILE: towns, habilitations, contacts, forms, tokens (jti, expiry, scopes, revoked) of the existing
// system; dry run with report, re-runnable » (PRODUCT.md 3.13): the example of the README is such a file.
func TestWhatTheExistingSystemGrantedIsBroughtOnce(t *testing.T) {
	s := setScene(t)
	text := textOf(t, documented(t))

	empty := s.rows()
	printed, err := s.importExisting(text, "--dry-run")
	wantReport(t, printed, err, false, "Essai : rien n’est enregistré.\n"+everythingBrought)
	if diff := cmp.Diff(empty, s.rows()); diff != "" {
		t.Errorf("a dry run leaves\n%s", diff)
	}

	printed, err = s.importExisting(text)
	wantReport(t, printed, err, false, everythingBrought)
	brought := s.rows()
	for table, expected := range map[string]string{
		"requests": `"mails_by": "portail"`, "habilitations": `"dpd@pays.example.fr"`, "subscriptions": `"state": "actif"`,
		"tokens": `"collector": "l’ancien système"`, "collectivities": `"form": "ouvert"`, "audit_events": `"habilitation.adopted"`,
	} {
		if !strings.Contains(brought[table], expected) {
			t.Errorf("%s has no %s:\n%s", table, expected, brought[table])
		}
	}
	for _, table := range []string{"mails", "outbox", "editor_events"} {
		if brought[table] != "" {
			t.Errorf("somebody is told: %s\n%s", table, brought[table])
		}
	}

	printed, err = s.importExisting(text)
	wantReport(t, printed, err, false, `Éditeurs enregistrés : 1
Collectivités enregistrées : 1
Habilitations reprises : 0
Habilitations mises à jour : 0
Habilitations inchangées : 1
Jetons repris : 0
Fautes : 0
Remarques : 0
`)
	if diff := cmp.Diff(brought, s.rows()); diff != "" {
		t.Errorf("the same file again changes\n%s", diff)
	}
}

// « every fault listed in the report »: what is wrong with one habilitation keeps none of the others out.
func TestEachHabilitationIsBroughtWholeOrNotAtAll(t *testing.T) {
	s := setScene(t)
	file := documented(t)
	wrong := map[string]any{
		"demande": 48232, "siret": "21039900000012", "etat": "archivee", "validee_le": "hier", "avec_jeton": true, "editeur": "90511200900014",
		"mails": "personne", "couleur": "bleu", "demandeur": map[string]any{"mail": "anne"},
		"jetons": []any{
			map[string]any{"jti": "ABC", "iat": 5, "exp": 4, "fin": 1},
			map[string]any{"jti": "3f0b6c1e-9d52-4a77-8c1b-5e6f7a8b9c0d", "iat": 1, "exp": 2},
		},
	}
	stranger := map[string]any{
		"demande": 48233, "siret": "21039900000012", "etat": "validee", "validee_le": "2025-02-03T09:12:00+01:00", "avec_jeton": true,
		"editeur": "44973625500018", "demandeur": map[string]any{"mail": "anne.morel@clairval.example.fr"},
	}
	file["habilitations"] = append(file["habilitations"].([]any), wrong, stranger, map[string]any{"demande": "48234"}, 12, granted(file))
	printed, err := s.importExisting(textOf(t, file))
	wantReport(t, printed, err, true, `Éditeurs enregistrés : 1
Collectivités enregistrées : 1
Habilitations reprises : 1
Habilitations mises à jour : 0
Habilitations inchangées : 0
Jetons repris : 2
Fautes : 13
- habilitation n° 2 (D48232) : etat ne peut être que validee, reouverte, suspendue ou revoquee
- habilitation n° 2 (D48232) : mails ne peut être que portail ou ancien
- habilitation n° 2 (D48232) : validee_le n’est pas une date (2026-01-31T10:00:00+01:00)
- habilitation n° 2 (D48232) : demandeur n’a pas d’adresse mail valide
- habilitation n° 2 (D48232) : jeton n° 1 : jti n’est pas un UUID en minuscules
- habilitation n° 2 (D48232) : jeton n° 1 : iat et exp ne sont pas deux dates qui se suivent, en secondes
- habilitation n° 2 (D48232) : le jeton 3f0b6c1e-9d52-4a77-8c1b-5e6f7a8b9c0d est donné deux fois
- habilitation n° 4 : la valeur de « demande » n’est pas du type attendu
- habilitation n° 5 : ce n’est pas une fiche
- habilitation n° 6 (D48231) : cette demande est donnée deux fois
- habilitation n° 6 (D48231) : le jeton 3f0b6c1e-9d52-4a77-8c1b-5e6f7a8b9c0d est donné deux fois
- habilitation n° 6 (D48231) : le jeton 8b3c1d2e-0f4a-4b5c-9d6e-7f8091a2b3c4 est donné deux fois
- habilitation n° 3 (D48233) : l’éditeur 44973625500018 n’est pas connu
Remarques : 2
- habilitation n° 2 (D48232) : « couleur » n’est pas lu
- habilitation n° 2 (D48232) : « jetons.fin » n’est pas lu
`)
}

// « per habilitation "mails by the old system | by us" »: a newer file hands them over, and what differs is told.
func TestANewerFileSaysWhoWritesTheMails(t *testing.T) {
	s := setScene(t)
	file := documented(t)
	granted(file)["mails"] = "ancien"
	if printed, err := s.importExisting(textOf(t, file)); err != nil {
		t.Fatal(printed, err)
	}
	if requests := s.rows()["requests"]; !strings.Contains(requests, `"mails_by": "ancien"`) {
		t.Error(requests)
	}
	granted(file)["mails"], granted(file)["intitule"], granted(file)["etat"] = "portail", "Cantine et garderie", "revoquee"
	printed, err := s.importExisting(textOf(t, file))
	wantReport(t, printed, err, false, `Éditeurs enregistrés : 1
Collectivités enregistrées : 1
Habilitations reprises : 0
Habilitations mises à jour : 1
Habilitations inchangées : 0
Jetons repris : 0
Fautes : 0
Remarques : 1
- habilitation n° 1 (D48231) : déjà connue, et différente ici (etat, intitule) : elle reste ainsi
`)
	if requests := s.rows()["requests"]; !strings.Contains(requests, `"mails_by": "portail"`) || !strings.Contains(requests, `"state": "validee"`) {
		t.Error(requests)
	}
}

func TestAFileThatIsNoneBringsNothing(t *testing.T) {
	s := setScene(t)
	empty := s.rows()
	for _, text := range []string{"", "<html>", `[{"demande":1}]`, `{"habilitations":[]} suite`} {
		var stderr bytes.Buffer
		command := exec.CommandContext(t.Context(), os.Args[0], "import-existant", written(t, text))
		command.Env, command.Stderr = s.environment, &stderr
		if err := command.Run(); err == nil || !strings.Contains(stderr.String(), "understand list") {
			t.Errorf("%q: %v, %s", text, err, stderr.String())
		}
	}
	if diff := cmp.Diff(empty, s.rows()); diff != "" {
		t.Error(diff)
	}
}

// « kill midway and run again »: what was recorded is whole, and the next run brings the rest.
func TestAnImportThatIsKilledIsRunAgain(t *testing.T) {
	s := setScene(t)
	file := documented(t)
	const many = 300
	var all []any
	for i := range many {
		one := map[string]any{}
		for name, told := range granted(file) {
			one[name] = told
		}
		one["demande"], one["jetons"] = 50_000+i, []any{map[string]any{"jti": identifier(i), "iat": 1738570320, "exp": 1785967199}}
		delete(one, "abonnement")
		all = append(all, one)
	}
	file["habilitations"] = all
	text := written(t, textOf(t, file))
	command := exec.CommandContext(t.Context(), os.Args[0], "import-existant", text)
	command.Env = s.environment
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for strings.Count(s.rows()["requests"], `"number"`) < 20 {
		if time.Now().After(deadline) {
			t.Fatal("nothing is brought")
		}
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	half := s.rows()
	requests, tokens := strings.Count(half["requests"], `"number"`), strings.Count(half["tokens"], `"collector"`)
	if requests == many || requests != tokens || requests != strings.Count(half["habilitations"], `"number"`) {
		t.Fatalf("killed after %d requests and %d tokens", requests, tokens)
	}
	if printed, err := s.importExisting(textOf(t, file)); err != nil {
		t.Fatal(printed, err)
	}
	whole := s.rows()
	if got := strings.Count(whole["requests"], `"number"`); got != many {
		t.Errorf("%d requests", got)
	}
	if got := strings.Count(whole["tokens"], `"collector"`); got != many {
		t.Errorf("%d tokens", got)
	}
}

// identifier is the n-th of some UUIDs.
func identifier(n int) string {
	const digits = "0123456789abcdef"
	last := []byte("000000000000")
	for i := range 8 {
		last[11-i] = digits[n>>(4*i)&15]
	}
	return "3f0b6c1e-9d52-4a77-8c1b-" + string(last)
}
