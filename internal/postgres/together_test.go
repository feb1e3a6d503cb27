package postgres

import (
	"errors"
	"slices"
	"sync"
	"testing"
)

// Those who come while a lot is written are one lot, each with its own error.
func TestThoseWhoWriteAtOnceShareALot(t *testing.T) {
	var g together[int]
	var lots [][]int
	begun, goOn := make(chan struct{}), make(chan struct{})
	odd := errors.New("odd")
	all := func(lot []int) error {
		if len(lots) == 0 {
			close(begun)
			<-goOn
		}
		lots = append(lots, lot) // one lot at a time: -race would tell
		if slices.ContainsFunc(lot, func(n int) bool { return n%2 == 1 }) {
			return odd
		}
		return nil
	}
	var writers sync.WaitGroup
	errs := make([]error, 9)
	write := func(n int) { writers.Go(func() { errs[n] = g.write(n, all) }) }
	write(0)
	<-begun
	for n := 1; n < len(errs); n++ {
		write(n)
	}
	for waits := 0; waits < len(errs)-1; {
		g.mu.Lock()
		waits = len(g.waiting)
		g.mu.Unlock()
	}
	close(goOn)
	writers.Wait()
	for n, err := range errs {
		if (n%2 == 1) != errors.Is(err, odd) {
			t.Errorf("%d: %v", n, err)
		}
	}
	if len(lots) != 2+8 || len(lots[1]) != 8 {
		t.Errorf("the lots were %v, want one, eight, then each of the eight", lots)
	}
}

// Nobody waits for ever where writing panics, and the next is written.
func TestALotThatPanicsLeavesNobodyWaiting(t *testing.T) {
	var g together[int]
	begun, goOn := make(chan struct{}), make(chan struct{})
	var writers sync.WaitGroup
	var second error
	writers.Go(func() {
		defer func() { _ = recover() }()
		_ = g.write(1, func([]int) error { close(begun); <-goOn; panic("broken") })
	})
	<-begun
	writers.Go(func() { second = g.write(2, func([]int) error { return nil }) })
	close(goOn)
	writers.Wait()
	if second != nil {
		t.Errorf("the next one: %v", second)
	}
	if err := g.write(3, func([]int) error { return nil }); err != nil {
		t.Error(err)
	}
}
