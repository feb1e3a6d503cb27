package hubee

import (
	"net/http"
	"slices"
	"time"
)

// folder is what a depositor sent for one applicant.
type folder struct {
	FolderHeader
	owner       OrganizationID
	cases       []*caseRecord
	attachments []*StoredAttachment
}

// folderAnswer is a folder as the folder API shows it.
type folderAnswer struct {
	FolderHeader
	Cases       []CaseSummary      `json:"cases"`
	Attachments []FolderAttachment `json:"attachments"`
}

func (f *folder) answer() folderAnswer {
	a := folderAnswer{FolderHeader: f.FolderHeader}
	for _, k := range f.cases {
		a.Cases = append(a.Cases, k.CaseSummary)
	}
	for _, file := range f.attachments {
		a.Attachments = append(a.Attachments, file.FolderAttachment)
	}
	return a
}

// folderOf finds the folder of the path and checks that it belongs to the caller.
func (s *Server) folderOf(c *call) (*folder, error) {
	f, found := s.folders[c.id("folderId")]
	if !found {
		return nil, notFound("Folder is not found")
	}
	if c.grant.scope != ScopeAdmin && f.owner != c.grant.organization {
		return nil, unauthorizedUser()
	}
	return f, nil
}

// depositRequest is the body of POST /folders.
type depositRequest struct {
	ProcessCode string
	ExternalID  string
	Applicant   Applicant
	Cases       []struct {
		ExternalID        string
		Recipient         OrganizationID
		PartnerAttributes *string
	}
	Attachments []FolderAttachment
}

// createFolder serves POST /folders (reference/hubee.md §5.1).
func (s *Server) createFolder(c *call) (answer, error) {
	var sent depositRequest
	if err := c.decode(folderShape(), &sent); err != nil {
		return answer{}, err
	}
	if err := s.checkDeposit(sent, c.grant.organization, c.now); err != nil {
		return answer{}, err
	}
	f := &folder{owner: c.grant.organization, FolderHeader: FolderHeader{
		ID: newUUID(), GlobalStatus: statusReceived, ProcessCode: sent.ProcessCode, ExternalID: sent.ExternalID,
		CreateDateTime: Timestamp{c.now}, Applicant: sent.Applicant, PartnerInfo: c.partner(),
	}}
	for _, wanted := range sent.Cases {
		k := &caseRecord{folder: f, CaseSummary: CaseSummary{
			ID: newUUID(), Status: statusReceived, ExternalID: wanted.ExternalID, Recipient: wanted.Recipient,
			PartnerAttributes: wanted.PartnerAttributes,
		}}
		f.cases = append(f.cases, k)
		s.cases[k.ID] = k
	}
	for _, wanted := range sent.Attachments {
		wanted.ID, wanted.Status = newUUID(), attachmentPending
		f.attachments = append(f.attachments, &StoredAttachment{FolderAttachment: wanted})
	}
	s.folders[f.ID] = f
	s.folderOrder = append(s.folderOrder, f)
	s.foldersByExternalID[f.ExternalID] = append(s.foldersByExternalID[f.ExternalID], f)
	return answer{status: http.StatusCreated, body: f.answer()}, nil
}

// checkDeposit applies the rules that the swagger cannot express.
func (s *Server) checkDeposit(sent depositRequest, owner OrganizationID, now time.Time) error {
	process := s.process(sent.ProcessCode)
	if process == nil {
		return refuse(http.StatusBadRequest, "Process %s does not exist", sent.ProcessCode) // [I] on text
	}
	var cases []string
	for _, wanted := range sent.Cases {
		if slices.Contains(cases, wanted.ExternalID) {
			return refuse(http.StatusBadRequest, "Case %s already exists", wanted.ExternalID) // [I]
		}
		cases = append(cases, wanted.ExternalID)
		if _, known := s.organizations[wanted.Recipient]; !known {
			return refuse(http.StatusBadRequest, "Case recipient %s does not exist", wanted.Recipient)
		}
		if sub := s.subscriptionOf(wanted.Recipient, sent.ProcessCode); sub == nil || !sub.active(now) {
			return refuse(http.StatusBadRequest, "Case recipient %s does not suscribed to %s", wanted.Recipient, sent.ProcessCode)
		}
	}
	for _, file := range sent.Attachments {
		if err := process.checkFile(file.Attachment, process.AttachmentFormatsEnabled); err != nil {
			return err
		}
		for _, recipient := range file.Recipients {
			if !slices.Contains(cases, recipient) {
				return refuse(http.StatusBadRequest, "Attachment recipient %s does not exist", recipient) // [I]
			}
		}
	}
	namesakes := s.foldersByExternalID[sent.ExternalID]
	if s.settings.DuplicateExternalID == Refuse && slices.ContainsFunc(namesakes, func(f *folder) bool { return f.owner == owner }) {
		return refuse(http.StatusBadRequest, "Folder %s already exists", sent.ExternalID) // [I] on text, §16 question 5
	}
	return nil
}

func (s *Server) getFolder(c *call) (answer, error) {
	f, err := s.folderOf(c)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: f.answer()}, nil
}

// patchFolder serves PATCH /folders/{id}. Only the completion of a folder just received
// changes its cases; the folder keeps HUBEE_COMPLETED, its depositor alone moves it on
// (reference/hubee.md §6.1 and §6.2).
func (s *Server) patchFolder(c *call) (answer, error) {
	var sent struct {
		GlobalStatus  string
		CloseDateTime *Timestamp
	}
	f, err := s.folderOf(c)
	if err != nil {
		return answer{}, err
	}
	if err := c.decode(folderPatchShape(), &sent); err != nil {
		return answer{}, err
	}
	if err := s.checkStatus(f.GlobalStatus, sent.GlobalStatus, c.grant.scope); err != nil {
		return answer{}, err
	}
	completed := f.GlobalStatus == statusReceived && sent.GlobalStatus == statusCompleted
	f.GlobalStatus = sent.GlobalStatus
	f.UpdateDateTime = timestampOf(c.now)
	if sent.GlobalStatus == statusClosed {
		f.CloseDateTime = timestampOf(c.now)
	}
	if sent.CloseDateTime != nil {
		f.CloseDateTime = sent.CloseDateTime
	}
	if completed {
		s.complete(f, c.now)
	}
	return noContent(), nil
}

// complete gives the folder to its recipients, at once or after the delay of the settings.
func (s *Server) complete(f *folder, now time.Time) {
	for _, k := range f.cases {
		k.setStatus(statusCompleted, now)
	}
	delay := time.Duration(s.settings.CompletionDelayMS) * time.Millisecond
	s.completions = append(s.completions, completion{folder: f, due: now.Add(delay)})
	s.completeDue(now)
}

// completeDue notifies the recipients of the folders whose delay has passed. It runs at
// the start of every exchange, so that nobody can see a late hub.
func (s *Server) completeDue(now time.Time) {
	s.completions = slices.DeleteFunc(s.completions, func(waiting completion) bool {
		if now.Before(waiting.due) {
			return false
		}
		for _, k := range waiting.folder.cases {
			k.setStatus(statusNotified, now)
			k.TransmissionDateTime = timestampOf(now)
			s.notify(k, nil, waiting.folder.owner, k.Recipient, now)
			s.mailDeposit(k, now)
		}
		return true
	})
}

// deleteFolder serves DELETE /folders/{id}: only before completion, without any event or
// notification (reference/hubee.md §3).
func (s *Server) deleteFolder(c *call) (answer, error) {
	f, err := s.folderOf(c)
	if err != nil {
		return answer{}, err
	}
	if f.GlobalStatus != statusReceived || slices.ContainsFunc(f.cases, func(k *caseRecord) bool { return len(k.events) > 0 }) {
		return answer{}, badRequest()
	}
	s.removeFolder(f)
	return noContent(), nil
}

func (s *Server) removeFolder(f *folder) {
	for _, k := range f.cases {
		delete(s.cases, k.ID)
	}
	delete(s.folders, f.ID)
	same := func(other *folder) bool { return other == f }
	s.folderOrder = slices.DeleteFunc(s.folderOrder, same)
	s.foldersByExternalID[f.ExternalID] = slices.DeleteFunc(s.foldersByExternalID[f.ExternalID], same)
	s.completions = slices.DeleteFunc(s.completions, func(waiting completion) bool { return waiting.folder == f })
	s.removeNotifications(func(n *notification) bool { return n.belongsTo(f) })
}

// uploadFolderFile serves PUT /folders/{id}/attachments/{id}; files are fixed once the
// folder is completed [I].
func (s *Server) uploadFolderFile(c *call) (answer, error) {
	f, err := s.folderOf(c)
	if err != nil {
		return answer{}, err
	}
	file, err := fileOf(c, f.attachments, "Binary meta-data is not found")
	if err != nil {
		return answer{}, err
	}
	if f.GlobalStatus != statusReceived {
		return answer{}, badRequest()
	}
	return c.receive(file)
}
