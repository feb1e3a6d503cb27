package hubee_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// E11 and the other checks of §5.2.
func TestUploadsAreChecked(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	good := quotientFiles["FormulaireQF.json"]
	upload := func(t *testing.T, content []byte, digest string) (reply, string, string) {
		t.Helper()
		folder := osl.create(quotientFolder(fmt.Sprintf("QF-%d", len(h.sim.Folders())), valbrume))
		path := folders + "/folders/" + folder.ID + "/attachments/" + folder.Attachments[0].ID
		request := osl.request("PUT", path, content)
		if digest != "" {
			request.Header.Set("digest", digest)
		}
		got := h.send(request)
		shown := decode[shownFolder](t, osl.must(http.StatusOK, "GET", folders+"/folders/"+folder.ID, nil))
		return got, shown.Attachments[0].Status, path
	}
	same := func(text string) []byte { return []byte(text + strings.Repeat(" ", len(good)-len(text))) }
	for name, line := range map[string]struct {
		content []byte
		digest  string
		status  int
		message string
		left    string
	}{
		"E11 another size": {good[1:], "", 400, "Size does not match with attachment meta-data", "REJECTED"},
		"not the declared type (real MIME type equals the declared one)": {same("%PDF-1.7"), "", 400, "Mime type does not match with attachment meta-data", "REJECTED"},
		"another digest": {good, "gzC8kNpW+cmI6AK1s6flSBbQROpJg0EWKQjpqt9XTbM=", 400, "Digest does not match with attachment meta-data", "REJECTED"},
	} {
		t.Run(name, func(t *testing.T) {
			got, left, _ := upload(t, line.content, line.digest)
			got.mustRefuse(t, line.status, line.status, line.message)
			if left != line.left {
				t.Errorf("attachment %s, want %s", left, line.left)
			}
		})
	}
	t.Run("good digest, then the same file again since its answer was lost", func(t *testing.T) {
		sum := sha256.Sum256(good)
		got, left, path := upload(t, good, base64.StdEncoding.EncodeToString(sum[:]))
		got.mustBe(t, http.StatusNoContent)
		if left != "RECEIVED" {
			t.Errorf("attachment %s, want RECEIVED", left)
		}
		osl.must(http.StatusNoContent, "PUT", path, good)
	})
	t.Run("infected is not blocking: 204 with status CORRUPTED", func(t *testing.T) {
		infected := []byte(`{"x":"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"}`)
		body := quotientFolder("QF-INFECTED", valbrume)
		body["attachments"].([]object)[0]["size"] = len(infected)
		folder := osl.create(body)
		path := folders + "/folders/" + folder.ID
		osl.must(http.StatusNoContent, "PUT", path+"/attachments/"+folder.Attachments[0].ID, infected)
		if got := decode[shownFolder](t, osl.must(http.StatusOK, "GET", path, nil)).Attachments[0].Status; got != "CORRUPTED" {
			t.Errorf("attachment %s, want CORRUPTED", got)
		}
	})
}

// E12, E13: an upload to an unknown file, or without any byte.
func TestUploadToNothingOrOfNothing(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	folder := osl.create(quotientFolder(reference, valbrume))
	files := folders + "/folders/" + folder.ID + "/attachments/"
	osl.call("PUT", files+unknownID, quotientFiles["FormulaireQF.json"]).mustRefuse(t, http.StatusNotFound, 404, "Binary meta-data is not found")
	path := files + folder.Attachments[0].ID
	osl.call("PUT", path, nil).mustRefuse(t, http.StatusInternalServerError, 500, "Bad Response : Validation failed.\n[ERROR][RESPONSE][PUT "+path+
		`] [Path '/errors'] Instance type (object) does not match any allowed primitive type (allowed: ["array"])`)
	asForm := osl.request("PUT", path, quotientFiles["FormulaireQF.json"])
	asForm.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	h.send(asForm).mustBe(t, http.StatusBadRequest) // "raw, not multipart" (§2)
}
