package control

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// Surface puts DEMO.md's control surface around the protocol handler of a simulator.
// It is safe for concurrent use.
type Surface struct {
	protocol http.Handler
	routes   *http.ServeMux

	mu      sync.Mutex
	faults  []Fault // in the order given; Times counts what is left
	journal *journal
}

// New wraps the protocol handler of a simulator. The control routes live under /_sim/;
// everything else is recorded, checked against the faults, and handed to protocol.
func New(protocol http.Handler) *Surface {
	s := &Surface{protocol: protocol, routes: http.NewServeMux(), journal: newJournal()}
	s.Handle("GET /_sim/requests", s.listRequests)
	s.Handle("POST /_sim/faults", s.orderFault)
	s.Handle("POST /_sim/reset", s.reset)
	s.Handle("/_sim/", func(w http.ResponseWriter, r *http.Request) {
		Refuse(w, http.StatusNotFound, "no such control call: "+r.Method+" "+r.URL.Path)
	})
	return s
}

// Handle adds a control route of one simulator, such as "POST /_sim/next".
func (s *Surface) Handle(pattern string, handler http.HandlerFunc) {
	s.routes.HandleFunc(pattern, handler)
}

// ServeHTTP answers control calls itself and passes the rest through.
func (s *Surface) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sim/") {
		s.routes.ServeHTTP(w, r)
		return
	}
	s.exchange(w, r)
}

// Requests returns the exchanges numbered above since, oldest first.
func (s *Surface) Requests(since int) []Request {
	s.mu.Lock()
	exchanges := s.journal.since(since)
	s.mu.Unlock()
	for i := range exchanges {
		exchanges[i] = readable(exchanges[i])
	}
	return exchanges
}

// Inject orders a fault, as POST /_sim/faults does. A fault that cannot be played is a
// mistake of the program that orders it: it panics.
func (s *Surface) Inject(fault Fault) {
	if err := fault.check(); err != nil {
		panic("control: inject fault: " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fault)
}

// Take returns the fault ordered for this line, if any, and counts it as used. It is for
// simulators that do not speak HTTP (SMTP); HTTP ones never call it.
func (s *Surface) Take(line string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, fault := range s.faults {
		if !fault.matches(line) {
			continue
		}
		switch fault.Times {
		case 0:
		case 1:
			s.faults = append(s.faults[:i], s.faults[i+1:]...)
		default:
			s.faults[i].Times--
		}
		return fault, true
	}
	return Fault{}, false
}

// Record adds an exchange to the log and numbers it. It is for simulators that do not
// speak HTTP. A body that is not UTF-8 may be given as it is, or already in base64 with
// BodyBase64 set; no more than 4 MiB of it are kept.
func (s *Surface) Record(exchange Request) {
	if exchange.At.IsZero() {
		exchange.At = time.Now()
	}
	if len(exchange.Body) > keptBody {
		exchange.Body, exchange.BodyTruncated = exchange.Body[:keptBody], true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.add(exchange)
}

// Reset forgets the faults and the log; the simulator's data stay.
func (s *Surface) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	s.journal.clear()
}
