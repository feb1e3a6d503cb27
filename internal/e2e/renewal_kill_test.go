package e2e

import (
	"net/http"
	"testing"

	"portail-qf/internal/domain/value"
)

// renewalKills are the places of a prolongation at which the portal is killed.
var renewalKills = []string{"renewal: decided, not recorded", "renewal: recorded, not answered", "renewal: amendment recorded, not begun"}

// « Record, then act »: whoever sends the page again after the portal was killed has the token
// prolonged once, or the modification begun once.
func TestAPortalKilledDuringAProlongationEndsItOnce(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	for _, at := range renewalKills {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			s := setScene(t)
			mortal := s.launch(at)
			mortal.does("job tokens")
			p := &portal{scene: s}
			l := s.tokenOf("en_ordre")
			expiry := value.MonthsLater(s.now().AddDate(0, 0, 20), 0)
			s.execute(`UPDATE tokens SET expires_at = $2 WHERE id = $1`, l.id, expiry)
			page := "/jetons/" + l.id + "/prolongation"
			camille := p.professional("agente-majastres")
			target, fields := camille.get(page).form(page)
			if isAmended := at == renewalKills[2]; isAmended {
				fields.Set("contacts", "non")
			}
			if camille.presses(mortal.alive, target, fields) {
				t.Error("it answered, and died before")
			}
			mortal.dies()
			s.leasesRunOut()
			mortal = s.launch("")
			mortal.does("job tokens")
			for range 2 {
				camille.sends(target, fields)
			}
			mortal.settles()
			prolonged, amended := s.count(`SELECT count(*) FROM prolongations`), s.count(`SELECT count(*) FROM amendments WHERE ended_at IS NULL`)
			moved := s.count(`SELECT count(*) FROM tokens WHERE id = $1 AND expires_at > $2`, l.id, expiry)
			if at == renewalKills[2] {
				if state := s.requestStateOf(l.id); prolonged != 0 || moved != 0 || amended != 1 || state != "reouverte" {
					t.Errorf("%d prolongations, %d modifications, the request is %q", prolonged, amended, state)
				}
				return
			}
			if prolonged != 1 || moved != 1 || amended != 0 {
				t.Errorf("%d prolongations, %d tokens moved, %d modifications", prolonged, moved, amended)
			}
			if n := s.count(`SELECT count(*) FROM mails WHERE kind = 'jeton-prolonge'`); n != 1 {
				t.Errorf("%d mails tell it", n)
			}
		})
	}
}

// sends sends a form once more, and follows where it leads.
func (v *visitor) sends(target string, fields map[string][]string) {
	v.t.Helper()
	if page := v.post(target, fields); page.status != http.StatusOK && page.status != http.StatusConflict {
		v.t.Errorf("%s answers %d", target, page.status)
	}
}

// requestStateOf is the state of the request of a token.
func (s *scene) requestStateOf(token string) (state string) {
	s.t.Helper()
	if err := s.tables.QueryRow(`SELECT r.state FROM requests r JOIN tokens t ON t.request = r.number WHERE t.id = $1`, token).Scan(&state); err != nil {
		s.t.Fatal(err)
	}
	return state
}
