package requests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// granted is a request that Anne follows, whose token expires in some days.
func (s *scene) granted(days int) (path string) {
	s.t.Helper()
	path = s.complete(s.anne)
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.approve(path)
	s.lasts(path, days)
	return path
}

// lasts has the token of a request expire in some days.
func (s *scene) lasts(path string, days int) {
	s.t.Helper()
	s.run(`UPDATE tokens SET expires_at = $2 WHERE request = $1`, int64(numberOf(path)), value.MonthsLater(s.now.AddDate(0, 0, days), 0))
}

// renews has the modification under way prolong the token.
func (s *scene) renews(path string) {
	s.t.Helper()
	s.run(`INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at)
		SELECT id, request, expires_at, true, false, 'Anne Talbot', $2 FROM tokens WHERE request = $1`, int64(numberOf(path)), s.now)
}

// told is what the last mail of a kind says of the token, and to whom it goes.
func (s *scene) told(kind notice.Kind) (said request.Lapsing, to string) {
	s.t.Helper()
	var key string
	var content []byte
	const sqlLast = `
		SELECT m.key, m.content, r.address FROM mails m JOIN mail_recipients r ON r.mail_id = m.id AND r.field = 'to'
		WHERE m.kind = $1 ORDER BY m.id DESC LIMIT 1`
	if err := s.raw.QueryRowContext(s.t.Context(), sqlLast, string(kind)).Scan(&key, &content, &to); err != nil {
		s.t.Fatal(err)
	}
	plain, err := s.ring.Open(content, notice.Place(key))
	var mail struct{ Lapsing request.Lapsing }
	if err != nil || json.Unmarshal(plain, &mail) != nil {
		s.t.Fatalf("%s, %v", plain, err)
	}
	return mail.Lapsing, to
}

// The token may be why somebody takes a request over, and every reminder may have left: whoever
// claims, answers and takes over reads what is urgent, and who can do it.
func TestWhoeverTakesARequestOverIsToldOfItsToken(t *testing.T) {
	s := setScene(t)
	path := s.granted(100)
	s.get(s.anne, path+transferPart).is(http.StatusOK, "!Le jeton") // nothing is to be done yet
	s.lasts(path, 12)
	link := "/jetons/" + s.read(`SELECT id FROM tokens`) + "/prolongation"
	s.get(s.ines, path+transferPart).is(http.StatusOK, "Le jeton expire le 6 décembre 2026 au soir, dans 12 jours", "Seule la personne qui suit la demande peut le prolonger", `href="`+link+`"`)
	s.post(s.ines, path+claimPart, nil).leads(path+transferPart, "reprise-demandee")
	if said, to := s.told(request.KindClaimed); said.IsZero() || said.Cut(s.now) || to != "anne@exemple.fr" {
		t.Errorf("the holder is told %+v, %s", said, to)
	}
	s.get(s.ines, path+transferPart).is(http.StatusOK, "Annuler ma demande de reprise", "Le jeton expire le 6 décembre 2026")
	s.lasts(path, -40)
	s.get(s.anne, path+transferPart).is(http.StatusOK, "Accepter", "Le jeton est coupé depuis le 15 octobre 2026 au soir", `href="`+link+`">Prolonger le jeton`, "!Seule la personne")
	s.post(s.anne, path+claimAnswerPart, url.Values{fieldAnswer: {answerAccept}}).leads(path+transferPart, "demande-transferee")
	if said, to := s.told(request.KindTransferred); said.IsZero() || !said.Cut(s.now) || to != "ines@exemple.fr" {
		t.Errorf("the new holder is told %+v, %s", said, to)
	}
	s.get(s.ines, path).is(http.StatusOK, "Le jeton est coupé depuis le 15 octobre 2026", `href="`+link+`">Prolonger le jeton`)

	s.now = s.now.Add(time.Minute)
	s.run(`UPDATE tokens SET suspended_at = $1`, s.now) // nobody can prolong it
	s.post(s.ines, path+transferPart, url.Values{fieldColleague: {fmt.Sprint(s.anne.Account)}}).leads(path, "demande-transferee")
	if said, _ := s.told(request.KindTransferred); !said.IsZero() {
		t.Errorf("of a suspended token, the new holder is told %+v", said)
	}
}

// « Après validation, le jeton API Particulier est automatiquement prolongé » (guide, 6.c): whoever
// deposits a modification for that reads it before, after and in the mail, and what the token is
// until then. Another modification prolongs nothing.
func TestADepositThatProlongsSaysSo(t *testing.T) {
	const will = "Le jeton sera prolongé quand cette modification sera validée"
	s := setScene(t)
	path := s.granted(12)
	modify := func(recipients string) {
		s.post(s.anne, path+"/modification", nil).leads(path+summaryPart, "modification-commencee")
		s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {recipients}, "conservation": {"6"}})
	}
	modify("Le CCAS")
	s.get(s.anne, path+summaryPart).is(http.StatusOK, "!"+will)
	s.renews(path)
	s.get(s.anne, path+summaryPart).is(http.StatusOK, will, "D’ici là, il garde sa date : il expire le 6 décembre 2026 au soir")
	s.lasts(path, -9)
	s.get(s.anne, path+summaryPart).is(http.StatusOK, will, "Il est coupé depuis le 15 novembre 2026 au soir, et le reste d’ici là", "!garde sa date")
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.get(s.anne, path+depositedPart).is(http.StatusOK, will, "et le reste d’ici là")
	if said, _ := s.told(request.KindFiled); !said.Amended || !said.Cut(s.now) || said.Software != "Tilleul Enfance" {
		t.Errorf("the mail says %+v", said)
	}
	s.giveBack(path, "Précisez la régie.")
	if said, _ := s.told(request.KindReturned); !said.Amended || !said.Cut(s.now) || said.Software != "Tilleul Enfance" {
		t.Errorf("sent back, the mail says %+v", said)
	}
	s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {"Le CCAS et la régie"}, "conservation": {"6"}})
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.run(`UPDATE amendments SET filed_at = $1`, s.now.Add(-time.Minute))
	s.get(s.anne, path).is(http.StatusOK, "Le jeton est coupé depuis le 15 novembre 2026", "Une modification est à l’étude : le jeton sera prolongé quand elle sera validée", "!Prolonger le jeton")
	s.decide(path, habilitation.Refuse, "Le CCAS n’est pas de votre commune.")

	modify("La régie")
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.get(s.anne, path+depositedPart).is(http.StatusOK, "!"+will)
	if said, _ := s.told(request.KindFiled); !said.IsZero() {
		t.Errorf("of another modification, the mail says %+v", said)
	}
	s.giveBack(path, "Précisez la régie.")
	if said, _ := s.told(request.KindReturned); !said.IsZero() {
		t.Errorf("of another modification, sent back, the mail says %+v", said)
	}
}
