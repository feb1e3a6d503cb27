package api

import (
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// dossierView is a dossier on the wire: states, never an identity nor a quotient.
type dossierView struct {
	Reference string  `json:"identifiant"`
	Siret     string  `json:"siret"`
	State     string  `json:"etat"`
	Since     *string `json:"depuis"`
	FolderID  *string `json:"hubee_folder_id"`
	CaseID    *string `json:"hubee_case_id"`
}

func newDossierView(p dossier.Progress) dossierView {
	return dossierView{p.Reference.String(), p.Siret.String(), string(p.State), stamp(p.StateAt), orNull(p.FolderID), orNull(p.CaseID)}
}

const dossierList = "dossiers"

// listDossiers lists the dossiers of the collectivities of the editor, by the change of their
// state.
func (e *Editor) listDossiers(c *gin.Context, _ []byte) error {
	given, err := readQuery(c, limitName, cursorName, "siret", "depuis")
	if err != nil {
		return err
	}
	asked, err := readPage(given, dossierList)
	if err != nil {
		return err
	}
	query := dossier.ProgressQuery{Limit: asked.limit + 1}
	if given.Has("siret") {
		if query.Siret, err = readSiret(given.Get("siret")); err != nil {
			return err
		}
	}
	if given.Has("depuis") {
		if query.Since, err = readSince(given.Get("depuis")); err != nil {
			return err
		}
	}
	if query.After, err = readMark(asked.after); err != nil {
		return err
	}
	return e.answerDossiers(c, query, asked.limit)
}

func (e *Editor) answerDossiers(c *gin.Context, query dossier.ProgressQuery, limit int) error {
	found, err := e.Dossiers.Progress(c.Request.Context(), web.ActorOf(c).Organisation.Siret, query)
	if err != nil {
		return err
	}
	answer := listed[dossierView]{Data: []dossierView{}}
	if len(found) > limit {
		found = found[:limit]
		answer.Next = cursor(dossierList, markText(found[limit-1].Mark()))
	}
	for _, one := range found {
		answer.Data = append(answer.Data, newDossierView(one))
	}
	return answerKnown(c, answer)
}

// earliest and latest bound what a program may ask for: the database knows no year of five
// digits.
var earliest, latest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// readSince reads a time. A "+" that was not encoded reached us as a space.
func readSince(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, strings.Replace(text, " ", "+", 1))
	if err != nil || at.Before(earliest) || at.After(latest) {
		return time.Time{}, malformed("call.since_invalid")
	}
	return at, nil
}

func markText(mark dossier.ProgressMark) string {
	return strconv.FormatInt(mark.At.UnixMicro(), 10) + " " + mark.Reference.String()
}

// readMark reads the place after a dossier; "" is before all.
func readMark(text string) (dossier.ProgressMark, error) {
	if text == "" {
		return dossier.ProgressMark{}, nil
	}
	micros, written, _ := strings.Cut(text, " ")
	instant, err := strconv.ParseInt(micros, 10, 64)
	at := time.UnixMicro(instant)
	reference, errReference := value.ParseReference(written)
	if err != nil || errReference != nil || at.Before(earliest) || at.After(latest) {
		return dossier.ProgressMark{}, malformed("call.cursor_invalid")
	}
	return dossier.ProgressMark{At: at, Reference: reference}, nil
}

// showDossier shows one, whose identifier is read as people write it.
func (e *Editor) showDossier(c *gin.Context, _ []byte) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	reference, err := value.ParseReference(c.Param("id"))
	if err != nil {
		return fault.New(fault.NotFound, "dossier.unknown")
	}
	found, err := e.Dossiers.FindProgress(c.Request.Context(), web.ActorOf(c).Organisation.Siret, reference)
	if err != nil {
		return err
	}
	return answerKnown(c, newDossierView(found))
}
