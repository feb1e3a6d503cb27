package control

import (
	"encoding/base64"
	"unicode/utf8"
)

const (
	keptExchanges = 10_000
	keptBody      = 4 << 20  // bytes of one body
	keptBodies    = 64 << 20 // bytes of all bodies together
)

// journal is the bounded log of exchanges. Its owner holds the lock.
type journal struct {
	ring  [keptExchanges]Request // the exchange number n sits at n % keptExchanges
	last  int                    // number of the newest exchange; never goes back
	first int                    // number of the oldest one still known
	// Bodies are dropped earlier than the exchanges themselves: those numbered below
	// firstBody have none any more. bodies counts the bytes of the others.
	firstBody int
	bodies    int
}

// newJournal returns an empty journal, whose first exchange will be number 1.
func newJournal() *journal { return &journal{first: 1, firstBody: 1} }

// add numbers the exchange and forgets what there is no more room for.
func (j *journal) add(exchange Request) {
	j.last++
	exchange.Number = j.last
	if j.last-j.first == keptExchanges {
		j.dropBodiesBelow(j.first + 1)
		j.first++
	}
	j.ring[j.last%keptExchanges] = exchange
	j.bodies += len(exchange.Body)
	for j.bodies > keptBodies && j.firstBody <= j.last {
		j.dropBodiesBelow(j.firstBody + 1)
	}
}

func (j *journal) dropBodiesBelow(number int) {
	for ; j.firstBody < number; j.firstBody++ {
		exchange := &j.ring[j.firstBody%keptExchanges]
		if exchange.Body == "" {
			continue
		}
		j.bodies -= len(exchange.Body)
		exchange.Body, exchange.BodyTruncated = "", true
	}
}

// since copies the exchanges numbered above number, oldest first, never nil.
func (j *journal) since(number int) []Request {
	from := max(number+1, j.first)
	exchanges := make([]Request, 0, max(0, j.last-from+1))
	for n := from; n <= j.last; n++ {
		exchanges = append(exchanges, j.ring[n%keptExchanges])
	}
	return exchanges
}

// clear forgets every exchange but goes on numbering where it was.
func (j *journal) clear() {
	*j = journal{last: j.last, first: j.last + 1, firstBody: j.last + 1}
}

// readable makes a body fit for JSON. It is done when the log is read, not when it is
// written: a benchmark writes much and reads little.
func readable(exchange Request) Request {
	if !exchange.BodyBase64 && !utf8.ValidString(exchange.Body) {
		exchange.Body = base64.StdEncoding.EncodeToString([]byte(exchange.Body))
		exchange.BodyBase64 = true
	}
	return exchange
}
