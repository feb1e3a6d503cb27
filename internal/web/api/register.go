package api

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
)

// registered is a collectivity as the existing back-office sends and reads it.
type registered struct {
	Name        string           `json:"name"`
	Siret       string           `json:"siret"`
	COG         string           `json:"code_cog"`
	Departement string           `json:"departement"`
	Status      directory.Status `json:"status"`
	Editor      *string          `json:"editor"` // the SIRET of one of our editors; null for none
}

// register adds a collectivity.
func (d *Directory) register(c *gin.Context, body []byte) error {
	registration, err := readRegistration(body)
	if err != nil {
		refuseFields(c, http.StatusUnprocessableEntity, faults{"base": {err.Error()}})
		return nil
	}
	kept, err := d.Collectivities.Register(c.Request.Context(), registration)
	var refusal directory.Refusal
	switch {
	case errors.As(err, &refusal):
		refuseFields(c, http.StatusUnprocessableEntity, faultsOf(refusal))
		return nil
	case fault.KindOf(err) == fault.Conflict:
		refuseFields(c, http.StatusConflict, faults{string(directory.FieldSiret): {"has already been taken"}})
		return nil
	case err != nil:
		return err
	}
	answer := registered{
		Name: kept.Name, Siret: kept.Siret.String(), COG: kept.COG, Departement: kept.Departement, Status: registration.Status,
	}
	if editor := kept.EditorSiret.String(); editor != "" {
		answer.Editor = &editor
	}
	c.JSON(http.StatusCreated, struct {
		Collectivity registered `json:"collectivity"`
	}{answer})
	return nil
}

// readRegistration reads the members of a collectivity, or those of its member
// "collectivity": the existing service takes both.
func readRegistration(body []byte) (directory.Registration, error) {
	given, err := readObject(body)
	if err != nil {
		return directory.Registration{}, err
	}
	if wrapped, found := given["collectivity"]; found {
		if given, err = members(wrapped); err != nil {
			return directory.Registration{}, err
		}
	}
	return directory.Registration{
		Name: given.text("name"), Siret: given.text("siret"), COG: given.text("code_cog"),
		Status: directory.Status(given.text("status")), Editor: given.text("editor"),
	}, nil
}

// faults are what is wrong, by member; "base" is the whole.
type faults map[string][]string

// sentences are those of the existing service, and ours in the same manner.
var sentences = map[directory.Fault]string{
	directory.FaultMissing: "can't be blank",
	directory.FaultInvalid: "is invalid",
	directory.FaultTooLong: "is too long (maximum is 255 characters)",
	directory.FaultUnknown: "is not included in the list",
}

func faultsOf(refusal directory.Refusal) faults {
	found := faults{}
	for _, wrong := range refusal {
		found[string(wrong.Field)] = append(found[string(wrong.Field)], sentences[wrong.Why])
	}
	return found
}

func refuseFields(c *gin.Context, status int, found faults) {
	c.JSON(status, struct {
		Errors faults `json:"errors"`
	}{found})
}
