package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// tokenSummary is what tells of a token in the line of its collectivity.
type tokenSummary struct {
	ID        string  `json:"id"`
	Prefix    string  `json:"prefixe"`
	State     string  `json:"etat"`
	ExpiresAt *string `json:"expire_le"`
	LastUse   *string `json:"derniere_utilisation"`
}

// tokenView is a token on the wire, without its secret.
type tokenView struct {
	tokenSummary
	Siret        string   `json:"siret"`
	Name         string   `json:"nom"`
	Habilitation string   `json:"habilitation"`
	Scopes       []string `json:"donnees"`
	IssuedAt     *string  `json:"emis_le"`
	CollectedAt  *string  `json:"recupere_le"`
	Replaces     *string  `json:"remplace"`
	ReplacedBy   *string  `json:"remplace_par"`
	EndsAt       *string  `json:"fin_le"` // of the overlap
}

func (e *Editor) tokenSummary(t credential.Token, now time.Time) tokenSummary {
	return tokenSummary{
		ID: t.ID, Prefix: t.Display(e.Tokens.Mint.Prefix), State: string(t.State(now)), ExpiresAt: stamp(t.ExpiresAt), LastUse: stamp(t.LastUse),
	}
}

func (e *Editor) tokenView(t credential.Token, successor string) tokenView {
	return tokenView{
		tokenSummary: e.tokenSummary(t, e.Tokens.Now()), Siret: t.Siret.String(), Name: t.Organisation, Habilitation: t.Habilitation.String(),
		Scopes: append([]string{}, t.Scopes...), IssuedAt: stamp(t.IssuedAt), CollectedAt: stamp(t.Collection.At),
		Replaces: orNull(t.Replaces), ReplacedBy: orNull(successor), EndsAt: stamp(t.EndsAt),
	}
}

const tokenList = "jetons"

// listTokens lists the tokens of the collectivities of the editor, the former ones included.
func (e *Editor) listTokens(c *gin.Context, _ []byte) error {
	given, err := readQuery(c, limitName, cursorName, "etat")
	if err != nil {
		return err
	}
	asked, err := readPage(given, tokenList)
	if err != nil {
		return err
	}
	query := credential.TokenQuery{Order: credential.ByTokenID, AfterID: asked.after, Limit: asked.limit}
	if asked.after != "" && !value.IsUUID(asked.after) {
		return malformed("call.cursor_invalid")
	}
	if query.State = credential.TokenState(given.Get("etat")); given.Has("etat") && !slices.Contains(credential.TokenStates[:], query.State) {
		return malformed("call.state_invalid")
	}
	found, left, err := e.Tokens.List(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), query)
	if err != nil {
		return err
	}
	answer := listed[tokenView]{Data: []tokenView{}}
	for _, file := range found {
		answer.Data = append(answer.Data, e.tokenView(file.Token, file.Successor))
	}
	if left > len(found) {
		answer.Next = cursor(tokenList, found[len(found)-1].ID)
	}
	return answerKnown(c, answer)
}

// showToken shows one, without its secret.
func (e *Editor) showToken(c *gin.Context, _ []byte) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	found, err := e.Tokens.Find(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), c.Param("id"))
	if err != nil {
		return err
	}
	return answerKnown(c, e.tokenView(found.Token, found.Successor))
}

// collect gives the text of a token, the one time: asked again with the same key, it gives it
// again, since an answer may be lost on its way.
func (e *Editor) collect(c *gin.Context, body []byte) error {
	if err := readNothing(c, body); err != nil {
		return err
	}
	key, err := readKey(c, "")
	if err != nil {
		return err
	}
	text, found, err := e.Tokens.Collect(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), c.Param("id"), key)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, struct {
		Text      string  `json:"jeton"`
		ID        string  `json:"id"`
		Prefix    string  `json:"prefixe"`
		ExpiresAt *string `json:"expire_le"`
	}{text.Reveal(), found.ID, found.Display(e.Tokens.Mint.Prefix), stamp(found.ExpiresAt)})
	return nil
}

// confirm erases our copy: the editor has the token safe.
func (e *Editor) confirm(c *gin.Context, body []byte) error {
	if err := readNothing(c, body); err != nil {
		return err
	}
	if err := e.Tokens.Confirm(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), c.Param("id")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// replace issues another token, which is to be collected in its turn.
func (e *Editor) replace(c *gin.Context, body []byte) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	given, err := readMembers(c, body, overlapName)
	if err != nil {
		return err
	}
	days, err := readOverlap(given)
	if err != nil {
		return err
	}
	key, err := readKey(c, strconv.Itoa(days))
	if err != nil {
		return err
	}
	next, err := e.Tokens.Replace(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), c.Param("id"),
		credential.Replacement{Overlap: time.Duration(days) * oneDay, Key: key})
	if err != nil {
		return err
	}
	c.Header("Location", editorAPI+"/jetons/"+next.ID)
	c.JSON(http.StatusCreated, e.tokenView(next, ""))
	return nil
}

// readNothing refuses what a route does not read.
func readNothing(c *gin.Context, body []byte) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	_, err := readMembers(c, body)
	return err
}

const (
	overlapName = "recouvrement_jours"
	oneDay      = 24 * time.Hour
	mostOverlap = int(credential.Overlap / oneDay)
)

// readOverlap reads for how many days the former token goes on.
func readOverlap(given object) (int, error) {
	member, stated := given[overlapName]
	if !stated {
		return mostOverlap, nil
	}
	var days *int
	if err := json.Unmarshal(member, &days); err != nil || days == nil || *days < 0 || *days > mostOverlap {
		return 0, malformed("call.overlap_invalid")
	}
	return *days, nil
}
