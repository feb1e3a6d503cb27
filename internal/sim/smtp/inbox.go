package smtp

import (
	"sync"
	"time"
)

// inboxSize bounds the messages kept, in bytes: the oldest go first.
const inboxSize = 256 << 20

// Envelope is what MAIL and RCPT said, blind copies included.
type Envelope struct {
	From string   `json:"from"`
	To   []string `json:"to"`
}

// letter is a message as it came; it is read when somebody looks at it.
type letter struct {
	Number     int
	ReceivedAt time.Time
	Envelope   Envelope
	raw        string
}

// inbox keeps letters in the order of their arrival.
type inbox struct {
	mu      sync.Mutex
	letters []letter
	size    int
	last    int // number of the newest letter; never goes back
}

func (i *inbox) add(l letter) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last++
	l.Number = i.last
	i.letters = append(i.letters, l)
	i.size += len(l.raw)
	for i.size > inboxSize {
		i.size -= len(i.letters[0].raw)
		i.letters[0] = letter{}
		i.letters = i.letters[1:]
	}
}

func (i *inbox) all() []letter {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]letter{}, i.letters...)
}

func (i *inbox) find(number int) (letter, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, l := range i.letters {
		if l.Number == number {
			return l, true
		}
	}
	return letter{}, false
}

func (i *inbox) clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.letters, i.size = nil, 0
}
