package mail_test

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/smtp"
)

// counted is a listener that knows how many of its connections are open.
type counted struct {
	net.Listener
	opened, closed atomic.Int32
}

type countedConn struct {
	net.Conn
	closed func()
}

func (c *counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.opened.Add(1)
	var once atomic.Bool
	return countedConn{conn, func() {
		if !once.Swap(true) {
			c.closed.Add(1)
		}
	}}, nil
}

func (c countedConn) Close() error { c.closed(); return c.Conn.Close() }

func openCounted(t testing.TB) (*office, *counted) {
	t.Helper()
	lines := &counted{}
	return openBehind(t, smtp.Options{}, func(l net.Listener) net.Listener { lines.Listener = l; return lines }), lines
}

// Mails that leave one after the other share a line, which does not outlive them for long.
func TestMailsInARowShareALine(t *testing.T) {
	o, lines := openCounted(t)
	for _, address := range []string{"maire@ville.fr", "dgs@bourg.fr", "agent@hameau.fr"} {
		id := o.recordFor(address)
		if err := o.send(id); err != nil {
			t.Fatal(err)
		}
		o.want(id, "sent")
	}
	if diff := cmp.Diff([]string{"maire@ville.fr", "dgs@bourg.fr", "agent@hameau.fr"}, o.envelopes()); diff != "" {
		t.Error(diff)
	}
	if n := lines.opened.Load(); n != 1 {
		t.Errorf("%d lines for three mails", n)
	}
	for deadline := time.Now().Add(10 * time.Second); lines.closed.Load() != 1; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the line stays open for nobody")
		}
	}
	id := o.recordFor("elu@ville.fr")
	if err := o.send(id); err != nil {
		t.Fatalf("after a pause: %v", err)
	}
	o.want(id, "sent")
}

// A line that the relay closed meanwhile, or on which it takes no more, costs nothing: the mail
// takes a new one.
func TestALineThatFailsIsReplaced(t *testing.T) {
	for name, fault := range map[string]string{
		"closed":         `{"match":"MAIL","mode":"down","times":1}`,
		"too many mails": `{"match":"MAIL","mode":"status","status":421,"times":1}`,
		"put off":        `{"match":"MAIL","mode":"status","status":452,"times":1}`,
		"refused":        `{"match":"MAIL","mode":"status","status":550,"times":1}`,
		"garbled":        `{"match":"MAIL","mode":"garbage","times":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, lines := openCounted(t)
			first, second := o.recordFor("maire@ville.fr"), o.recordFor("dgs@bourg.fr")
			if err := o.send(first); err != nil {
				t.Fatal(err)
			}
			o.order(fault)
			if err := o.send(second); err != nil {
				t.Fatal(err)
			}
			o.want(second, "sent")
			if diff := cmp.Diff([]string{"maire@ville.fr", "dgs@bourg.fr"}, o.envelopes()); diff != "" {
				t.Error(diff)
			}
			if n := lines.opened.Load(); n != 2 {
				t.Errorf("%d lines", n)
			}
		})
	}
}

// Nobody gets a mail because he stood in the envelope of the one before, which was refused.
func TestARefusedEnvelopeIsNotTakenUp(t *testing.T) {
	o := open(t, smtp.Options{})
	first, second := o.recordFor("maire@ville.fr", "elu@ville.fr"), o.recordFor("dgs@bourg.fr")
	o.order(`{"match":"DATA","mode":"status","status":451,"times":1}`)
	refusesToTell(t, o.send(first))
	if err := o.send(second); err != nil {
		t.Fatal(err)
	}
	o.want(first, "pending pending")
	o.want(second, "sent")
	if diff := cmp.Diff([]string{"dgs@bourg.fr"}, o.envelopes()); diff != "" {
		t.Error(diff)
	}
}

// « accepts then drops » has its reverse: a relay must not take half of a message that broke here.
func TestAMessageThatBreaksIsNotTaken(t *testing.T) {
	o, lines := openCounted(t)
	broken := errors.New("broken")
	if err := o.sender.DeliverHalf(broken); err == nil {
		t.Error("it is said to be delivered")
	}
	id := o.recordFor("dgs@bourg.fr")
	if err := o.send(id); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"dgs@bourg.fr"}, o.envelopes()); diff != "" || lines.opened.Load() != 2 {
		t.Errorf("on %d lines: %s", lines.opened.Load(), diff)
	}
}
