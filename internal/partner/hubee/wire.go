package hubee

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// The objects of reference/hubee.md §4, reduced to what is sent or read.

type newFolder struct {
	ProcessCode string          `json:"processCode"`
	ExternalID  string          `json:"externalId"`
	Applicant   applicant       `json:"applicant"`
	Cases       []newCase       `json:"cases"`
	Attachments []newAttachment `json:"attachments"`
}

type applicant struct {
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
}

type newCase struct {
	ExternalID string       `json:"externalId"`
	Recipient  organization `json:"recipient"`
}

type organization struct {
	Type            string `json:"type"`
	CompanyRegister string `json:"companyRegister"`
	BranchCode      string `json:"branchCode"`
}

type newAttachment struct {
	FileName   string   `json:"fileName"`
	Type       string   `json:"type"`
	Size       int      `json:"size"`
	MimeType   string   `json:"mimeType"`
	Recipients []string `json:"recipients"` // external ids of cases
}

type folderStatus struct {
	GlobalStatus string `json:"globalStatus"`
}

// objectStatus updates a case or an event.
type objectStatus struct {
	Status string `json:"status"`
}

type newEvent struct {
	ActionType        string `json:"actionType"`
	Author            string `json:"author"`
	Message           string `json:"message"`
	Notification      bool   `json:"notification"`
	CaseCurrentStatus string `json:"caseCurrentStatus"`
	CaseNewStatus     string `json:"caseNewStatus"`
}

type folder struct {
	ID           string       `json:"id"`
	ExternalID   string       `json:"externalId"`
	GlobalStatus string       `json:"globalStatus"`
	Cases        []folderCase `json:"cases"`
	Attachments  []attachment `json:"attachments"`
}

type folderCase struct {
	ID         string `json:"id"`
	ExternalID string `json:"externalId"`
}

type attachment struct {
	ID       string `json:"id"`
	FileName string `json:"fileName"`
	Status   string `json:"status"`
}

type caseFile struct {
	Status string `json:"status"`
	Events []struct {
		CaseNewStatus string `json:"caseNewStatus"`
	} `json:"events"` // nil when HubEE does not list them
}

type notification struct {
	ID          string  `json:"id"`
	ProcessCode string  `json:"processCode"`
	CaseID      string  `json:"caseId"`
	EventID     string  `json:"eventId"`
	EventStatus string  `json:"eventStatus"`
	DateTime    instant `json:"dateTime"`
}

type event struct {
	ID             string  `json:"id"`
	ActionType     string  `json:"actionType"`
	Status         string  `json:"status"`
	CaseNewStatus  string  `json:"caseNewStatus"`
	CreateDateTime instant `json:"createDateTime"`
}

// instant is a time of HubEE. One that cannot be read is the zero time: a strange date
// must not hide the fact it belongs to, nor the rest of a page of notifications.
type instant struct{ time.Time }

// UnmarshalJSON reads ISO 8601 with offset (reference/hubee.md §2).
func (i *instant) UnmarshalJSON(text []byte) error {
	var written string
	if json.Unmarshal(text, &written) != nil {
		return nil
	}
	i.Time, _ = time.Parse(time.RFC3339, written)
	return nil
}

// looseNumber is a whole number, quoted or not; anything else is 0. Neither the code of
// an error nor the life of a token is worth losing what stands beside it.
type looseNumber int64

// UnmarshalJSON never fails.
func (n *looseNumber) UnmarshalJSON(text []byte) error {
	number, err := strconv.ParseInt(string(bytes.Trim(text, `"`)), 10, 64)
	if err != nil {
		number = 0
	}
	*n = looseNumber(number)
	return nil
}
