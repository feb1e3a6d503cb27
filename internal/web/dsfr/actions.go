package dsfr

// Button submits the form that it is in.
type Button struct {
	Label     string
	Secondary bool
	Danger    bool // what it does cannot be undone
}

// Hidden is a value that a form sends without showing it.
type Hidden struct{ Name, Value string }

// Post is a form of one button, for what changes something: a link never does.
type Post struct {
	Label  string
	About  string // on what it acts, read aloud after the label; "" where the page makes it plain
	Action string
	Danger bool
	Hidden []Hidden
}

// Consequences are what will happen, one sentence each.
type Consequences []string

// Confirmation asks once more before an act, and says what it does.
type Confirmation struct {
	Question     string // the h1 of the page
	Consequences Consequences
	Post         Post
	CancelURL    string
	Keep         string // what not doing it is called; "" for « Annuler »
}

// Keeping names what the second button does: where the act is itself to cancel something,
// another word is clearer.
func (c Confirmation) Keeping(label string) Confirmation {
	c.Keep = label
	return c
}

// actionFuncs are the constructors of what changes something.
func actionFuncs() map[string]any {
	return map[string]any{
		"button":    func(label string) Button { return Button{Label: label} },
		"secondary": func(label string) Button { return Button{Label: label, Secondary: true} },
		"danger":    func(label string) Button { return Button{Label: label, Danger: true} },
		"hidden":    func(name, value string) Hidden { return Hidden{Name: name, Value: value} },
		"post": func(label, about, action string, hidden ...Hidden) Post {
			return Post{Label: label, About: about, Action: action, Hidden: hidden}
		},
		"dangerPost": func(label, about, action string, hidden ...Hidden) Post {
			return Post{Label: label, About: about, Action: action, Hidden: hidden, Danger: true}
		},
		"consequences": func(sentences ...string) Consequences { return sentences },
		"confirmation": func(question string, consequences Consequences, post Post, cancelURL string) Confirmation {
			return Confirmation{Question: question, Consequences: consequences, Post: post, CancelURL: cancelURL}
		},
	}
}
