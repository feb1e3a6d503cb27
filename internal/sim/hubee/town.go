package hubee

import (
	"fmt"
	"slices"
	"time"
)

// Advance moves every case of the latest folder with this external id, as the town would:
// by a STATUS_UPDATE event that notifies the depositor. It fails when the folder is
// unknown or not yet given to the town, or the status is not one of HubEE's.
func (s *Server) Advance(folderExternalID, status string) error {
	now := time.Now()
	s.enter(now)
	defer s.mu.Unlock()
	f, err := s.latestFolder(folderExternalID)
	if err != nil {
		return fmt.Errorf("advance folder: %w", err)
	}
	for _, k := range f.cases {
		if err := s.advance(k, status, now); err != nil {
			return fmt.Errorf("advance case %s: %w", k.ExternalID, err)
		}
	}
	return nil
}

// advance is what an agent does on HubEE's portal.
func (s *Server) advance(k *caseRecord, status string, now time.Time) error {
	if k.TransmissionDateTime == nil {
		return fmt.Errorf("the town has not received it yet")
	}
	author, application, notified := "Service instructeur", "Portail", true
	town := grant{scope: ScopeSI, organization: k.Recipient, process: k.folder.ProcessCode}
	_, err := s.emit(k, town, Event{
		ActionType: actionStatusUpdate, Author: &author, Notification: &notified, CaseNewStatus: &status,
		PartnerInfo: PartnerInfo{ApplicationName: &application},
	}, now)
	return err
}

// DeleteFolder removes the latest folder with this external id, as HubEE's operators would.
func (s *Server) DeleteFolder(externalID string) error {
	s.enter(time.Now())
	defer s.mu.Unlock()
	f, err := s.latestFolder(externalID)
	if err != nil {
		return fmt.Errorf("delete folder: %w", err)
	}
	s.removeFolder(f)
	return nil
}

// PurgeFiles erases the files of the latest folder with this external id, as HubEE's daily
// batch does some days after the last case has ended (reference/hubee.md §15).
func (s *Server) PurgeFiles(externalID string) error {
	s.enter(time.Now())
	defer s.mu.Unlock()
	f, err := s.latestFolder(externalID)
	if err != nil {
		return fmt.Errorf("purge files: %w", err)
	}
	for _, file := range f.attachments {
		file.Status, file.Content = attachmentDeleted, nil
	}
	return nil
}

func (s *Server) latestFolder(externalID string) (*folder, error) {
	namesakes := s.foldersByExternalID[externalID]
	if len(namesakes) == 0 {
		return nil, fmt.Errorf("no folder %s", externalID)
	}
	return namesakes[len(namesakes)-1], nil
}

// PushForeignNotification puts n notifications of another process into the depositor's
// queue: the queue is shared by all its processes (reference/hubee.md §7).
func (s *Server) PushForeignNotification(n int) {
	now := time.Now()
	s.enter(now)
	defer s.mu.Unlock()
	for range n {
		s.enqueue(&notification{
			event: &event{Event: Event{ID: newUUID(), ActionType: actionStatusUpdate, Status: eventSent}, fromTown: true},
			Notification: Notification{
				ProcessCode: ForeignProcess, CaseID: newUUID(), DateTime: Timestamp{now}, Recipient: s.depositor,
				Transmitter: OrganizationID{Type: "SI", CompanyRegister: "13002526500013", BranchCode: "75107"},
			},
		})
	}
}

// SetSubscriptionStatus changes a subscription as its local administrator does on HubEE's
// portal: Actif, Inactif, Suspendu or Refusé.
func (s *Server) SetSubscriptionStatus(id, status string) error {
	now := time.Now()
	s.enter(now)
	defer s.mu.Unlock()
	sub, found := s.subscriptions[id]
	if !found {
		return fmt.Errorf("set subscription status: no subscription %s", id)
	}
	if !slices.Contains(subscriptionStatuses, status) {
		return fmt.Errorf("set subscription status: unknown status %q", status)
	}
	s.setSubscriptionStatus(sub, status, now)
	return nil
}

func (s *Server) setSubscriptionStatus(sub *subscription, status string, now time.Time) {
	sub.Status = status
	sub.UpdateDateTime = timestampOf(now)
	if status == statusActive {
		sub.ActivateDateTime = timestampOf(now)
		if sub.AccessMode == nil {
			portal := modePortal
			sub.AccessMode = &portal
		}
	}
	s.applyStatus(sub)
}

// ExpireTokens ends every token that was issued, as an hour would.
func (s *Server) ExpireTokens() {
	s.enter(time.Now())
	defer s.mu.Unlock()
	clear(s.tokens)
}

// SetSettings replaces the switches.
func (s *Server) SetSettings(settings Settings) error {
	settings = settings.withDefaults()
	if err := settings.check(); err != nil {
		return fmt.Errorf("set settings: %w", err)
	}
	s.enter(time.Now())
	defer s.mu.Unlock()
	s.settings = settings
	return nil
}
