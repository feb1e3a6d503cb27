package intake

import (
	"context"
	"errors"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/request"
)

// Limit is the largest file that is taken, in bytes: 10 Mio. « 10 Mo » means 10,000,000 or this; the larger is kept, so that no
// file which a computer shows as 10 Mo is refused.
const Limit = 10 << 20

// Inspector inspects files. It may be used by any number of goroutines; files are inspected one at a time.
type Inspector struct {
	patience time.Duration // how long a file waits for its turn
	time     time.Duration // how long an inspection may take
}

var _ request.Inspector = (*Inspector)(nil)

// New returns an inspector. An honest file of Limit bytes takes well under a second.
func New() *Inspector { return &Inspector{patience: 10 * time.Second, time: 10 * time.Second} }

// turn is held by the one inspection of the process: what bounds the memory of one bounds that of all.
var turn = make(chan struct{}, 1)

// Inspect tells how many pages a file has, or why it is refused: the codes are in the documentation of the package.
func (i *Inspector) Inspect(ctx context.Context, content []byte) (pages int, err error) {
	if err := checkEnvelope(content); err != nil {
		return 0, err
	}
	waiting, cancel := context.WithTimeout(ctx, i.patience)
	defer cancel()
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-waiting.Done():
		return 0, busy(waiting)
	}
	limited, cancel := context.WithTimeout(ctx, i.time)
	defer cancel()
	given, err := ask(limited, content)
	switch {
	case ctx.Err() != nil:
		return 0, busy(ctx)
	case limited.Err() != nil:
		return 0, heavy("the inspection takes too long")
	case err != nil:
		return 0, err
	case given.Code != "":
		return 0, refuse(given.Code, given.Reason)
	}
	return given.Pages, nil
}

func busy(ctx context.Context) error {
	return fault.Because(fault.Unavailable, "document.busy", context.Cause(ctx))
}

// The refusals. The reason is a sentence of ours, for the log: what pdfcpu says may quote the file.
func refuse(code, reason string) error { return fault.Because(fault.Invalid, code, errors.New(reason)) }

func notPDF(reason string) error  { return refuse("document.not_pdf", reason) }
func damaged(reason string) error { return refuse("document.damaged", reason) }
func heavy(reason string) error   { return refuse("document.too_heavy", reason) }
func active(reason string) error  { return refuse("document.active", reason) }
func encrypted() error            { return refuse("document.encrypted", "it has an encryption dictionary") }
