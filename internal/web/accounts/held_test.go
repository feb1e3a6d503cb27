package accounts

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
)

// « session ended in mid-form (sign in, continue where one was) »: what waits is forgotten once
// it is sent, and not because something else was: a space that had to be chosen, another form.
func TestAFormWaitsUntilItIsSent(t *testing.T) {
	s := setScene(t)
	v := s.visitor()
	v.enter(lucie).leads(spacesPath)
	s.run(`INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		SELECT id, 'editor_member', '90511200900014', siret, 'Hugo Marchal', $1 FROM accounts`, startOfStory)
	s.now = s.now.Add(account.IdleLife + time.Minute)
	over := v.post("", townForm, url.Values{"destinataires": {"Le service <b>enfance</b>"}}).is(http.StatusForbidden, "Votre session est terminée", "est gardé")
	v.returns(v.post(townForm, signInPath, over.form(signInPath)), fmt.Sprintf(`{"key":%q}`, lucie)).leads(resumePath)

	resumed := v.get(resumePath).is(http.StatusOK, "Reprenez où vous en étiez", "Le service &lt;b&gt;enfance&lt;/b&gt;").form(townForm)
	v.post(resumePath, townForm, resumed).leads(spacesPath + "?retour=%2Fconnexion%2Freprise")
	choice := v.get(spacesPath+"?retour=%2Fconnexion%2Freprise").is(http.StatusOK, "Choisissez un espace")
	chosen := choice.form(spacesPath)
	chosen.Set(paramSpace, fmt.Sprint(s.count(`SELECT id FROM memberships WHERE role = 'town'`)))
	v.post(spacesPath, spacesPath, chosen).leads(resumePath)
	v.post(townForm, townForm, url.Values{"destinataires": {"Le CCAS"}}).is(http.StatusOK, "kept: destinataires=Le+CCAS")
	v.post(townForm, townForm, url.Values{"destinataires": {"Le CCAS"}, "reprise": {"non"}}).is(http.StatusOK, "kept: destinataires=Le+CCAS", "!reprise")

	resumed = v.get(resumePath).is(http.StatusOK, "Reprenez où vous en étiez").form(townForm)
	resumed.Set("destinataires", "Le service enfance")
	v.post(resumePath, townForm, resumed).is(http.StatusOK, "kept: destinataires=Le+service+enfance", "!reprise")
	v.get(resumePath + "?retour=" + url.QueryEscape(townForm)).leads(townForm) // nothing waits any more
}

// A form with a file that waited is sent again without one.
func TestAFormWithAFileWaitsToo(t *testing.T) {
	s := setScene(t)
	v := s.visitor()
	v.enter(lucie)
	s.now = s.now.Add(account.IdleLife + time.Minute)
	const path = townForm + "/documents"
	over := v.post("", path, url.Values{"deliberation_url": {"exemple.fr"}}).is(http.StatusForbidden, "est gardé")
	v.returns(v.post("", signInPath, over.form(signInPath)), fmt.Sprintf(`{"key":%q}`, lucie)).leads(resumePath)
	v.post(townForm, path, url.Values{"deliberation_url": {"autre.fr"}}).is(http.StatusOK, "kept: deliberation_url=autre.fr")
	resumed := v.get(resumePath).is(http.StatusOK).form(path)
	v.post(resumePath, path, resumed).is(http.StatusOK, "kept: deliberation_url=exemple.fr", "!reprise")
	v.get(resumePath).leads(spacesPath)
}

// A sensitive form waits for a second factor, and is sent by the same page.
func TestASensitiveFormWaitsForASecondFactor(t *testing.T) {
	s := setScene(t)
	v := s.visitor()
	v.enter(lucie)
	const from = "/mon-compte"
	asked := v.post(from, sensitiveForm, url.Values{"motif": {"Parce que."}}).is(http.StatusForbidden, "Confirmez votre identité", "est gardé")
	left := v.post(sensitiveForm, confirmPath, asked.form(confirmPath))
	v.returns(left, fmt.Sprintf(`{"key":%q}`, lucie)).leads(resumePath + "?retour=%2Fmon-compte")
	resumed := v.get(resumePath).is(http.StatusOK, "Votre identité est confirmée", "Parce que.").form(sensitiveForm)

	// Too late: it is asked for again, and waits again.
	s.now = s.now.Add(account.StepUpLife + time.Minute)
	asked = v.post(resumePath, sensitiveForm, resumed).is(http.StatusForbidden, "est gardé")
	v.returns(v.post(sensitiveForm, confirmPath, asked.form(confirmPath)), fmt.Sprintf(`{"key":%q}`, lucie)).leads(resumePath + "?retour=%2Fconnexion%2Freprise")
	resumed = v.get(resumePath).is(http.StatusOK, "Parce que.").form(sensitiveForm)
	v.post(resumePath, sensitiveForm, resumed).is(http.StatusOK, "kept: motif=Parce+que.", "!reprise")
	v.get(resumePath).leads(spacesPath)
	v.post(from, confirmPath, url.Values{paramHeld: {"abc"}, paramReturn: {from}}).leads(from)
}

// Nothing is stored for somebody who did not sign in that is not of our own making; and what is
// of our making is shown to nobody else, who goes where she wanted to.
func TestOnlyWhatWeSealedIsKept(t *testing.T) {
	s := setScene(t)
	v := s.visitor()
	v.enter(lucie)
	s.now = s.now.Add(account.IdleLife + time.Minute)
	over := v.post("/collectivite", townForm, url.Values{"destinataires": {"Le service enfance"}}).is(http.StatusForbidden).form(signInPath)

	holder := account.Actor{AccountID: int64(s.count(`SELECT id FROM accounts`))}
	forAnAccount, err := s.door.SignIns.Hold(holder, heldRequest("/messages", false, url.Values{"message": {"Bonjour"}}))
	if err != nil {
		t.Fatal(err)
	}
	thief := s.visitor()
	for name, junk := range map[string]string{
		"bytes": base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("x", 40_000))), "no base 64": "é", "nothing": "",
		"sealed for an account": base64.RawURLEncoding.EncodeToString(forAnAccount), "changed": over.Get(paramHeld)[2:],
	} {
		if left := thief.post("", signInPath, url.Values{paramHeld: {junk}}); left.status != http.StatusSeeOther || !strings.HasPrefix(left.to, s.provider) {
			t.Errorf("%s: status %d to %q", name, left.status, left.to)
		}
	}
	if kept := s.count(`SELECT count(*) FROM sign_ins WHERE held IS NOT NULL`); kept != 0 {
		t.Errorf("%d sign-ins keep something", kept)
	}
	left := thief.post("", signInPath, over)
	if kept := s.count(`SELECT count(*) FROM sign_ins WHERE held IS NOT NULL`); kept != 1 {
		t.Errorf("%d sign-ins keep the form", kept)
	}
	thief.returns(left, fmt.Sprintf(`{"key":%q}`, bastien)).leads(resumePath + "?retour=%2Fcollectivite")
	thief.get(resumePath + "?retour=%2Fcollectivite").leads("/collectivite")
	thief.get(resumePath + "?retour=" + url.QueryEscape("//ailleurs.example/")).leads(spacesPath)
}
