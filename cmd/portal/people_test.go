package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/sim/smtp"
)

// command prepares `portal` with arguments, as an operator runs it.
func (s *scene) command(arguments ...string) *exec.Cmd {
	command := exec.CommandContext(s.t.Context(), os.Args[0], arguments...)
	command.Env = s.environment
	return command
}

// portal runs `portal` with arguments and returns what it printed and its exit code.
func (s *scene) portal(arguments ...string) (printed, complained string, code int) {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	command := s.command(arguments...)
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		s.t.Fatal(err)
	}
	return plain(stdout.String()), plain(stderr.String()), command.ProcessState.ExitCode()
}

func plain(text string) string {
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'").Replace(text)
}

// does fails unless `portal` succeeds; it returns what it printed.
func (s *scene) does(arguments ...string) string {
	s.t.Helper()
	printed, complained, code := s.portal(arguments...)
	if code != 0 {
		s.t.Fatalf("portal %s: exit %d\n%s%s", strings.Join(arguments, " "), code, printed, complained)
	}
	return printed
}

// refuses fails unless `portal` exits with 1 and says a text: on its standard error, or on
// the standard output where it is a finding.
func (s *scene) refuses(text string, arguments ...string) {
	s.t.Helper()
	printed, complained, code := s.portal(arguments...)
	if !strings.Contains(printed+complained, text) || code != 1 {
		s.t.Errorf("portal %s: exit %d, want 1 and %q:\n%s%s", strings.Join(arguments, " "), code, text, printed, complained)
	}
}

// tables opens the database as its owner.
func (s *scene) tables() *sql.DB {
	s.t.Helper()
	db, err := sql.Open("postgres", s.database.Owner)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (s *scene) count(query string) (n int) {
	s.t.Helper()
	if err := s.tables().QueryRowContext(s.t.Context(), query).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// served is a portal that `portal serve` runs, beside a mail relay.
type served struct {
	*scene
	relay *smtp.Server
	url   string
}

// serve runs `portal serve` until the test ends. The relay is there before and after.
func (s *scene) serve() *served {
	s.t.Helper()
	public, post := listen(s.t), listen(s.t)
	v := &served{scene: s, relay: smtp.New(smtp.Options{}), url: "http://" + public.Addr().String()}
	_ = public.Close() // its port is the portal's
	go func() { _ = v.relay.Serve(post) }()
	s.t.Cleanup(func() { _ = v.relay.Close() })
	command := s.command("serve")
	command.Env = append(command.Env, "PORTAL_URL="+v.url, "LISTEN="+public.Addr().String(), "METRICS_LISTEN=127.0.0.1:0", "SMTP_URL=smtp://"+post.Addr().String())
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	s.eventually("the portal answers", func() bool {
		response, err := http.Get(v.url + "/sante/pret")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return v
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func (s *scene) eventually(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("still not: %s", what)
		}
	}
}

// page reads a page of the portal.
func (v *served) page(path string) string {
	v.t.Helper()
	response, err := http.Get(v.url + path)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return plain(string(body))
}

var printedLink = regexp.MustCompile(`https://qf\.example\.fr(/invitations/[A-Z2-7]{52})\n`)

// invite runs `portal admin invite` and returns the path of the printed link.
func (s *scene) invite(mail string) string {
	s.t.Helper()
	printed := s.does("admin", "invite", mail)
	link := printedLink.FindStringSubmatch(printed)
	if link == nil {
		s.t.Fatalf("no link is printed:\n%s", printed)
	}
	return link[1]
}

// « portal admin invite for the first administrator » (issue 3): the link is printed, and
// the mail leaves when the portal is served.
func TestTheFirstAdministratorIsInvited(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	link := s.invite(" Camille.Ferrand@numerique.example.fr ")
	for what, query := range map[string]string{
		"invitation of an administrator": `SELECT count(*) FROM invitations WHERE role = 'admin' AND organisation = '13002526500013' AND mail = 'camille.ferrand@numerique.example.fr'`,
		"line of the journal":            `SELECT count(*) FROM audit_events WHERE act = 'invitation.sent' AND author_id = 'operator' AND object = 'camille.ferrand@numerique.example.fr'`,
		"mail that waits":                `SELECT count(*) FROM mail_recipients WHERE state = 'pending'`,
	} {
		if n := s.count(query); n != 1 {
			t.Errorf("%d %s, want 1", n, what)
		}
	}
	v := s.serve()
	s.eventually("the mail arrives", func() bool { return len(v.relay.Messages()) > 0 })
	mail := v.relay.Messages()[0]
	if len(mail.To) != 1 || mail.To[0] != "camille.ferrand@numerique.example.fr" || !strings.Contains(mail.Text, v.url+link+"\n") || !strings.Contains(mail.HTML, v.url+link) {
		t.Errorf("to %v:\n%s", mail.To, mail.Text)
	}
	if page := v.page(link); !strings.Contains(page, "Exploitation (ligne de commande)") || !strings.Contains(page, "camille.ferrand@numerique.example.fr") {
		t.Errorf("the link leads to\n%s", page)
	}
	if n := s.count(`SELECT count(*) FROM accounts`); n != 0 {
		t.Errorf("%d accounts: an invitation makes none", n)
	}
}

// The first link is worth nothing once the command has been run again.
func TestInvitingTwiceLeavesOneLink(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	first, second := s.invite("camille.ferrand@numerique.example.fr"), s.invite("camille.ferrand@numerique.example.fr")
	v := s.serve()
	if page := v.page(first); first == second || !strings.Contains(page, "Cette invitation n'est plus valable") {
		t.Errorf("the first link leads to\n%s", page)
	}
	if page := v.page(second); !strings.Contains(page, "Vous êtes invité") {
		t.Errorf("the second link leads to\n%s", page)
	}
}

func TestAWrongAddressIsSaidAndNotInvited(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	s.behindThePortalsBack(`
		WITH a AS (INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
			VALUES ('essai', '1', 'Camille', 'Ferrand', 'camille ferrand', 'camille.ferrand@numerique.example.fr', '13002526500013', now(), now()) RETURNING id)
		INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		SELECT id, 'admin', '13002526500013', '13002526500013', 'essai', now() FROM a`)
	for typed, sentence := range map[string]string{
		" ":                                    "portal: écrivez l'adresse mail de la personne à inviter\n",
		"camille@":                             "portal: cette adresse mail n'est pas complète ou contient une faute ; exemple : prenom.nom@exemple.fr\n",
		"a@x.fr\nBcc: b@x.fr":                  "portal: cette adresse mail n'est pas complète ou contient une faute ; exemple : prenom.nom@exemple.fr\n",
		"Camille.Ferrand@numerique.example.fr": "portal: la personne de cette adresse mail a déjà le rôle d'administration\n",
	} {
		s.refuses(sentence, "admin", "invite", typed)
	}
	if n := s.count(`SELECT (SELECT count(*) FROM invitations) + (SELECT count(*) FROM mails) + (SELECT count(*) FROM audit_events)`); n != 0 {
		t.Errorf("%d rows were written", n)
	}
}

var printedDigest = regexp.MustCompile(`\b\d+:[0-9a-f]{64}\b`)

// sealed runs the job, and returns the digest that it prints. What is sealed is older than
// every open transaction, those of other tests too.
func (s *scene) sealed() string {
	s.t.Helper()
	s.eventually("everything may be sealed", func() bool {
		return s.count(`SELECT count(*) FROM audit_events WHERE batch IS NULL AND tx >= pg_snapshot_xmin(pg_current_snapshot())`) == 0
	})
	printed := s.does("job", "seal-journal")
	digest := printedDigest.FindString(printed)
	if digest == "" {
		s.t.Fatalf("no digest in %q", printed)
	}
	return digest
}

// happens writes events in the journal.
func (s *scene) happens(events int) {
	s.t.Helper()
	const sqlEvent = `
		INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object)
		VALUES (now(), '1', 'Camille Ferrand', 'admin', 'role.granted', 'account', '2', 'Hugo Marchal')`
	for range events {
		s.behindThePortalsBack(sqlEvent)
	}
}

// twoBatches is a journal of three events, then two.
func (s *scene) twoBatches() (first, second string) {
	s.t.Helper()
	s.happens(3)
	first = s.sealed()
	s.happens(2)
	return first, s.sealed()
}

// behindThePortalsBack runs statements with the owner's rights.
func (s *scene) behindThePortalsBack(statements ...string) {
	s.t.Helper()
	for _, statement := range statements {
		if _, err := s.tables().ExecContext(context.Background(), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// « portal admin verify-journal names the first broken link » (issue 3).
func TestTheJournalIsVerified(t *testing.T) { // alone: a transaction under way in the cluster puts sealing off
	s := setScene(t)
	if printed := s.does("admin", "verify-journal"); !strings.Contains(printed, "Journal entier. Lots : 0, ") || printedDigest.MatchString(printed) {
		t.Errorf("of an empty journal:\n%s", printed)
	}
	first, second := s.twoBatches()
	s.happens(1)
	for _, arguments := range [][]string{nil, {"--known", first}, {"--known", second, "--known", first}} {
		printed := s.does(append([]string{"admin", "verify-journal"}, arguments...)...)
		if !strings.Contains(printed, "Journal entier. Lots : 2, dont effacés à l'échéance : 0. Événements vérifiés : 5, en attente de leur sceau : 1.\n") ||
			!strings.Contains(printed, "Dernière empreinte : "+second+"\n") {
			t.Errorf("%v:\n%s", arguments, printed)
		}
	}
	for _, wrong := range []string{"", "1:xyz", first + "," + second} { // "": a file that was to hold it is empty
		s.refuses("portal: --known ", "admin", "verify-journal", "--known="+wrong)
	}
	s.behindThePortalsBack(`UPDATE audit_events SET at = at - interval '7 hours' WHERE batch IS NULL`)
	s.refuses("Lien rompu : hors de tout lot (événements 6 à 6) : des événements attendent leur sceau depuis trop longtemps.", "admin", "verify-journal")
	s.behindThePortalsBack(`UPDATE audit_events SET author = 'Personne' WHERE id = 2`)
	s.refuses("Lien rompu : lot 1 (événements 1 à 3) : des événements ont été modifiés. Scellés : 3, trouvés : 3.", "admin", "verify-journal")
}

// « --known »: only what was kept elsewhere tells a chain that was made again as a whole.
func TestAChainMadeAgainIsToldByWhatWasKeptElsewhere(t *testing.T) { // alone: a transaction under way in the cluster puts sealing off
	s := setScene(t)
	first, second := s.twoBatches()
	s.behindThePortalsBack(`DELETE FROM audit_seals`, `UPDATE audit_events SET batch = NULL`,
		`UPDATE audit_events SET author = 'Personne' WHERE id = 2`, `SELECT seal_journal()`)
	if printed := s.does("admin", "verify-journal"); !strings.Contains(printed, "Journal entier. Lots : 1, ") {
		t.Errorf("without a digest kept elsewhere:\n%s", printed)
	}
	s.refuses("Lien rompu : lot 1 (événements 1 à 5) : son empreinte n'est pas celle qui a été gardée ailleurs", "admin", "verify-journal", "--known", first)
	s.refuses("Lien rompu : lot 2 : son sceau manque. ", "admin", "verify-journal", "--known", second)
}

func TestEveryBreachHasItsFrench(t *testing.T) {
	t.Parallel()
	for _, breach := range audit.Breaches {
		if breaches[breach] == "" {
			t.Errorf("%s is not said", breach)
		}
	}
	if len(breaches) != len(audit.Breaches) {
		t.Errorf("%d sentences for %d breaches", len(breaches), len(audit.Breaches))
	}
}

func TestAJobIsRunByItsName(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	if printed := s.does("job", "seal-journal"); printed != "sealed: 0 batches, 0 events\n" {
		t.Errorf("printed %q", printed)
	}
	if printed := s.does("purge"); !strings.HasPrefix(printed, "erased: 0 dossiers") {
		t.Errorf("printed %q", printed)
	}
	s.refuses("no such job: none (jobs: ", "job", "none")
}
