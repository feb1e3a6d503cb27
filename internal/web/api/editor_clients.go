package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// clientView is a collectivity on the wire (SETTLED.md, editor API).
type clientView struct {
	Siret        string            `json:"siret"`
	Name         string            `json:"nom"`
	Stage        string            `json:"etape"`
	Habilitation *habilitationView `json:"habilitation"`
	Token        *tokenSummary     `json:"jeton"`
	Hub          hubView           `json:"hubee"`
	Form         formView          `json:"formulaire"`
}

type habilitationView struct {
	Number     string  `json:"numero"`
	ApprovedAt *string `json:"validee_le"`
}

type hubView struct {
	State string `json:"etat"`
}

type formView struct {
	URL *string `json:"url"` // null while there is no form to send citizens to
}

func (e *Editor) clientView(client credential.Client, now time.Time) clientView {
	view := clientView{
		Siret: client.Siret.String(), Name: client.Name, Stage: string(client.Stage(now)), Hub: hubView{string(client.Hub())},
	}
	if client.Habilitation != 0 {
		view.Habilitation = &habilitationView{client.Habilitation.String(), stamp(client.ApprovedAt)}
	}
	if client.Token != nil {
		token := e.tokenSummary(*client.Token, now)
		view.Token = &token
	}
	if client.Form == directory.FormOpen || client.Form == directory.FormSoon {
		view.Form.URL = orNull(e.PortalURL + "/collectivites/" + client.Siret.String())
	}
	return view
}

const clientList = "clients"

// listClients lists the collectivities of the editor.
func (e *Editor) listClients(c *gin.Context, _ []byte) error {
	given, err := readQuery(c, limitName, cursorName)
	if err != nil {
		return err
	}
	asked, err := readPage(given, clientList)
	if err != nil {
		return err
	}
	var after value.Siret
	if asked.after != "" {
		if after, err = value.ParseExactSiret(asked.after); err != nil {
			return malformed("call.cursor_invalid")
		}
	}
	found, err := e.Clients.List(c.Request.Context(), web.ActorOf(c).Organisation.Siret, after, asked.limit+1)
	if err != nil {
		return err
	}
	answer := listed[clientView]{Data: []clientView{}}
	if len(found) > asked.limit {
		found = found[:asked.limit]
		answer.Next = cursor(clientList, found[asked.limit-1].Siret.String())
	}
	now := e.Tokens.Now()
	for _, client := range found {
		answer.Data = append(answer.Data, e.clientView(client, now))
	}
	return answerKnown(c, answer)
}

// showClient shows one.
func (e *Editor) showClient(c *gin.Context, _ []byte) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	siret, err := readSiret(c.Param("siret"))
	if err != nil {
		return err
	}
	client, err := e.Clients.Find(c.Request.Context(), web.ActorOf(c).Organisation.Siret, siret)
	if err != nil {
		return err
	}
	return answerKnown(c, e.clientView(client, e.Tokens.Now()))
}

// deposit keeps the pair by which the software of a town reads HubEE.
func (e *Editor) deposit(c *gin.Context, body []byte) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	siret, err := readSiret(c.Param("siret"))
	if err != nil {
		return err
	}
	given, err := readMembers(c, body, "identifiant", "secret")
	if err != nil {
		return err
	}
	id, secret := given.string("identifiant"), given.string("secret")
	if id == "" || secret == "" {
		return malformed("call.pair_missing")
	}
	answer, err := e.Deposit(c.Request.Context(), web.ActorOf(c), siret, id, value.Secret(secret))
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.NotFound, "client.unknown")
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, struct {
		Siret      string `json:"siret"`
		State      string `json:"etat"`
		FormerKept bool   `json:"precedent_garde"`
	}{siret.String(), string(answer.State), answer.FormerKept})
	return nil
}
