package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// orderLimit bounds the body of a control call, in bytes. Whole sets of families are put
// in one call, hence so much.
const orderLimit = 32 << 20

func (s *Surface) listRequests(w http.ResponseWriter, r *http.Request) {
	since := 0
	if asked := r.URL.Query().Get("since"); asked != "" {
		number, err := strconv.Atoi(asked)
		if err != nil || number < 0 {
			Refuse(w, http.StatusBadRequest, "since must be a number, 0 or more")
			return
		}
		since = number
	}
	Answer(w, s.Requests(since))
}

func (s *Surface) orderFault(w http.ResponseWriter, r *http.Request) {
	var fault Fault
	err := Decode(r, &fault)
	if err == nil {
		err = fault.check()
	}
	if err != nil {
		Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.Inject(fault)
	Answer(w, fault)
}

func (s *Surface) reset(w http.ResponseWriter, _ *http.Request) {
	s.Reset()
	Answer(w, struct{}{})
}

// Decode reads the JSON body of a control call into order: one value, no unknown member,
// at most 32 MiB. Its error may be shown to the caller.
func Decode(r *http.Request, order any) error {
	decoder := json.NewDecoder(io.LimitReader(r.Body, orderLimit))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(order); err != nil {
		return fmt.Errorf("decode order: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("decode order: one JSON value expected, more found")
	}
	return nil
}

// Answer answers a control call with 200 and value as JSON. For a GET, value is a slice
// that is not nil: it must read as an array.
func Answer(w http.ResponseWriter, value any) { writeJSON(w, http.StatusOK, value) }

// Refuse answers a control call that is not understood with {"error": reason}.
func Refuse(w http.ResponseWriter, status int, reason string) {
	writeJSON(w, status, refusal{reason})
}

type refusal struct {
	Error string `json:"error"`
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, `{"error":"the answer cannot be written as JSON"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
