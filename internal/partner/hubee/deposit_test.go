package hubee_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/hubee"
)

var contents = []string{`{"external_id":null}`, "<hash/>", "%PDF-1.7"}

func folderRequest() dossier.FolderRequest {
	return dossier.FolderRequest{
		Reference:  reference,
		FirstNames: "Angela Claire",
		LastName:   "DUBOIS",
		Recipient:  dossier.Recipient{Siret: "21040107100019", COG: "04107"},
		Files: []dossier.FileMeta{
			{Name: "FormulaireQF.json", MediaType: "application/json", Size: len(contents[0])},
			{Name: "FormulaireQF.xml", MediaType: "application/xml", Size: len(contents[1])},
			{Name: "quotient_familial_DUBOIS_Angela.pdf", MediaType: "application/pdf", Size: len(contents[2])},
		},
	}
}

// deposit carries a dossier to HubEE as the outbox does.
func deposit(t *testing.T, client *hubee.Client) dossier.Folder {
	t.Helper()
	created, err := client.Create(t.Context(), folderRequest())
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	for i, held := range created.Attachments {
		if err := client.Upload(t.Context(), created.ID, held.ID, []byte(contents[i])); err != nil {
			t.Fatalf("Upload %d: %v", i, err)
		}
	}
	found, err := client.Find(t.Context(), created.ID)
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	if err := client.Complete(t.Context(), created.ID); err != nil {
		t.Fatalf("Complete: %v", err)
	}
	return found
}

// « a folder is created, its files uploaded, verified, and completed »
func TestDepositOfOneDossier(t *testing.T) {
	h := newHub(t)
	client := h.client()

	created, err := client.Create(t.Context(), folderRequest())
	if err != nil {
		t.Fatal(err)
	}
	want := dossier.Folder{
		ID: folderID, CaseID: caseID, ExternalID: "Formulaire-QF-" + reference, Status: "HUBEE_RECEIVED",
		Attachments: []dossier.Attachment{
			{ID: attachmentID(0), FileName: "FormulaireQF.json", Status: "PENDING"},
			{ID: attachmentID(1), FileName: "FormulaireQF.xml", Status: "PENDING"},
			{ID: attachmentID(2), FileName: "quotient_familial_DUBOIS_Angela.pdf", Status: "PENDING"},
		},
	}
	if diff := cmp.Diff(want, created); diff != "" {
		t.Errorf("created folder (-want +got):\n%s", diff)
	}

	for i, held := range created.Attachments {
		if err := client.Upload(t.Context(), created.ID, held.ID, []byte(contents[i])); err != nil {
			t.Fatal(err)
		}
		if got := string(h.content[held.ID]); got != contents[i] {
			t.Errorf("HubEE holds %q for %s, want %q", got, held.FileName, contents[i])
		}
	}
	for i := range want.Attachments {
		want.Attachments[i].Status, want.Attachments[i].Received = "RECEIVED", true
	}
	found, err := client.Find(t.Context(), created.ID)
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Errorf("found folder: %v (-want +got):\n%s", err, diff)
	}

	if err := client.Complete(t.Context(), created.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"globalStatus":"HUBEE_COMPLETED"}`}, h.bodies("PATCH /folders/{folder}")); diff != "" {
		t.Errorf("completion (-want +got):\n%s", diff)
	}
	found, err = client.Find(t.Context(), created.ID)
	if err != nil || !found.Completed {
		t.Errorf("after completion: Completed = %v, %v", found.Completed, err)
	}
}

// The message of reference/hubee.md §5.1, member for member.
func TestCreatedFolderIsDescribedAsHubEEExpects(t *testing.T) {
	h := newHub(t)
	if _, err := h.client().Create(t.Context(), folderRequest()); err != nil {
		t.Fatal(err)
	}
	recipients := []any{"Formulaire-QF-ABCDEFGHJKLM7-01"}
	file := func(name, mediaType string, size int) any {
		return object{"fileName": name, "type": "FormulaireQF", "size": float64(size), "mimeType": mediaType, "recipients": recipients}
	}
	want := object{
		"processCode": "FormulaireQF",
		"externalId":  "Formulaire-QF-ABCDEFGHJKLM7",
		"applicant":   object{"firstName": "Angela Claire", "lastName": "DUBOIS"},
		"cases": []any{object{
			"externalId": "Formulaire-QF-ABCDEFGHJKLM7-01",
			"recipient":  object{"type": "SI", "companyRegister": "21040107100019", "branchCode": "04107"},
		}},
		"attachments": []any{
			file("FormulaireQF.json", "application/json", len(contents[0])),
			file("FormulaireQF.xml", "application/xml", len(contents[1])),
			file("quotient_familial_DUBOIS_Angela.pdf", "application/pdf", len(contents[2])),
		},
	}
	var sent object
	if err := json.Unmarshal([]byte(h.bodies("POST /folders")[0]), &sent); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("sent folder (-want +got):\n%s", diff)
	}
}

// « applicant: firstName, lastName required (≤255) », in characters, whatever their bytes.
func TestApplicantNamesFitHubEE(t *testing.T) {
	for name, c := range map[string]struct{ given, sent string }{
		"kept as it is":            {"Zoé-Maëlle", "Zoé-Maëlle"},
		"spaces around":            {"  Angela \t", "Angela"},
		"none":                     {"", "-"},
		"only spaces":              {" \u00a0 ", "-"},
		"255 accented characters":  {strings.Repeat("é", 255), strings.Repeat("é", 255)},
		"256 accented characters":  {strings.Repeat("é", 256), strings.Repeat("é", 255)},
		"the cut leaves no space":  {strings.Repeat("a", 254) + " bcd", strings.Repeat("a", 254)},
		"characters of four bytes": {strings.Repeat("𝒜", 300), strings.Repeat("𝒜", 255)},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			request := folderRequest()
			request.FirstNames, request.LastName = c.given, c.given
			if _, err := h.client().Create(t.Context(), request); err != nil {
				t.Fatal(err)
			}
			var sent struct {
				Applicant struct{ FirstName, LastName string }
			}
			body := h.bodies("POST /folders")[0]
			if err := json.Unmarshal([]byte(body), &sent); err != nil || !utf8.ValidString(body) {
				t.Fatalf("sent folder is not JSON in UTF-8: %v", err)
			}
			if sent.Applicant.FirstName != c.sent || sent.Applicant.LastName != c.sent {
				t.Errorf("sent %q and %q, want %q", sent.Applicant.FirstName, sent.Applicant.LastName, c.sent)
			}
		})
	}
}

// « Client correlates attachments by fileName (so names must be unique in a folder) »
func TestTwoFilesOfOneNameAreRefusedBeforeHubEE(t *testing.T) {
	h := newHub(t)
	request := folderRequest()
	request.Files[1].Name = request.Files[2].Name
	_, err := h.client().Create(t.Context(), request)
	if !fault.Is(err, "hubee.refused") || fault.KindOf(err) != fault.Invalid {
		t.Errorf("Create = %v, want hubee.refused", err)
	}
	if strings.Contains(err.Error(), "DUBOIS") {
		t.Errorf("the error names the applicant: %v", err)
	}
	if asked := h.routes(); len(asked) != 0 {
		t.Errorf("HubEE was asked %v", asked)
	}
}

// « correlates attachments by fileName and the case by externalId »: neither the order
// nor the company of other objects matters.
func TestCreatedFolderIsMatchedByNames(t *testing.T) {
	h := newHub(t)
	h.on("POST /folders", twist{answer: answering(201, `{"id":"`+folderID+`","globalStatus":"HUBEE_RECEIVED",
		"cases":[{"id":"x","externalId":"Formulaire-QF-ABCDEFGHJKLM7-02"},{"id":"`+caseID+`","externalId":"Formulaire-QF-ABCDEFGHJKLM7-01"}],
		"attachments":[{"id":"p","fileName":"quotient_familial_DUBOIS_Angela.pdf","status":"PENDING"},{"id":"o","fileName":"other"},
			{"id":"x","fileName":"FormulaireQF.xml"},{"id":"j","fileName":"FormulaireQF.json"}]}`)})
	created, err := h.client().Create(t.Context(), folderRequest())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, held := range created.Attachments {
		ids = append(ids, held.ID)
	}
	if diff := cmp.Diff([]string{"j", "x", "p"}, ids); diff != "" || created.CaseID != caseID {
		t.Errorf("case %q, attachments (-want +got):\n%s", created.CaseID, diff)
	}
}

// An answer that cannot be continued is not a folder.
func TestUnusableAnswersToACreation(t *testing.T) {
	const (
		cases = `"cases":[{"id":"c","externalId":"Formulaire-QF-ABCDEFGHJKLM7-01"}]`
		two   = `{"id":"1","fileName":"FormulaireQF.json"},{"id":"2","fileName":"FormulaireQF.xml"}`
		third = `{"id":"3","fileName":"quotient_familial_DUBOIS_Angela.pdf"}`
	)
	for name, body := range map[string]string{
		"empty":                            "",
		"not JSON":                         "<html>Angela DUBOIS</html>",
		"cut":                              `{"id":"f",`,
		"of another shape":                 `{"id":{"Angela":"DUBOIS"}}`,
		"errors with a success":            `{"errors":[{"code":500,"message":"Internal Server Error"}]}`,
		"no folder id":                     `{` + cases + `,"attachments":[` + two + `,` + third + `]}`,
		"no case":                          `{"id":"f","cases":[],"attachments":[` + two + `,` + third + `]}`,
		"the case of another folder":       `{"id":"f","cases":[{"id":"c","externalId":"Formulaire-QF-ZZZZZZZZZZZZZ-01"}],"attachments":[` + two + `,` + third + `]}`,
		"a case without id":                `{"id":"f","cases":[{"externalId":"Formulaire-QF-ABCDEFGHJKLM7-01"}],"attachments":[` + two + `,` + third + `]}`,
		"an attachment missing":            `{"id":"f",` + cases + `,"attachments":[` + two + `]}`,
		"an attachment without identifier": `{"id":"f",` + cases + `,"attachments":[` + two + `,{"fileName":"quotient_familial_DUBOIS_Angela.pdf"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.on("POST /folders", twist{answer: answering(201, body)})
			created, err := h.client().Create(t.Context(), folderRequest())
			checkFault(t, err, fault.Unavailable, "hubee.unavailable")
			if created.ID != "" {
				t.Errorf("a folder came back: %+v", created)
			}
		})
	}
}

// « Lost answer of POST /folders: retried with the same externalId; refused as
// duplicate » (SETTLED.md, Rules).
func TestLostAnswerOfACreationShowsAsDuplicate(t *testing.T) {
	for name, lost := range map[string]twist{
		"connection cut":           {acts: true, answer: hangUp},
		"500 after having acted":   {acts: true, answer: refusing(500, "Internal Server Error")},
		"201 with half a document": {acts: true, answer: answering(201, `{"id":"3fa`)},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.on("POST /folders", lost)
			client := h.client()
			_, err := client.Create(t.Context(), folderRequest())
			checkFault(t, err, fault.Unavailable, "hubee.unavailable")
			if n := len(h.bodies("POST /folders")); n != 1 {
				t.Errorf("the adapter asked %d times; the retry is not its own", n)
			}
			_, err = client.Create(t.Context(), folderRequest())
			checkFault(t, err, fault.Conflict, "hubee.duplicate")
		})
	}
}

// « Cancel before completion: DELETE → 204 »; once withdrawn, or completed, the rest follows.
func TestWithdrawAFolderNeverCompleted(t *testing.T) {
	h := newHub(t)
	client := h.client()
	if _, err := client.Create(t.Context(), folderRequest()); err != nil {
		t.Fatal(err)
	}
	h.on("DELETE /folders/{folder}", twist{acts: true, answer: hangUp})
	checkFault(t, client.Withdraw(t.Context(), folderID), fault.Unavailable, "hubee.unavailable")
	if err := client.Withdraw(t.Context(), folderID); err != nil {
		t.Errorf("again, after a lost answer: %v", err)
	}
	_, err := client.Find(t.Context(), folderID)
	checkFault(t, err, fault.NotFound, "hubee.folder_missing")

	deposit(t, client)
	checkFault(t, client.Withdraw(t.Context(), folderID), fault.Invalid, "hubee.refused")
	if h.folder == nil {
		t.Error("the completed folder is gone")
	}
}

// « On timeout at 6: GET folder and decide »: the uploads and the completion that HubEE
// did, although it seemed to fail, are seen by Find.
func TestFindTellsWhatALostAnswerDid(t *testing.T) {
	for name, answer := range map[string]twist{
		"connection cut":         {acts: true, answer: hangUp},
		"500 after having acted": {acts: true, answer: answering(500, "")},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			client := h.client()
			created, err := client.Create(t.Context(), folderRequest())
			if err != nil {
				t.Fatal(err)
			}
			h.on("PUT /folders/{folder}/attachments/{att}", answer)
			checkFault(t, client.Upload(t.Context(), folderID, created.Attachments[0].ID, []byte(contents[0])), fault.Unavailable, "hubee.unavailable")
			h.on("PATCH /folders/{folder}", answer)
			checkFault(t, client.Complete(t.Context(), folderID), fault.Unavailable, "hubee.unavailable")

			found, err := client.Find(t.Context(), folderID)
			if err != nil || !found.Completed || !found.Attachments[0].Received || found.Attachments[1].Received {
				t.Errorf("Find = %+v, %v; want it completed with its first file", found, err)
			}
		})
	}
}

// « HUBEE_COMPLETED or any later status » (reference/hubee.md §6.1)
func TestStatusesThatMeanCompleted(t *testing.T) {
	for status, completed := range map[string]bool{
		"HUBEE_RECEIVED": false, "hubee_completed": false, "UNHEARD_OF": false,
		"HUBEE_COMPLETED": true, "HUBEE_NOTIFIED": true, "SENT": true, "SI_RECEIVED": true, "IN_PROGRESS": true,
		"ADD_AWAITING": true, "REFUSED": true, "DONE": true, "SI_INTG_ERROR": true, "CLOSED": true, "ARCHIVED": true,
	} {
		h := newHub(t)
		client := h.client()
		if _, err := client.Create(t.Context(), folderRequest()); err != nil {
			t.Fatal(err)
		}
		h.folder["globalStatus"] = status
		found, err := client.Find(t.Context(), folderID)
		if err != nil || found.Completed != completed || found.Status != status {
			t.Errorf("%s: Status = %q, Completed = %v, %v; want %v", status, found.Status, found.Completed, err, completed)
		}
	}
}

// « staff resumes by pasting the folder id found in HubEE, GET proves the externalId »
func TestFindAnotherDossier(t *testing.T) {
	h := newHub(t)
	h.on("GET /folders/{folder}", twist{answer: answering(200, `{"id":"`+strings.ToUpper(folderID)+`","externalId":"DGS-CERTDC-0000000000001",
		"globalStatus":"DONE","cases":[{"id":"c","externalId":"DGS-CERTDC-0000000000001-02"}],
		"attachments":[{"id":"1","fileName":"a","status":"RECEIVED"},{"id":"2","fileName":"b","status":"CORRUPTED"},{"id":"3","fileName":"c","status":"REJECTED"}]}`)})
	found, err := h.client().Find(t.Context(), folderID)
	if err != nil {
		t.Fatal(err)
	}
	if found.ExternalID != "DGS-CERTDC-0000000000001" || found.CaseID != "" {
		t.Errorf("ExternalID = %q, CaseID = %q", found.ExternalID, found.CaseID)
	}
	if !found.Attachments[0].Received || found.Attachments[1].Received || found.Attachments[2].Received {
		t.Errorf("attachments = %+v; only RECEIVED is received", found.Attachments)
	}
}

func TestFindRefusesAnAnswerThatIsNotTheFolder(t *testing.T) {
	for name, body := range map[string]string{
		"another folder":        `{"id":"` + caseID + `","externalId":"e","globalStatus":"SENT"}`,
		"no external id":        `{"id":"` + folderID + `","globalStatus":"SENT"}`,
		"no status":             `{"id":"` + folderID + `","externalId":"e"}`,
		"errors":                `{"errors":[{"code":404,"message":"Folder is not found"}]}`,
		"ours without a case":   `{"id":"` + folderID + `","externalId":"Formulaire-QF-ABCDEFGHJKLM7","globalStatus":"SENT"}`,
		"a nameless attachment": `{"id":"` + folderID + `","externalId":"e","globalStatus":"SENT","attachments":[{"id":"1"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.on("GET /folders/{folder}", twist{answer: answering(200, body)})
			_, err := h.client().Find(t.Context(), folderID)
			checkFault(t, err, fault.Unavailable, "hubee.unavailable")
		})
	}
}

// An identifier that we do not hold must not become another address.
func TestMissingIdentifiersAreRefusedBeforeHubEE(t *testing.T) {
	h := newHub(t)
	client := h.client()
	for name, ask := range map[string]func(context.Context) error{
		"empty folder":     func(ctx context.Context) error { _, err := client.Find(ctx, ""); return err },
		"parent folder":    func(ctx context.Context) error { return client.Complete(ctx, "..") },
		"empty attachment": func(ctx context.Context) error { return client.Upload(ctx, folderID, "", nil) },
		"empty notice":     func(ctx context.Context) error { return client.Discard(ctx, "") },
	} {
		err := ask(t.Context())
		if !fault.Is(err, "hubee.refused") || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want hubee.refused", name, err)
		}
	}
	if asked := h.routes(); len(asked) != 0 {
		t.Errorf("HubEE was asked %v", asked)
	}
}
