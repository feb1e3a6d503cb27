package editorspace

import (
	"net/http"
	"net/url"
	"testing"
)

// An invitation whose mail has not left says so, whether or not a worker is at hand.
func TestAnInvitationTellsThatItsMailHasNotLeft(t *testing.T) {
	s := setScene(t)
	s.post(s.sofia, invitationsPath+"/nouvelle", url.Values{"mail": {"ida@exemple.fr"}, "role": {"editor_member"}}).leads(invitationsPath, "invitation-envoyee")
	s.get(s.sofia, invitationsPath).is(http.StatusOK, "ida@exemple.fr", "En attente", "Mail pas encore parti", "!/administration/mails")
	s.run(`UPDATE mail_recipients SET state = 'sent', told_at = $1`, noon)
	s.get(s.sofia, invitationsPath).is(http.StatusOK, "ida@exemple.fr", "En attente", "!Mail pas encore parti")
	s.run(`UPDATE mail_recipients SET state = 'bounced', code = '550'`)
	s.get(s.sofia, invitationsPath).is(http.StatusOK, "Adresse refusée", "!Mail pas encore parti")
}
