package hubee

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
)

const (
	processCode    = "FormulaireQF" // case-sensitive
	attachmentType = "FormulaireQF"
	organizationSI = "SI" // HubEE's type of a collectivity

	// 14 characters, 13 of the reference and 3: HubEE's limit of 30, exactly
	// (reference/hubee.md §5.1).
	externalIDPrefix = "Formulaire-QF-"
	caseSuffix       = "-01"

	maxApplicantName = 255 // characters (reference/hubee.md §4)
	noName           = "-"
)

// The statuses of a folder and of its case (reference/hubee.md §6.1).
const (
	statusCompleted = "HUBEE_COMPLETED"
	statusClosed    = "CLOSED"
	statusArchived  = "ARCHIVED"
)

const attachmentReceived = "RECEIVED"

// Create opens a folder for one recipient (reference/hubee.md §5.1).
//
// An answer without identifier, case or one of the attachments cannot be continued: it
// is hubee.unavailable, although HubEE may hold the folder, exactly as when the answer is
// lost. The next attempt under the same reference then tells which it was: a folder, or
// hubee.duplicate.
func (c *Client) Create(ctx context.Context, request dossier.FolderRequest) (created dossier.Folder, err error) {
	defer c.observed("create", c.config.Now(), &err)
	if err := checkFileNames(request.Files); err != nil {
		return dossier.Folder{}, fmt.Errorf("create folder: %w", err)
	}
	reply, err := c.perform(ctx, call{
		method:  http.MethodPost,
		path:    []string{"folders"},
		payload: describeFolder(request),
		success: http.StatusCreated,
	})
	if err != nil {
		return dossier.Folder{}, fmt.Errorf("create folder: %w", creationFailure(reply, err))
	}
	created, err = reply.createdFolder(request)
	if err != nil {
		return dossier.Folder{}, fmt.Errorf("create folder: %w", err)
	}
	return created, nil
}

// Find reads a folder (reference/hubee.md §5.3). CaseID is empty for a folder that is not
// of this portal, as its ExternalID shows: staff may have pasted the identifier of another.
func (c *Client) Find(ctx context.Context, folderID string) (found dossier.Folder, err error) {
	defer c.observed("find", c.config.Now(), &err)
	read, err := c.readFolder(ctx, folderID)
	if err != nil {
		return dossier.Folder{}, fmt.Errorf("find folder: %w", err)
	}
	found = read.toDomain()
	if found.CaseID == "" && strings.HasPrefix(found.ExternalID, externalIDPrefix) {
		return dossier.Folder{}, fmt.Errorf("find folder: %w", unavailable(errors.New("HubEE lists no case in a folder of ours")))
	}
	return found, nil
}

// Upload sends the bytes of one attachment with their SHA-256 (reference/hubee.md §5.2).
func (c *Client) Upload(ctx context.Context, folderID, attachmentID string, content []byte) (err error) {
	defer c.observed("upload", c.config.Now(), &err)
	_, err = c.perform(ctx, call{
		method:  http.MethodPut,
		path:    []string{"folders", folderID, "attachments", attachmentID},
		payload: content,
		success: http.StatusNoContent,
		missing: codeFolderMissing,
	})
	if err != nil {
		return fmt.Errorf("upload attachment: %w", err)
	}
	return nil
}

// Complete hands the folder over to its recipient (reference/hubee.md §5.3).
func (c *Client) Complete(ctx context.Context, folderID string) (err error) {
	defer c.observed("complete", c.config.Now(), &err)
	if err := c.updateFolder(ctx, folderID, statusCompleted); err != nil {
		return fmt.Errorf("complete folder: %w", err)
	}
	return nil
}

// Withdraw deletes a folder that was never completed, which HubEE allows as long as
// nothing happened to it (reference/hubee.md §5.3); hubee.refused afterwards. A 404 is a
// success: the answer to a first withdrawal was lost, or HubEE has purged the folder.
func (c *Client) Withdraw(ctx context.Context, folderID string) (err error) {
	defer c.observed("withdraw", c.config.Now(), &err)
	reply, err := c.perform(ctx, call{
		method:  http.MethodDelete,
		path:    []string{"folders", folderID},
		success: http.StatusNoContent,
	})
	if err != nil && !reply.saysAbsent() {
		return fmt.Errorf("withdraw folder: %w", err)
	}
	return nil
}

func (c *Client) readFolder(ctx context.Context, folderID string) (folder, error) {
	reply, err := c.perform(ctx, call{
		method:  http.MethodGet,
		path:    []string{"folders", folderID},
		success: http.StatusOK,
		missing: codeFolderMissing,
	})
	if err != nil {
		return folder{}, err
	}
	var read folder
	if err := reply.decode(&read); err != nil {
		return folder{}, err
	}
	if !strings.EqualFold(read.ID, folderID) || read.ExternalID == "" || read.GlobalStatus == "" {
		return folder{}, reply.unusable("is not the folder that was asked")
	}
	for _, held := range read.Attachments {
		if held.ID == "" || held.FileName == "" {
			return folder{}, reply.unusable("holds an attachment without identifier or name")
		}
	}
	return read, nil
}

func (c *Client) updateFolder(ctx context.Context, folderID, status string) error {
	_, err := c.perform(ctx, call{
		method:  http.MethodPatch,
		path:    []string{"folders", folderID},
		payload: folderStatus{GlobalStatus: status},
		success: http.StatusNoContent,
		missing: codeFolderMissing,
	})
	return err
}

// checkFileNames refuses a folder with two files of one name: HubEE's answer is matched
// by name, so their bytes could be exchanged. The name itself may hold a person's.
func checkFileNames(files []dossier.FileMeta) error {
	seen := make(map[string]bool, len(files))
	for _, file := range files {
		if seen[file.Name] {
			return fault.Because(fault.Invalid, codeRefused, errors.New("two files have the same name"))
		}
		seen[file.Name] = true
	}
	return nil
}

func describeFolder(request dossier.FolderRequest) newFolder {
	externalID := externalIDPrefix + request.Reference.String()
	caseID := externalID + caseSuffix
	described := newFolder{
		ProcessCode: processCode,
		ExternalID:  externalID,
		Applicant:   applicant{FirstName: applicantName(request.FirstNames), LastName: applicantName(request.LastName)},
		Cases: []newCase{{ExternalID: caseID, Recipient: organization{
			Type:            organizationSI,
			CompanyRegister: request.Recipient.Siret.String(),
			BranchCode:      request.Recipient.COG,
		}}},
		Attachments: make([]newAttachment, 0, len(request.Files)),
	}
	for _, file := range request.Files {
		described.Attachments = append(described.Attachments, newAttachment{
			FileName:   file.Name,
			Type:       attachmentType,
			Size:       file.Size,
			MimeType:   file.MediaType,
			Recipients: []string{caseID},
		})
	}
	return described
}

// applicantName fits a name to HubEE, which requires both names and 255 characters at
// most; FranceConnect knows persons without first name. The files keep the whole names.
func applicantName(name string) string {
	cut := strings.TrimSpace(firstCharacters(strings.TrimSpace(name), maxApplicantName))
	if cut == "" {
		return noName
	}
	return cut
}

// createdFolder matches HubEE's answer with the request: the case by its external id,
// each attachment by its file name.
func (a answer) createdFolder(request dossier.FolderRequest) (dossier.Folder, error) {
	var read folder
	if err := a.decode(&read); err != nil {
		return dossier.Folder{}, err
	}
	read.ExternalID = externalIDPrefix + request.Reference.String()
	held := read.toDomain()
	if held.ID == "" || held.CaseID == "" {
		return dossier.Folder{}, a.unusable("holds no folder or no case of ours")
	}
	byName := make(map[string]dossier.Attachment, len(held.Attachments))
	for _, announced := range held.Attachments {
		byName[announced.FileName] = announced
	}
	held.Attachments = make([]dossier.Attachment, 0, len(request.Files))
	for _, file := range request.Files {
		announced := byName[file.Name]
		if announced.ID == "" {
			return dossier.Folder{}, a.unusable("lacks an attachment")
		}
		held.Attachments = append(held.Attachments, announced)
	}
	return held, nil
}

func (f folder) toDomain() dossier.Folder {
	known := dossier.Folder{
		ID:         f.ID,
		ExternalID: f.ExternalID,
		Status:     f.GlobalStatus,
		Completed:  isCompleted(f.GlobalStatus),
	}
	for _, held := range f.Cases {
		if held.ExternalID == f.ExternalID+caseSuffix {
			known.CaseID = held.ID
		}
	}
	for _, held := range f.Attachments {
		known.Attachments = append(known.Attachments, dossier.Attachment{
			ID:       held.ID,
			FileName: held.FileName,
			Status:   held.Status,
			Received: held.Status == attachmentReceived,
		})
	}
	return known
}

// isCompleted reports whether a folder has been handed over: HUBEE_COMPLETED or a status
// that only follows it.
func isCompleted(status string) bool {
	switch status {
	case statusCompleted, "HUBEE_NOTIFIED", "SENT", "SI_RECEIVED", "IN_PROGRESS", "ADD_AWAITING",
		"REFUSED", "DONE", "SI_INTG_ERROR", statusClosed, statusArchived:
		return true
	}
	return false
}
