package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	readTimeout  = 10 * time.Second
	writeTimeout = 45 * time.Second // longer than the longest wait for a partner
	idleTimeout  = 2 * time.Minute
	maxHeader    = 64 << 10
	// drainTimeout is how long requests under way may go on once the portal is told to
	// stop: as long as the longest of them may last.
	drainTimeout = writeTimeout
)

// Run serves the portal on public and its metrics on private, carries out orders and runs
// jobs, until ctx ends or something breaks. It then stops taking requests, ends those
// under way, and returns.
func (a *App) Run(ctx context.Context, public, private net.Listener) error {
	group, ctx := errgroup.WithContext(ctx)
	site := newServer(a.handler, a.log)
	watch := newServer(a.watch(), a.log)
	group.Go(func() error { return serve(site, public) })
	group.Go(func() error { return serve(watch, private) })
	group.Go(func() error { return a.workers.Serve(ctx) })
	group.Go(func() error { return a.Jobs.Serve(ctx) })
	group.Go(func() error { return a.countCalls(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		close(a.stopping)
		// The load balancer learns from /sante/pret that nothing more should come here,
		// while what it still sends is answered.
		time.Sleep(a.farewell)
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		if err := errors.Join(site.Shutdown(drain), watch.Shutdown(drain)); err != nil {
			a.log.Warn("some requests were cut at the end", "error", err)
		}
		a.writeCalls(ctx, a.tokens.tally.Write)
		return nil
	})
	return group.Wait()
}

// watch is what the operator's monitoring reads, on a listener that is not public.
func (a *App) watch() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	return mux
}

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

func serve(server *http.Server, listener net.Listener) error {
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	}
	return nil
}
