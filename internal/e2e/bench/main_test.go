package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"portail-qf/internal/app"
	"portail-qf/internal/config"
)

// TestMain lets the test program be run again as the portal, as a command of its, or as the bare handler.
func TestMain(m *testing.M) {
	plays := map[string]func(ctx context.Context, arguments []string) error{"serve": servePortal, "job": runJob, bareCommand: run}
	if len(os.Args) < 2 || plays[os.Args[1]] == nil {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := plays[os.Args[1]](ctx, os.Args[1:]); err != nil {
		slog.Error("stopped", "error", err)
		stop()
		os.Exit(1)
	}
}

// openPortal is the portal as its environment says.
func openPortal(ctx context.Context) (config.Config, *app.App, error) {
	c, err := config.Read(os.Environ())
	if err != nil {
		return c, nil, err
	}
	portal, err := app.New(ctx, c, app.Options{Log: slog.New(slog.NewJSONHandler(os.Stderr, nil))})
	return c, portal, err
}

func servePortal(ctx context.Context, _ []string) error {
	c, portal, err := openPortal(ctx)
	if err != nil {
		return err
	}
	public, errPublic := net.Listen("tcp", c.Listen)
	private, errPrivate := net.Listen("tcp", c.MetricsListen)
	if err := errors.Join(errPublic, errPrivate); err != nil {
		return errors.Join(err, portal.Close())
	}
	return errors.Join(portal.Run(ctx, public, private), portal.Close())
}

func runJob(ctx context.Context, arguments []string) error {
	_, portal, err := openPortal(ctx)
	if err != nil {
		return err
	}
	_, err = portal.Jobs.Run(ctx, arguments[1])
	return errors.Join(err, portal.Close())
}

// The bench goes to its end and loses nothing. How fast is nobody's business here: "performance" fails no test.
func TestTheBenchMeasuresEverythingAndLosesNothing(t *testing.T) {
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	set, err := setScene(t.Context(), settings{portal: itself, length: time.Second, towns: 10_100, dossiers: 100, rounds: 2, checks: 500, progress: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	found, err := set.measureAll(t.Context())
	if err := errors.Join(err, set.strike()); err != nil {
		t.Fatal(err)
	}
	if err := found.fault(); err != nil {
		t.Error(err)
	}
	if found.checked.sent < submissionRate+2*recordingInRound || found.peak == 0 || found.views.cost == 0 || found.submissions.cost == 0 ||
		found.views.crowded.rate() == 0 || found.submissionsWithoutPause.recording.rate() == 0 || found.viewDuel.ratio() == 0 || found.deskDuel.ratio() == 0 || found.recordingDuel.ratio() == 0 {
		t.Errorf("something was not measured: %+v", found.lines())
	}
	side := found.professionals
	for _, m := range side.measures() {
		if m.rate() == 0 {
			t.Errorf("something of the professional side was not measured: %+v", side.lines())
		}
	}
	asked := found.requests
	for _, m := range asked.measures() {
		if m.rate() == 0 {
			t.Errorf("something of the requests was not measured: %+v", asked.lines())
		}
	}
	if asked.deposited < depositRate || asked.queue.cost == 0 || asked.filtered.cost == 0 || asked.cost == 0 {
		t.Errorf("%d deposits: %+v", asked.deposited, asked.lines())
	}
	if side.allowed == 0 || side.refused == 0 || len(side.noted.took) != agentSessions+supportSessions || len(side.signIns.took) != 2*crowd {
		t.Errorf("%s, %s, %d sessions and %d sign-ins", side.allowed, side.refused, len(side.noted.took), len(side.signIns.took))
	}
	var table strings.Builder
	if err := found.print(&table); err != nil || strings.Count(table.String(), "atteint") < 26 {
		t.Errorf("%v in:\n%s", err, &table)
	}
	if _, err := os.Stat(set.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the bench leaves its folder: %v", err)
	}
}
