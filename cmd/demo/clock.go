package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
)

// clock is the portal's business time: the real time and a shift, kept until RESET.
type clock struct {
	shift atomic.Int64 // time.Duration
	file  string
}

// openClock reads the shift of an earlier run.
func openClock(file string) (*clock, error) {
	c := &clock{file: file}
	kept, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the clock: %w", err)
	}
	var shift time.Duration
	if err := json.Unmarshal(kept, &shift); err != nil {
		return nil, fmt.Errorf("understand the clock: %w", err)
	}
	c.shift.Store(int64(shift))
	return c, nil
}

// Now is the business time.
func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.shift.Load())) }

// Advance moves the clock by some time.
func (c *clock) Advance(by time.Duration) error { return c.keep(time.Duration(c.shift.Load()) + by) }

// Set moves the clock to an instant.
func (c *clock) Set(to time.Time) error { return c.keep(time.Until(to)) }

func (c *clock) keep(shift time.Duration) error {
	text, err := json.Marshal(shift)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.file, text, 0o600); err != nil {
		return fmt.Errorf("keep the clock: %w", err)
	}
	c.shift.Store(int64(shift))
	return nil
}
