package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
)

// press prints the public list and keeps the last copy, for as long as the database names
// the same edition: 35,000 collectivities are read once, not for each who asks.
type press struct {
	collectivities *directory.Service
	last           atomic.Pointer[copied]
	turn           chan struct{} // one prints, the others wait and take the copy
}

// copied is an edition of the list, as it is sent.
type copied struct {
	edition        directory.Edition
	plain, gzipped []byte
}

// tag is weak: the copy is sent compressed or not.
func tag(edition directory.Edition) string { return `W/"` + wireVersion + "-" + string(edition) + `"` }

// wireVersion changes with the members of the list, which its edition does not tell.
const wireVersion = "1"

func newPress(collectivities *directory.Service) *press {
	return &press{collectivities: collectivities, turn: make(chan struct{}, 1)}
}

// list gives every collectivity whose form is open.
func (p *press) list(c *gin.Context, _ []byte) error {
	shareWithAnySite(c)
	c.Header("Vary", "Accept-Encoding")
	ctx := c.Request.Context()
	edition, err := p.collectivities.CurrentEdition(ctx)
	if err != nil {
		return err
	}
	if isKnown(c, tag(edition)) {
		return nil
	}
	current, err := p.copyOf(ctx, edition)
	if err != nil {
		return err
	}
	c.Header("ETag", tag(current.edition))
	if !takesGzip(c) {
		writeJSON(c, current.plain)
		return nil
	}
	c.Header("Content-Encoding", "gzip")
	writeJSON(c, current.gzipped)
	return nil
}

// copyOf gives the copy of an edition, or of a later one.
func (p *press) copyOf(ctx context.Context, edition directory.Edition) (*copied, error) {
	if last := p.last.Load(); last != nil && last.edition == edition {
		return last, nil
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the public list: %w", ctx.Err())
	}
	// While we waited, our edition was printed or is no longer the current one.
	edition, err := p.collectivities.CurrentEdition(ctx)
	if err != nil {
		return nil, err
	}
	if last := p.last.Load(); last != nil && last.edition == edition {
		return last, nil
	}
	printed, err := p.print(ctx)
	if err == nil {
		p.last.Store(printed)
	}
	return printed, err
}

func (p *press) print(ctx context.Context) (*copied, error) {
	listed, edition, err := p.collectivities.ListPublished(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]published, len(listed)) // empty, it is written [] and not null
	for i, one := range listed {
		all[i] = newPublished(one)
	}
	plain, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("write the public list: %w", err)
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write(plain); err != nil {
		return nil, fmt.Errorf("compress the public list: %w", err)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("compress the public list: %w", err)
	}
	return &copied{edition: edition, plain: plain, gzipped: packed.Bytes()}, nil
}
