package notice

// Sample is one automatic mail as the catalogue shows it, rendered with invented people.
type Sample struct {
	Kind    Kind
	Name    string // "Invitation"
	When    string // who receives it, and when
	To, CC  []string
	Subject string
	Text    string
	HTML    string // a whole document, for a frame of its own
}
