package hubee

import (
	"net/http"
	"slices"
	"time"
)

// caseRecord is the part of a folder that one recipient handles.
type caseRecord struct {
	CaseSummary
	folder *folder
	closed *Timestamp
	events []*event
}

// caseAnswer is a case as the folder API shows it.
type caseAnswer struct {
	CaseSummary
	ProcessCode    string       `json:"processCode"`
	CreateDateTime Timestamp    `json:"createDateTime"`
	CloseDateTime  *Timestamp   `json:"closeDateTime"`
	Applicant      Applicant    `json:"applicant"`
	Attachments    []Attachment `json:"attachments,omitzero"`
	Events         []Event      `json:"events,omitzero"`
}

func (k *caseRecord) setStatus(status string, now time.Time) {
	k.Status = status
	k.UpdateDateTime = timestampOf(now)
	k.closed = nil
	if status == statusClosed {
		k.closed = timestampOf(now)
	}
}

// files lists the attachments of the folder that are meant for this case.
func (k *caseRecord) files() []*StoredAttachment {
	var files []*StoredAttachment
	for _, file := range k.folder.attachments {
		if slices.Contains(file.Recipients, k.ExternalID) {
			files = append(files, file)
		}
	}
	return files
}

// answer shows the case to one reader; the light version has neither files nor events [I].
func (k *caseRecord) answer(reader Scope, light bool) caseAnswer {
	a := caseAnswer{
		CaseSummary: k.CaseSummary, ProcessCode: k.folder.ProcessCode, CreateDateTime: k.folder.CreateDateTime,
		CloseDateTime: k.closed, Applicant: k.folder.Applicant,
	}
	if light {
		return a
	}
	a.Attachments = make([]Attachment, 0)
	for _, file := range k.files() {
		a.Attachments = append(a.Attachments, file.Attachment)
	}
	a.Events = k.eventAnswers(reader)
	return a
}

func (k *caseRecord) eventAnswers(reader Scope) []Event {
	answers := make([]Event, 0)
	for _, e := range k.events {
		answers = append(answers, e.answer(reader))
	}
	return answers
}

// caseOf finds the case of the path and checks that the caller is one of its parties: the
// depositor, or the recipient by a token of the same process (reference/hubee.md §13, E3).
func (s *Server) caseOf(c *call) (*caseRecord, error) {
	k, found := s.cases[c.id("caseId")]
	if !found {
		return nil, notFound("Case is not found")
	}
	switch c.grant.scope {
	case ScopeOSL:
		if k.folder.owner == c.grant.organization {
			return k, nil
		}
	case ScopeSI:
		if k.Recipient == c.grant.organization && k.folder.ProcessCode == c.grant.process {
			return k, nil
		}
	case ScopeAdmin:
		return k, nil
	}
	return nil, unauthorizedUser()
}

func (s *Server) getCase(c *call) (answer, error) {
	k, err := s.caseOf(c)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: k.answer(c.grant.scope, c.query.Get("lite") == "true")}, nil
}

// patchCase serves PATCH /cases/{id}: a silent change, nobody is notified
// (reference/hubee.md §5.5).
func (s *Server) patchCase(c *call) (answer, error) {
	k, err := s.caseOf(c)
	if err != nil {
		return answer{}, err
	}
	var sent struct{ Status string }
	if err := c.decode(casePatchShape(), &sent); err != nil {
		return answer{}, err
	}
	if err := s.checkStatus(k.Status, sent.Status, c.grant.scope); err != nil {
		return answer{}, err
	}
	k.setStatus(sent.Status, c.now)
	return noContent(), nil
}

func (s *Server) downloadCaseFile(c *call) (answer, error) {
	const missing = "File is not found"
	k, err := s.caseOf(c)
	if err != nil {
		return answer{}, err
	}
	file, err := fileOf(c, k.files(), missing)
	if err != nil {
		return answer{}, err
	}
	return download(file, missing)
}
