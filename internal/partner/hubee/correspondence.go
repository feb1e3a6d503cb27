package hubee

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"portail-qf/internal/domain/dossier"
)

const eventReceived = "RECEIVED"

// Notifications lists at most limit notifications of FormulaireQF (reference/hubee.md
// §5.4, §7). The queue is shared by all the processes of the depositor: the filter is
// sent, and checked again on the answer, because a foreign notification that is
// discarded is lost for its owner.
func (c *Client) Notifications(ctx context.Context, limit int) (listed []dossier.Notification, err error) {
	defer c.observed("notifications", c.config.Now(), &err)
	reply, err := c.perform(ctx, call{
		method: http.MethodGet,
		path:   []string{"notifications"},
		query: url.Values{
			"maxResult":    {strconv.Itoa(limit)},
			"processCode":  {processCode},
			"eventDetails": {"true"}, // not in the published OpenAPI file, and answered by HubEE
		},
		success: http.StatusOK,
	})
	if err != nil {
		return nil, fmt.Errorf("list notifications: %w", err)
	}
	var queue []notification
	if err := reply.decode(&queue); err != nil {
		return nil, fmt.Errorf("list notifications: %w", err)
	}
	for _, queued := range queue {
		if queued.ProcessCode != processCode || len(listed) >= limit {
			continue
		}
		listed = append(listed, dossier.Notification{
			ID:          queued.ID,
			CaseID:      queued.CaseID,
			EventID:     queued.EventID,
			EventStatus: queued.EventStatus,
			At:          queued.DateTime.Time,
		})
	}
	return listed, nil
}

// Event reads one event (reference/hubee.md §5.6). A success whose body lists errors is
// hubee.unavailable: taken for an event, it would let the notification be discarded
// unread.
func (c *Client) Event(ctx context.Context, caseID, eventID string) (happened dossier.CaseEvent, err error) {
	defer c.observed("event", c.config.Now(), &err)
	reply, err := c.perform(ctx, call{
		method:  http.MethodGet,
		path:    []string{"cases", caseID, "events", eventID},
		success: http.StatusOK,
		missing: codeEventMissing,
	})
	if err != nil {
		return dossier.CaseEvent{}, fmt.Errorf("read event: %w", err)
	}
	var read event
	if err := reply.decode(&read); err != nil {
		return dossier.CaseEvent{}, fmt.Errorf("read event: %w", err)
	}
	if !strings.EqualFold(read.ID, eventID) {
		return dossier.CaseEvent{}, fmt.Errorf("read event: %w", reply.unusable("is not the event that was asked"))
	}
	return dossier.CaseEvent{
		ID:         read.ID,
		ActionType: read.ActionType,
		Status:     read.Status,
		NewStatus:  read.CaseNewStatus,
		At:         read.CreateDateTime.Time,
	}, nil
}

// Acknowledge marks an event as received; hubee.event_missing when it is gone.
func (c *Client) Acknowledge(ctx context.Context, caseID, eventID string) (err error) {
	defer c.observed("acknowledge", c.config.Now(), &err)
	_, err = c.perform(ctx, call{
		method:  http.MethodPatch,
		path:    []string{"cases", caseID, "events", eventID},
		payload: objectStatus{Status: eventReceived},
		success: http.StatusNoContent,
		missing: codeEventMissing,
	})
	if err != nil {
		return fmt.Errorf("acknowledge event: %w", err)
	}
	return nil
}

// Discard removes a notification. A 404 is a success: the answer to a first removal was
// lost, or the acknowledgement has already removed it (reference/hubee.md §6.2).
func (c *Client) Discard(ctx context.Context, notificationID string) (err error) {
	defer c.observed("discard", c.config.Now(), &err)
	reply, err := c.perform(ctx, call{
		method:  http.MethodDelete,
		path:    []string{"notifications", notificationID},
		success: http.StatusNoContent,
	})
	if err != nil && !reply.saysAbsent() {
		return fmt.Errorf("discard notification: %w", err)
	}
	return nil
}

// CaseStatus reads the present status of a case (reference/hubee.md §5.5).
func (c *Client) CaseStatus(ctx context.Context, caseID string) (status string, err error) {
	defer c.observed("case_status", c.config.Now(), &err)
	read, err := c.readCase(ctx, caseID)
	if err != nil {
		return "", err
	}
	return read.Status, nil
}

func (c *Client) readCase(ctx context.Context, caseID string) (caseFile, error) {
	reply, err := c.perform(ctx, call{
		method:  http.MethodGet,
		path:    []string{"cases", caseID},
		success: http.StatusOK,
		missing: codeCaseMissing,
	})
	if err != nil {
		return caseFile{}, fmt.Errorf("read case: %w", err)
	}
	var read caseFile
	if err := reply.decode(&read); err != nil {
		return caseFile{}, fmt.Errorf("read case: %w", err)
	}
	if read.Status == "" {
		return caseFile{}, fmt.Errorf("read case: %w", reply.unusable("holds no status"))
	}
	return read, nil
}
