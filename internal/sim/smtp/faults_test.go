package smtp_test

import (
	"context"
	"errors"
	"net/textproto"
	"os"
	"testing"
	"time"

	"portail-qf/internal/sim/smtp"
)

func TestFaultsOfEachLine(t *testing.T) {
	tests := []struct {
		fault string
		code  int // 0: the connection is cut
		kept  int
	}{
		{`{"match":"CONNECT","mode":"status","status":421,"times":1}`, 421, 0},
		{`{"match":"CONNECT","mode":"down","times":1}`, 0, 0},
		{`{"match":"MAIL","mode":"status","status":451,"times":1}`, 451, 0},
		{`{"match":"MAIL","mode":"down","times":1}`, 0, 0},
		{`{"match":"RCPT elu@example.org","mode":"status","status":550,"times":1}`, 550, 0},
		{`{"match":"RCPT <elu@example.org>","mode":"status","status":450,"times":1}`, 450, 0},
		{`{"match":"RCPT","mode":"down","times":1}`, 0, 0},
		{`{"match":"DATA","mode":"status","status":554,"times":1}`, 554, 0},
		{`{"match":"DATA","mode":"down","times":1}`, 0, 0},
		{`{"match":"DATA","mode":"lost","times":1}`, 0, 1},
		{`{"match":"RCPT","mode":"lost","times":1}`, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			p := open(t, smtp.Options{})
			p.order(test.fault)
			err := p.send()
			var refused *textproto.Error
			switch {
			case err == nil:
				t.Fatal("sent")
			case test.code == 0 && errors.As(err, &refused):
				t.Errorf("answered %v, want the connection cut", refused)
			case test.code != 0 && (!errors.As(err, &refused) || refused.Code != test.code):
				t.Errorf("err = %v, want code %d", err, test.code)
			}
			if kept := len(p.server.Messages()); kept != test.kept {
				t.Errorf("%d messages kept, want %d", kept, test.kept)
			}
			p.logsLast(test.code)
			if err := p.send(); err != nil {
				t.Errorf("used up, but the next is refused: %v", err)
			}
		})
	}
	t.Run("garbage is not SMTP", func(t *testing.T) {
		for _, line := range []string{"CONNECT", "MAIL", "DATA"} {
			p := open(t, smtp.Options{})
			p.order(`{"match":"` + line + `","mode":"garbage","times":1}`)
			var unreadable textproto.ProtocolError
			if err := p.send(); !errors.As(err, &unreadable) {
				t.Errorf("%s: %v", line, err)
			}
		}
	})
	t.Run("another address is not concerned", func(t *testing.T) {
		p := open(t, smtp.Options{})
		p.order(`{"match":"RCPT maire@example.org","mode":"status","status":550}`)
		if err := p.send(); err != nil {
			t.Error(err)
		}
	})
}

func TestSlowWaitsThenAccepts(t *testing.T) {
	for _, line := range []string{"CONNECT", "MAIL", "RCPT", "DATA"} {
		p := open(t, smtp.Options{})
		p.order(`{"match":"` + line + `","mode":"slow","delay_ms":80,"times":1}`)
		start := time.Now()
		if err := p.send(); err != nil || time.Since(start) < 80*time.Millisecond {
			t.Errorf("%s: %v after %s", line, err, time.Since(start))
		}
		if kept := len(p.server.Messages()); kept != 1 {
			t.Errorf("%s: %d messages kept", line, kept)
		}
	}
}

func TestSlowKeepsNothingOfAClientWhoLeaves(t *testing.T) {
	for _, line := range []string{"CONNECT", "DATA"} {
		p := open(t, smtp.Options{})
		p.order(`{"match":"` + line + `","mode":"slow","delay_ms":60000,"times":1}`)
		if err := p.sendWithin(100 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("err = %v", err)
		}
		logged := func() bool {
			log := p.server.Control.Requests(0)
			return len(log) > 0 && log[len(log)-1].Method == line && log[len(log)-1].Status == 0
		}
		for deadline := time.Now().Add(5 * time.Second); !logged(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: still waiting although the client left", line)
			}
		}
		if kept := len(p.server.Messages()); kept != 0 {
			t.Errorf("%s: %d messages kept", line, kept)
		}
	}
}

func TestCloseEndsASlowFault(t *testing.T) {
	p := open(t, smtp.Options{})
	p.order(`{"match":"DATA","mode":"slow","delay_ms":60000}`)
	sent := make(chan error, 1)
	go func() { sent <- p.send() }()
	for deadline := time.Now().Add(5 * time.Second); len(p.server.Control.Requests(0)) < 3; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the message never began")
		}
	}
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	select {
	case err := <-sent:
		if err == nil {
			t.Error("sent")
		}
	case <-ctx.Done():
		t.Error("the client still waits")
	}
}

// logsLast waits for the status of the last line: it is logged once the client has its answer.
func (p postOffice) logsLast(status int) {
	p.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		log := p.server.Control.Requests(0)
		if len(log) > 0 && log[len(log)-1].Status == status {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("logged %+v, want the last status %d", log, status)
		}
	}
}
