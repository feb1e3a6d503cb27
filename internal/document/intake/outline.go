package intake

// outline is what is kept of an object that is read: how deep one is in it, and the entries of its own dictionary that matter.
type outline struct {
	entries map[string][]token
	depth   int
	tokens  int
	last    token
	isTwice bool // an entry that matters comes twice: readers differ on which of them holds

	key      string
	hasValue bool
}

// mattering are the entries that are kept: those by which a stream is read.
var mattering = map[string]bool{
	"Type": true, "Length": true, "Filter": true, "DecodeParms": true, "First": true,
}

// maxValue is how many tokens of a value are kept. Nothing that matters is longer.
const maxValue = 64

func (o *outline) add(t token) {
	o.tokens++
	o.last = t
	switch t.kind {
	case opening:
		o.depth++
		if o.depth == 1 {
			return
		}
	case closing:
		o.depth = max(0, o.depth-1)
	}
	if o.depth == 1 && t.kind == name && (o.key == "" || o.hasValue) {
		o.begin(string(t.text))
		return
	}
	o.hasValue = true
	if mattering[o.key] && o.depth > 0 && len(o.entries[o.key]) < maxValue {
		o.entries[o.key] = append(o.entries[o.key], t)
	}
}

// begin notes a key, whose value comes next.
func (o *outline) begin(key string) {
	o.key, o.hasValue = key, false
	if !mattering[key] {
		return
	}
	if o.entries == nil {
		o.entries = map[string][]token{}
	}
	_, found := o.entries[key]
	o.isTwice = o.isTwice || found
	o.entries[key] = nil
}

// first gives the first token of an entry.
func (o *outline) first(key string) token {
	if value := o.entries[key]; len(value) > 0 {
		return value[0]
	}
	return token{}
}

// number gives the whole number that follows a name in an entry.
func (o *outline) number(key, after string) (value int, found bool) {
	tokens := o.entries[key]
	for i := 1; i < len(tokens); i++ {
		if tokens[i-1].is(name, after) && tokens[i].kind == integer {
			return tokens[i].value, true
		}
	}
	return 0, false
}
