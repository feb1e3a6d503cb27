package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/smtp"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/postgres"
)

const (
	remindLimit       = 10 * time.Second // for the tokens of all the towns, in one run
	mailRate          = 200              // a second
	leastMailRatio    = 0.5
	expiringDays      = 30
	pauseBeforeCount  = 500 * time.Millisecond
	mailsOfTheBareOne = 400
)

// reminders is what one morning costs when the tokens of all the towns come to a stage at once.
type reminders struct {
	recorded  int
	recording time.Duration // of the whole command
	peak      int64         // of the command, bytes
	delivered measure       // by the portal that serves
	bare      measure       // by a loop that has nothing else to do
	missing   int           // tokens without their reminder
}

// measureReminders has every token expire in a month, runs the job by hand while the portal that serves holds its breath, and then
// counts the mails that it hands to the relay in a while. What is left of them then is not sent.
func (s *scene) measureReminders(ctx context.Context, found *reminders) (err error) {
	tables, err := sql.Open("postgres", s.cluster.URL(portalDatabase, postgres.OwnerRole))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tables.Close()) }()
	expiry := renewal.DayIn(time.Now(), expiringDays+1).Add(-time.Second)
	if _, err := tables.ExecContext(ctx, `UPDATE tokens SET expires_at = $1`, expiry); err != nil {
		return err
	}
	if err := errors.Join(s.portal.command.Process.Signal(syscall.SIGSTOP), s.remind(ctx, found), s.portal.command.Process.Signal(syscall.SIGCONT)); err != nil {
		return err
	}
	const sqlRecorded = `
		SELECT count(x.token), count(*) - count(x.token) FROM tokens t LEFT JOIN reminders x ON x.token = t.id AND x.state = 'ecrit' AND x.stage = $1
		WHERE t.replaced_at IS NULL AND t.revoked_at IS NULL AND t.barred_at IS NULL`
	if err := tables.QueryRowContext(ctx, sqlRecorded, expiringDays).Scan(&found.recorded, &found.missing); err != nil {
		return err
	}
	// What autovacuum does within a minute: statements that were planned on empty tables are planned anew.
	if err := postgres.Settle(ctx, s.cluster.URL(portalDatabase, postgres.OwnerRole)); err != nil {
		return err
	}
	if err := s.countDelivered(ctx, tables, found); err != nil {
		return err
	}
	if _, err := tables.ExecContext(ctx, `UPDATE outbox SET done_at = now() WHERE kind = 'mail.send' AND done_at IS NULL`); err != nil {
		return err
	}
	if err := s.awaitDelivery(ctx); err != nil {
		return err
	}
	found.bare = s.sendBare()
	return found.bare.failure
}

// remind runs the command as an operator would.
func (s *scene) remind(ctx context.Context, found *reminders) error {
	command := exec.CommandContext(ctx, s.settings.portal, "job", "reminders")
	command.Env = s.portal.command.Env
	began := time.Now()
	said, err := command.CombinedOutput()
	found.recording = time.Since(began)
	if err != nil {
		return fmt.Errorf("remind: %w\n%s", err, said)
	}
	if used, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok {
		found.peak = used.Maxrss * 1024 // Linux counts in kB
	}
	return nil
}

func (s *scene) countDelivered(ctx context.Context, tables *sql.DB, found *reminders) error {
	const sqlSent = `SELECT count(*) FROM mail_recipients WHERE state = 'sent' AND field = 'to'`
	count := func() (n int, err error) {
		err = tables.QueryRowContext(ctx, sqlSent).Scan(&n)
		return n, err
	}
	time.Sleep(pauseBeforeCount) // the workers wake up
	before, errBefore := count()
	began := time.Now()
	time.Sleep(s.length)
	after, errAfter := count()
	found.delivered.elapsed = time.Since(began)
	found.delivered.took = make([]time.Duration, max(0, after-before))
	return errors.Join(errBefore, errAfter)
}

// sendBare sends as many bytes to as many people, one mail after the other, as a program of ten lines would.
func (s *scene) sendBare() measure {
	const from, to, copied = "support@particulier.api.gouv.fr", "demandeur@essai.example.fr", "contact@essai.example.fr"
	body := []byte("From: <" + from + ">\r\nTo: <" + to + ">\r\nCc: <" + copied + ">\r\nSubject: Rappel\r\n\r\n" + strings.Repeat("Votre jeton expire dans un mois.\r\n", s.lengthOfMail()/34))
	var notes notebook
	began := time.Now()
	for range mailsOfTheBareOne {
		sent := time.Now()
		err := smtp.SendMail(s.smtpAddress, nil, from, []string{to, copied}, body)
		notes.note(time.Since(sent), err)
	}
	return notes.close(began)
}

// lengthOfMail is how long the last reminder is, in bytes.
func (s *scene) lengthOfMail() int {
	all := s.stage.Mail.Messages()
	return len(all[len(all)-1].Raw)
}

func (r reminders) ratio() float64 {
	if r.bare.rate() == 0 {
		return 0
	}
	return r.delivered.rate() / r.bare.rate()
}

func (r reminders) lines() []line {
	return []line{
		{fmt.Sprintf("Rappels de %d jetons, choisis et enregistrés", r.recorded), seconds(r.recording), "< " + seconds(remindLimit), r.recording < remindLimit && r.missing == 0},
		{"  mémoire de la commande, au plus", megabytes(r.peak), "< " + megabytes(memoryLimit), r.peak < memoryLimit},
		{"  mails remis au relais", perSecond(r.delivered), fmt.Sprintf("%d/s", mailRate), r.delivered.rate() >= mailRate},
		{"  rapport à une boucle nue", decimal(r.ratio(), 2) + ", " + perSecond(r.delivered) + " contre " + perSecond(r.bare), "≥ " + decimal(leastMailRatio, 1), r.ratio() >= leastMailRatio},
	}
}

func (r reminders) fault() error {
	if r.missing != 0 {
		return fmt.Errorf("%d tokens have no reminder", r.missing)
	}
	return nil
}
