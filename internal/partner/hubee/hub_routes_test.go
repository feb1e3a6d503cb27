package hubee_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"
)

// What the hub does of each request that the contract and the token allow.

func (h *hub) createFolder(w http.ResponseWriter, r *http.Request, body []byte) {
	var asked object
	if json.Unmarshal(body, &asked) != nil || r.Header.Get("Content-Type") != "application/json" {
		refuse(w, http.StatusBadRequest, 400, "Bad Request : Validation failed.\n")
		return
	}
	if h.folder != nil {
		refuse(w, http.StatusBadRequest, 400, "Folder "+asked["externalId"].(string)+" already exists")
		return
	}
	for _, limited := range []struct{ value, name string }{
		{asked["applicant"].(object)["firstName"].(string), "firstName"},
		{asked["applicant"].(object)["lastName"].(string), "lastName"},
	} {
		if n := utf8.RuneCountInString(limited.value); n < 1 || n > 255 {
			refuse(w, http.StatusBadRequest, 400, "Bad Request : Validation failed.\n[Path '/applicant/"+limited.name+"'] String \""+limited.value+"\" is refused")
			return
		}
	}
	asked["id"], asked["globalStatus"] = folderID, "HUBEE_RECEIVED"
	for _, one := range asked["cases"].([]any) {
		one.(object)["id"], one.(object)["status"] = caseID, "HUBEE_RECEIVED"
	}
	for i, one := range asked["attachments"].([]any) {
		one.(object)["id"], one.(object)["status"] = attachmentID(i), "PENDING"
	}
	h.folder = asked
	reply(w, http.StatusCreated, asked)
}

func attachmentID(i int) string { return fmt.Sprintf("a66abb0c-52d1-4e50-9195-%012d", i) }

func (h *hub) readFolder(w http.ResponseWriter, r *http.Request, _ []byte) {
	if h.folder == nil || r.PathValue("folder") != folderID {
		refuse(w, http.StatusNotFound, 404, "Folder is not found")
		return
	}
	reply(w, http.StatusOK, h.folder)
}

func (h *hub) updateFolder(w http.ResponseWriter, r *http.Request, body []byte) {
	var asked struct{ GlobalStatus string }
	switch {
	case h.folder == nil || r.PathValue("folder") != folderID:
		refuse(w, http.StatusNotFound, 404, "Folder is not found")
	case json.Unmarshal(body, &asked) != nil || asked.GlobalStatus == "" || asked.GlobalStatus == h.folder["globalStatus"]:
		refuse(w, http.StatusBadRequest, 400, "Bad request")
	case asked.GlobalStatus == "CLOSED" && h.caseStatus != "CLOSED":
		h.t.Error("the folder is closed before its case")
		refuse(w, http.StatusBadRequest, 400, "Bad request")
	default:
		h.folder["globalStatus"] = asked.GlobalStatus
		w.WriteHeader(http.StatusNoContent)
	}
}

func (h *hub) deleteFolder(w http.ResponseWriter, r *http.Request, _ []byte) {
	switch {
	case h.folder == nil || r.PathValue("folder") != folderID:
		refuse(w, http.StatusNotFound, 404, "Folder is not found")
	case h.folder["globalStatus"] != "HUBEE_RECEIVED":
		refuse(w, http.StatusBadRequest, 400, "Bad request")
	default:
		h.folder = nil
		w.WriteHeader(http.StatusNoContent)
	}
}

func (h *hub) upload(w http.ResponseWriter, r *http.Request, body []byte) {
	if got := r.Header.Get("Content-Type"); got != "application/octet-stream" {
		h.t.Errorf("upload: Content-Type = %q", got)
	}
	digest := sha256.Sum256(body)
	if got := r.Header.Get("digest"); got != base64.StdEncoding.EncodeToString(digest[:]) {
		h.t.Errorf("upload: digest = %q, want the base64 of the SHA-256 of the body", got)
	}
	if h.folder == nil || r.PathValue("folder") != folderID {
		refuse(w, http.StatusNotFound, 404, "Folder is not found")
		return
	}
	for _, one := range h.folder["attachments"].([]any) {
		announced := one.(object)
		if announced["id"] != r.PathValue("att") {
			continue
		}
		if announced["size"] != float64(len(body)) {
			announced["status"] = "REJECTED"
			refuse(w, http.StatusBadRequest, 400, "Size does not match with attachment meta-data")
			return
		}
		announced["status"] = "RECEIVED"
		h.content[r.PathValue("att")] = body
		w.WriteHeader(http.StatusNoContent)
		return
	}
	refuse(w, http.StatusNotFound, 404, "Binary meta-data is not found")
}

func (h *hub) listNotifications(w http.ResponseWriter, _ *http.Request, _ []byte) {
	reply(w, http.StatusOK, h.notifications)
}

func (h *hub) discard(w http.ResponseWriter, r *http.Request, _ []byte) {
	kept := slices.DeleteFunc(slices.Clone(h.notifications), func(n object) bool { return n["id"] == r.PathValue("notification") })
	if len(kept) == len(h.notifications) {
		refuse(w, http.StatusNotFound, 404, "Notification is not found")
		return
	}
	h.notifications = kept
	w.WriteHeader(http.StatusNoContent)
}

func (h *hub) readCase(w http.ResponseWriter, r *http.Request, _ []byte) {
	if r.PathValue("case") != caseID {
		refuse(w, http.StatusNotFound, 404, "Case is not found")
		return
	}
	described := object{
		"id": caseID, "status": h.caseStatus, "processCode": "FormulaireQF", "externalId": "Formulaire-QF-" + reference + "-01",
		"applicant": object{"firstName": "Angela", "lastName": "DUBOIS"},
	}
	if !h.hidesEvents {
		described["events"] = h.events
	}
	reply(w, http.StatusOK, described)
}

func (h *hub) updateCase(w http.ResponseWriter, r *http.Request, body []byte) {
	var asked struct{ Status string }
	switch {
	case r.PathValue("case") != caseID:
		refuse(w, http.StatusNotFound, 404, "Case is not found")
	case json.Unmarshal(body, &asked) != nil || asked.Status == "" || asked.Status == h.caseStatus:
		refuse(w, http.StatusBadRequest, 400, "Bad request")
	default:
		h.caseStatus = asked.Status
		w.WriteHeader(http.StatusNoContent)
	}
}

func (h *hub) createEvent(w http.ResponseWriter, r *http.Request, body []byte) {
	var asked object
	switch {
	case r.PathValue("case") != caseID:
		refuse(w, http.StatusNotFound, 404, "Case is not found")
	case json.Unmarshal(body, &asked) != nil || asked["actionType"] == nil || h.caseStatus != asked["caseNewStatus"]:
		refuse(w, http.StatusBadRequest, 400, "Bad request")
	default:
		asked["id"], asked["status"] = eventID, "SENT"
		h.events = append(h.events, asked)
		reply(w, http.StatusCreated, asked)
	}
}

func (h *hub) readEvent(w http.ResponseWriter, r *http.Request, _ []byte) {
	for _, held := range h.events {
		if held["id"] == r.PathValue("event") {
			reply(w, http.StatusOK, held)
			return
		}
	}
	refuse(w, http.StatusNotFound, 404, "event is not found")
}

func (h *hub) updateEvent(w http.ResponseWriter, r *http.Request, body []byte) {
	for _, held := range h.events {
		if held["id"] == r.PathValue("event") && string(body) == `{"status":"RECEIVED"}` {
			held["status"] = "RECEIVED"
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	refuse(w, http.StatusNotFound, 404, "event is not found")
}
