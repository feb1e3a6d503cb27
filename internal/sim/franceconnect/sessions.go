package franceconnect

import "time"

// cookieName is this simulator's own.
const cookieName = "sim_fc"

// session is what FranceConnect remembers of a browser (§1.3: 30 min, sliding).
type session struct {
	person   person // nil: nobody signed in
	authTime time.Time
}
