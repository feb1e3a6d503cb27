package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	usualTowns  = 35_000 // that the portal must hold (PRODUCT.md §7)
	usualRounds = 13
	usualChecks = 5000
)

// settings are what the environment says.
type settings struct {
	portal   string        // the program to measure
	length   time.Duration // of each measure
	towns    int           // with a form, and a token
	dossiers int           // in the table before
	rounds   int           // of a duel
	checks   int           // of tokens in a round
	progress io.Writer     // of who waits
	profiles string        // folder, "" for none
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) > 0 && arguments[0] == bareCommand {
		return serveBare(ctx, arguments[1:])
	}
	wanted, err := readSettings()
	if err != nil {
		return err
	}
	fmt.Fprintf(wanted.progress, "Préparation : %d collectivités, %d dossiers, %d demandes, %d comptes, le portail et les simulateurs\n",
		wanted.towns, wanted.dossiers, filedRequests, accounts)
	set, err := setScene(ctx, wanted)
	if err != nil {
		return err
	}
	found, err := set.measureAll(ctx)
	if err = errors.Join(err, set.strike()); err != nil {
		return err
	}
	if err := found.print(os.Stdout); err != nil {
		return err
	}
	return found.fault()
}

func readSettings() (settings, error) {
	s := settings{portal: "bin/portal", towns: usualTowns, rounds: usualRounds, checks: usualChecks, progress: os.Stderr, profiles: os.Getenv("BENCH_PROFILES")}
	if given := os.Getenv("BENCH_PORTAL"); given != "" {
		s.portal = given
	}
	seconds, err := wholeNumber("BENCH_SECONDS", 10, 1)
	if err != nil {
		return s, err
	}
	s.length = time.Duration(seconds) * time.Second
	if s.dossiers, err = wholeNumber("BENCH_DOSSIERS", 300_000, 0); err != nil {
		return s, err
	}
	if s.portal, err = filepath.Abs(s.portal); err != nil {
		return s, err
	}
	if _, err := exec.LookPath(s.portal); err != nil {
		return s, fmt.Errorf("BENCH_PORTAL (make build makes bin/portal): %w", err)
	}
	return s, nil
}

func wholeNumber(name string, usual, least int) (int, error) {
	given := os.Getenv(name)
	if given == "" {
		return usual, nil
	}
	number, err := strconv.Atoi(given)
	if err != nil || number < least {
		return 0, fmt.Errorf("%s must be a whole number, %d or more", name, least)
	}
	return number, nil
}
