package hubee

import (
	"net/http"
	"slices"
	"time"
)

// Kinds and statuses of events (reference/hubee.md §4).
const (
	actionStatusUpdate  = "STATUS_UPDATE"
	actionAttachDeposit = "ATTACH_DEPOSIT"

	eventInProgress = "IN_PROGRESS"
	eventSent       = "SENT"
	eventReceived   = "RECEIVED"
)

var actionTypes = []string{actionStatusUpdate, actionAttachDeposit, "ATTACH_DL", "ATTACH_DL_ALL", "COM_ADD", "SENDING_MESSAGE"}

// event is a fact on a case, emitted by one party for the other one.
type event struct {
	Event    // its Attachments stay empty: see files
	fromTown bool
	files    []*StoredAttachment
}

// answer shows the event to one reader; the comment is internal to the town.
func (e *event) answer(reader Scope) Event {
	a := e.Event
	if reader == ScopeOSL {
		a.Comment = nil
	}
	a.Attachments = make([]Attachment, 0)
	for _, file := range e.files {
		a.Attachments = append(a.Attachments, file.Attachment)
	}
	return a
}

func (e *event) notifies() bool { return e.Notification != nil && *e.Notification }

// emittedBy tells whether this caller speaks for the side that emitted the event.
func (e *event) emittedBy(by grant) bool { return e.fromTown == (by.scope == ScopeSI) }

// eventOf finds the case and the event of the path.
func (s *Server) eventOf(c *call, missing string) (*caseRecord, *event, error) {
	k, err := s.caseOf(c)
	if err != nil {
		return nil, nil, err
	}
	id := c.id("eventId")
	i := slices.IndexFunc(k.events, func(e *event) bool { return e.ID == id })
	if i < 0 {
		return nil, nil, notFound(missing)
	}
	return k, k.events[i], nil
}

// createEvent serves POST /cases/{id}/events (reference/hubee.md §5.6).
func (s *Server) createEvent(c *call) (answer, error) {
	k, err := s.caseOf(c)
	if err != nil {
		return answer{}, err
	}
	var sent Event
	if err := c.decode(eventShape(), &sent); err != nil {
		return answer{}, err
	}
	sent.PartnerInfo = c.partner()
	e, err := s.emit(k, c.grant, sent, c.now)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusCreated, body: e.answer(c.grant.scope)}, nil
}

// emit records an event of one party. All but a deposit of files are sent at once, change
// the status of the case when they name a new one, and tell the other party when asked to
// (reference/hubee.md §6.2).
func (s *Server) emit(k *caseRecord, by grant, sent Event, now time.Time) (*event, error) {
	if err := s.checkEvent(k, by, sent); err != nil {
		return nil, err
	}
	e := &event{Event: sent, fromTown: by.scope == ScopeSI}
	for _, file := range sent.Attachments {
		file.ID, file.Status = newUUID(), attachmentPending
		e.files = append(e.files, &StoredAttachment{FolderAttachment: FolderAttachment{Attachment: file}})
	}
	e.ID = newUUID()
	e.Attachments = nil
	e.Status = eventInProgress
	e.Transmitter = by.organization
	e.CreateDateTime, e.UpdateDateTime = Timestamp{now}, nil
	if e.CaseCurrentStatus == nil {
		current := k.Status
		e.CaseCurrentStatus = &current
	}
	k.events = append(k.events, e)
	if e.ActionType != actionAttachDeposit {
		s.send(k, e, now)
	}
	return e, nil
}

// send hands an event over to the other party.
func (s *Server) send(k *caseRecord, e *event, now time.Time) {
	e.Status = eventSent
	if e.CaseNewStatus != nil {
		k.setStatus(*e.CaseNewStatus, now)
	}
	if e.notifies() {
		recipient := k.Recipient
		if e.fromTown {
			recipient = k.folder.owner
		}
		s.notify(k, e, e.Transmitter, recipient, now)
	}
}

// checkEvent applies the rules on events (reference/hubee.md §6.2, E19).
func (s *Server) checkEvent(k *caseRecord, by grant, sent Event) error {
	process := s.process(k.folder.ProcessCode)
	depositsFiles := sent.ActionType == actionAttachDeposit
	if !slices.Contains(actionTypes, sent.ActionType) || depositsFiles != (len(sent.Attachments) > 0) {
		return badRequest()
	}
	if sent.Message != nil && *sent.Message != "" && !process.AcceptsMessageToTransmitter {
		return badRequest()
	}
	formats := process.AttachmentFormatsEnabled
	if by.scope == ScopeSI {
		formats = process.SIAttachmentFormatsEnabled
	}
	for _, file := range sent.Attachments {
		if !slices.Contains(formats, file.MimeType) {
			return badRequest()
		}
	}
	if sent.CaseNewStatus != nil {
		return s.checkStatus(k.Status, *sent.CaseNewStatus, by.scope)
	}
	return nil
}

func (s *Server) getEvent(c *call) (answer, error) {
	_, e, err := s.eventOf(c, "event is not found")
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: e.answer(c.grant.scope)}, nil
}

// patchEvent serves PATCH …/events/{id}: SENT by the emitter once its files are there,
// RECEIVED by the other party, which notifies the emitter in turn. Saying again what is
// already so changes nothing [I].
func (s *Server) patchEvent(c *call) (answer, error) {
	k, e, err := s.eventOf(c, "event is not found")
	if err != nil {
		return answer{}, err
	}
	var sent struct{ Status string }
	if err := c.decode(eventPatchShape(), &sent); err != nil {
		return answer{}, err
	}
	mine := e.emittedBy(c.grant)
	switch {
	case sent.Status == eventSent && !mine, sent.Status == eventReceived && mine:
		return answer{}, unauthorizedUser()
	case sent.Status == e.Status:
	case sent.Status == eventSent && e.Status == eventInProgress:
		if slices.ContainsFunc(e.files, func(file *StoredAttachment) bool { return file.Status != attachmentReceived }) {
			return answer{}, badRequest()
		}
		s.send(k, e, c.now)
	case sent.Status == eventReceived && e.Status == eventSent:
		e.Status = eventReceived
		s.acknowledge(k, e, c)
	default:
		return answer{}, badRequest()
	}
	e.UpdateDateTime = timestampOf(c.now)
	return noContent(), nil
}

// acknowledge tells the emitter that its event was received. The reader's own notification
// stays until it deletes it, unless the settings say otherwise.
func (s *Server) acknowledge(k *caseRecord, e *event, c *call) {
	if s.settings.AutoDeleteOnReceived {
		s.removeNotifications(func(n *notification) bool { return n.event == e && n.Recipient == c.grant.organization })
	}
	if e.notifies() {
		s.notify(k, e, c.grant.organization, e.Transmitter, c.now)
	}
}

// deleteEvent serves DELETE …/events/{id}: only a deposit of files not yet sent.
func (s *Server) deleteEvent(c *call) (answer, error) {
	k, e, err := s.eventOf(c, "Event is not found")
	if err != nil {
		return answer{}, err
	}
	if !e.emittedBy(c.grant) {
		return answer{}, unauthorizedUser()
	}
	if e.ActionType != actionAttachDeposit || e.Status != eventInProgress {
		return answer{}, refuse(http.StatusBadRequest, "Bad Request")
	}
	k.events = slices.DeleteFunc(k.events, func(other *event) bool { return other == e })
	return noContent(), nil
}

func (s *Server) uploadEventFile(c *call) (answer, error) {
	_, e, err := s.eventOf(c, "event is not found")
	if err != nil {
		return answer{}, err
	}
	file, err := fileOf(c, e.files, "Binary meta-data is not found")
	if err != nil {
		return answer{}, err
	}
	if !e.emittedBy(c.grant) {
		return answer{}, unauthorizedUser()
	}
	if e.Status != eventInProgress {
		return answer{}, badRequest()
	}
	return c.receive(file)
}

func (s *Server) downloadEventFile(c *call) (answer, error) {
	const missing = "file is not found"
	_, e, err := s.eventOf(c, "event is not found")
	if err != nil {
		return answer{}, err
	}
	file, err := fileOf(c, e.files, missing)
	if err != nil {
		return answer{}, err
	}
	return download(file, missing)
}
