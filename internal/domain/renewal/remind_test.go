package renewal_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/renewal"
)

// breaking is a store whose database goes away after the first page of tokens, on which one is not
// to be reminded of.
type breaking struct{ renewal.Reminding }

var errGone = errors.New("the database is gone")

func (breaking) ListDue(_ context.Context, now time.Time, after renewal.Place, _ int) ([]renewal.DueToken, renewal.Place, error) {
	if after != (renewal.Place{}) {
		return nil, renewal.Place{}, errGone
	}
	far := renewal.DueToken{TokenFile: credential.TokenFile{Token: credential.Token{ID: "one", ExpiresAt: now.AddDate(1, 0, 0)}}}
	return []renewal.DueToken{far}, renewal.Place{Expiry: now, ID: "one"}, nil
}

func (breaking) ListBounced(context.Context, int) ([]renewal.BouncedReminder, error) { return nil, nil }

func (breaking) ListPressing(context.Context, time.Time) ([]renewal.Pressing, error) { return nil, nil }

func (breaking) ListDigests(context.Context, time.Time, int) ([]renewal.Digest, error) {
	return nil, nil
}

// A run that breaks off tells what had failed before, too.
func TestARunThatBreaksOffTellsEachFailure(t *testing.T) {
	reminders := &renewal.Reminders{Store: breaking{}, Now: func() time.Time { return noon }}
	_, err := reminders.Remind(context.Background())
	if !errors.Is(err, errGone) || !strings.Contains(err.Error(), "renewal.not_due") {
		t.Errorf("told %v", err)
	}
}
