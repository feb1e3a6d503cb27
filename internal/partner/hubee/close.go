package hubee

import (
	"context"
	"fmt"
	"net/http"
)

// What the town's software reads about the end of a case (reference/hubee.md §6.3).
const (
	closingAuthor  = "DINUM"
	closingMessage = "Dossier traité par le service."
)

// Close ends a case that reached finalStatus: the case, the event that tells its
// recipient, the folder (reference/hubee.md §6.3). HubEE wants the case before the
// folder.
//
// Each step is read before it is done, so a call repeated after a lost answer does only
// what is missing: HubEE says nothing of a closed case or folder that is closed again,
// and a second event would notify the recipient twice. hubee.case_missing and
// hubee.folder_missing when one of them is gone.
func (c *Client) Close(ctx context.Context, folderID, caseID, finalStatus string) (err error) {
	defer c.observed("close", c.config.Now(), &err)
	before, err := c.readCase(ctx, caseID)
	if err != nil {
		return fmt.Errorf("close case: %w", err)
	}
	if !isClosed(before.Status) {
		if err := c.closeCase(ctx, caseID); err != nil {
			return fmt.Errorf("close case: %w", err)
		}
	}
	if !before.closingIsTold() {
		if err := c.tellClosing(ctx, caseID, finalStatus); err != nil {
			return fmt.Errorf("tell closing: %w", err)
		}
	}
	envelope, err := c.readFolder(ctx, folderID)
	if err != nil {
		return fmt.Errorf("close folder: %w", err)
	}
	if !isClosed(envelope.GlobalStatus) {
		if err := c.updateFolder(ctx, folderID, statusClosed); err != nil {
			return fmt.Errorf("close folder: %w", err)
		}
	}
	return nil
}

// closingIsTold reports whether the recipient has been told that the case is closed. A
// case just closed whose events do not tell it was left between the two steps. Without a
// list of events nothing can be known, and the recipient is not disturbed again; an
// archived case has been closed for long.
func (f caseFile) closingIsTold() bool {
	if f.Status != statusClosed || f.Events == nil {
		return isClosed(f.Status)
	}
	for _, past := range f.Events {
		if past.CaseNewStatus == statusClosed {
			return true
		}
	}
	return false
}

func isClosed(status string) bool { return status == statusClosed || status == statusArchived }

func (c *Client) closeCase(ctx context.Context, caseID string) error {
	_, err := c.perform(ctx, call{
		method:  http.MethodPatch,
		path:    []string{"cases", caseID},
		payload: objectStatus{Status: statusClosed},
		success: http.StatusNoContent,
		missing: codeCaseMissing,
	})
	return err
}

func (c *Client) tellClosing(ctx context.Context, caseID, finalStatus string) error {
	_, err := c.perform(ctx, call{
		method: http.MethodPost,
		path:   []string{"cases", caseID, "events"},
		payload: newEvent{
			ActionType:        "STATUS_UPDATE",
			Author:            closingAuthor,
			Message:           closingMessage,
			Notification:      true,
			CaseCurrentStatus: finalStatus,
			CaseNewStatus:     statusClosed,
		},
		success: http.StatusCreated,
		missing: codeCaseMissing,
	})
	return err
}
