package account

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
)

// HeldForm is a form that a person sent when a second factor had to be proved first, or when
// the session was over: it waits, sealed, so that nothing typed is lost.
type HeldForm struct {
	Path   string
	Fields url.Values
	// SessionOver: the person had to sign in again.
	SessionOver bool
	// FileLost: a file was sent too, which does not wait.
	FileLost bool
}

// Hold seals a form for the actor's account.
func (s *SignIns) Hold(actor Actor, form HeldForm) ([]byte, error) {
	plain, err := json.Marshal(form)
	if err != nil {
		return nil, fmt.Errorf("write the form that waits: %w", err)
	}
	return s.Vault.Seal(plain, heldPlace(actor)), nil
}

// Release opens what Hold sealed for the same account.
func (s *SignIns) Release(actor Actor, sealed []byte) (HeldForm, error) {
	plain, err := s.Vault.Open(sealed, heldPlace(actor))
	if err != nil {
		return HeldForm{}, fmt.Errorf("open the form that waits: %w", err)
	}
	var form HeldForm
	if err := json.Unmarshal(plain, &form); err != nil {
		return HeldForm{}, fmt.Errorf("read the form that waits: %w", err)
	}
	return form, nil
}

func heldPlace(actor Actor) string {
	return "held form of account " + strconv.FormatInt(actor.AccountID, 10)
}
