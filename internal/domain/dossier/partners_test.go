package dossier_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// provider plays FranceConnect: two persons of its sandbox, known by the code of their
// sign-in.
type provider struct {
	isDown  bool
	failure error             // of the next sign-ins
	nonces  map[string]string // by state
	people  map[string]dossier.PivotIdentity
}

func newProvider() *provider {
	claims := []string{"family_name", "given_name", "gender", "birthdate", "birthplace", "birthcountry"}
	return &provider{nonces: map[string]string{}, people: map[string]dossier.PivotIdentity{
		"angela": {
			FamilyName: "DUBOIS", GivenName: "Angela Claire Louise", GivenNames: []string{"Angela", "Claire", "Louise"},
			Gender: "female", Birthdate: "1962-08-24", Birthplace: "75107", Birthcountry: "99100", Subject: "sub of angela", Present: claims,
		},
		"jean": {
			FamilyName: "MARTIN", GivenName: "Jean", GivenNames: []string{"Jean"}, PreferredUsername: "d’Été & <fils>",
			Gender: "male", Birthdate: "1981-00-00", Birthcountry: "99135", Subject: "sub of jean", Present: claims,
		},
	}}
}

func (p *provider) AuthorizeURL(state, nonce string) string {
	p.nonces[state] = nonce
	return "https://fc.example/authorize?state=" + state
}

func (p *provider) SignIn(_ context.Context, answer dossier.SignInAnswer, nonce string) (dossier.SignedIn, error) {
	if p.failure != nil {
		return dossier.SignedIn{}, p.failure
	}
	person, known := p.people[answer.Code]
	if !known || nonce == "" || p.nonces[answer.State] != nonce {
		return dossier.SignedIn{}, fault.New(fault.Invalid, "signin.refused")
	}
	return dossier.SignedIn{
		Identity: person, AccessToken: value.Secret("access of " + answer.Code), IDToken: value.Secret("id token of " + answer.Code),
	}, nil
}

func (p *provider) LogoutURL(idToken value.Secret, state string) string {
	return "https://fc.example/logout?id_token_hint=" + idToken.Reveal() + "&long=" + fmt.Sprint(len(state) >= 32)
}

func (p *provider) Available(context.Context) bool { return !p.isDown }

// fund plays API Particulier.
type fund struct {
	failure error
	asked   []string // who, for whom
}

const household = `{"quotient_familial":{"fournisseur":"CNAF","valeur":1234.50,"annee":2026,"mois":2},` +
	`"allocataires":[{"nom_naissance":"DUBOIS","nom_usage":null,"prenoms":"ANGELA","date_naissance":"1962-08-24","sexe":"F"}],` +
	`"enfants":null}`

func (f *fund) Quotient(_ context.Context, accessToken value.Secret, recipient value.Siret) (dossier.Quotient, error) {
	f.asked = append(f.asked, accessToken.Reveal()+" for "+recipient.String())
	if f.failure != nil {
		return dossier.Quotient{}, f.failure
	}
	return dossier.ParseQuotient([]byte(household))
}

// printer plays the renderer: what it draws depends on the moment, as a PDF's date does.
type printer struct {
	drawn []dossier.Content
}

func (p *printer) DossierPDF(content dossier.Content) ([]byte, error) {
	p.drawn = append(p.drawn, content)
	return fmt.Appendf(nil, "%%PDF-1.7 drawing number %d", len(p.drawn)), nil
}

// accident is what happens once to one call: an error before it acts, or after, as when an
// answer is lost.
type accident struct {
	call    string // "create", "upload 2" …
	isAfter bool
	failure error
}

type accidents struct {
	planned []accident
	calls   []string // all of them, numbered by method and try
	counts  map[string]int
}

var errDown = fault.Because(fault.Unavailable, "hubee.unavailable", errors.New("no answer"))

// during runs a call with the accident that is planned for it, if any.
func (a *accidents) during(method string, act func() error) error {
	if a.counts == nil {
		a.counts = map[string]int{}
	}
	a.counts[method]++
	call := fmt.Sprintf("%s %d", method, a.counts[method])
	a.calls = append(a.calls, call)
	i := slices.IndexFunc(a.planned, func(p accident) bool { return p.call == call })
	if i < 0 {
		return act()
	}
	planned := a.planned[i]
	a.planned = slices.Delete(a.planned, i, i+1)
	if !planned.isAfter {
		return planned.failure
	}
	if err := act(); err != nil {
		return err
	}
	return planned.failure
}

// hub plays HubEE, towards the depositor: folders, and a queue of notifications.
type hub struct {
	mu sync.Mutex
	accidents
	isDown             bool
	acceptsDuplicates  bool
	rejects            string // status that uploads end with, instead of RECEIVED
	folders            []*deposited
	notifications      []dossier.Notification
	events             map[string]dossier.CaseEvent
	statuses           map[string]string // by case
	stuck              map[string]bool   // calls that always fail, "event E1", "case C1" …
	acknowledged, read []string
	pages              int
	closed             []string
}

// deposited is a folder with the bytes that came.
type deposited struct {
	dossier.Folder
	request dossier.FolderRequest
	bytes   map[string][]byte // by attachment
}

func newHub() *hub {
	return &hub{events: map[string]dossier.CaseEvent{}, statuses: map[string]string{}, stuck: map[string]bool{}}
}

// call runs one exchange.
func (h *hub) call(method string, act func() error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isDown {
		return errDown
	}
	return h.during(method, act)
}

func (h *hub) folder(id string) (*deposited, error) {
	i := slices.IndexFunc(h.folders, func(f *deposited) bool { return f.ID == id })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "hubee.folder_missing")
	}
	return h.folders[i], nil
}

func (h *hub) Create(_ context.Context, request dossier.FolderRequest) (created dossier.Folder, err error) {
	err = h.call("create", func() error {
		externalID := "Formulaire-QF-" + request.Reference.String()
		isTaken := slices.ContainsFunc(h.folders, func(f *deposited) bool { return f.ExternalID == externalID })
		if isTaken && !h.acceptsDuplicates {
			return fault.New(fault.Conflict, "hubee.duplicate")
		}
		f := &deposited{request: request, bytes: map[string][]byte{}, Folder: dossier.Folder{
			ID: newID(), CaseID: newID(), ExternalID: externalID, Status: "HUBEE_RECEIVED",
		}}
		for i, file := range request.Files {
			f.Attachments = append(f.Attachments, dossier.Attachment{ID: fmt.Sprintf("attachment %d", i+1), FileName: file.Name, Status: "PENDING"})
		}
		h.folders = append(h.folders, f)
		created = f.snapshot()
		return nil
	})
	return created, err
}

// snapshot is the folder as an answer shows it.
func (f *deposited) snapshot() dossier.Folder {
	shown := f.Folder
	shown.Attachments = slices.Clone(f.Attachments)
	return shown
}

func (h *hub) Find(_ context.Context, folderID string) (found dossier.Folder, err error) {
	err = h.call("find", func() error {
		f, err := h.folder(folderID)
		if err == nil {
			found = f.snapshot()
		}
		return err
	})
	return found, err
}

func (h *hub) Upload(_ context.Context, folderID, attachmentID string, content []byte) error {
	return h.call("upload", func() error {
		f, err := h.folder(folderID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(f.Attachments, func(a dossier.Attachment) bool { return a.ID == attachmentID })
		if i < 0 || f.Completed || len(content) != f.request.Files[i].Size {
			return fault.Because(fault.Invalid, "hubee.refused", errors.New("not as announced"))
		}
		f.bytes[f.Attachments[i].FileName] = slices.Clone(content)
		f.Attachments[i].Status, f.Attachments[i].Received = "RECEIVED", true
		if h.rejects != "" {
			f.Attachments[i].Status, f.Attachments[i].Received = h.rejects, false
		}
		return nil
	})
}

func (h *hub) Complete(_ context.Context, folderID string) error {
	return h.call("complete", func() error {
		f, err := h.folder(folderID)
		if err != nil {
			return err
		}
		if f.Completed {
			return fault.Because(fault.Invalid, "hubee.refused", errors.New("completed twice"))
		}
		f.Status, f.Completed = "HUBEE_COMPLETED", true
		return nil
	})
}

func (h *hub) Withdraw(_ context.Context, folderID string) error {
	return h.call("withdraw", func() error {
		f, err := h.folder(folderID)
		if err != nil {
			return nil
		}
		if f.Completed {
			return fault.New(fault.Invalid, "hubee.refused")
		}
		h.folders = slices.DeleteFunc(h.folders, func(other *deposited) bool { return other == f })
		return nil
	})
}

// completed lists the folders of a reference that the town can read.
func (h *hub) completed(reference value.Reference) (folders []*deposited) {
	for _, f := range h.folders {
		if f.Completed && f.ExternalID == "Formulaire-QF-"+reference.String() {
			folders = append(folders, f)
		}
	}
	return folders
}

// always fails a call when the test has it stuck.
func (h *hub) always(what string) error {
	if h.isDown || h.stuck[what] {
		return errDown
	}
	return nil
}

func (h *hub) Notifications(_ context.Context, limit int) ([]dossier.Notification, error) {
	h.pages++
	if err := h.always("notifications"); err != nil {
		return nil, err
	}
	return slices.Clone(h.notifications[:min(limit, len(h.notifications))]), nil
}

func (h *hub) Event(_ context.Context, _, eventID string) (dossier.CaseEvent, error) {
	h.read = append(h.read, eventID)
	if err := h.always("event " + eventID); err != nil {
		return dossier.CaseEvent{}, err
	}
	event, known := h.events[eventID]
	if !known {
		return dossier.CaseEvent{}, fault.New(fault.NotFound, "hubee.event_missing")
	}
	return event, nil
}

func (h *hub) Acknowledge(_ context.Context, _, eventID string) error {
	if err := h.always("acknowledge " + eventID); err != nil {
		return err
	}
	h.acknowledged = append(h.acknowledged, eventID)
	event := h.events[eventID]
	event.Status = "RECEIVED"
	h.events[eventID] = event
	return nil
}

func (h *hub) Discard(_ context.Context, notificationID string) error {
	if err := h.always("discard " + notificationID); err != nil {
		return err
	}
	h.notifications = slices.DeleteFunc(h.notifications, func(n dossier.Notification) bool { return n.ID == notificationID })
	return nil
}

func (h *hub) CaseStatus(_ context.Context, caseID string) (string, error) {
	if err := h.always("case " + caseID); err != nil {
		return "", err
	}
	status, known := h.statuses[caseID]
	if !known {
		return "", fault.New(fault.NotFound, "hubee.case_missing")
	}
	return status, nil
}

func (h *hub) Close(_ context.Context, folderID, caseID, finalStatus string) error {
	if err := h.always("close " + caseID); err != nil {
		return err
	}
	if h.stuck["purged "+caseID] {
		return fault.New(fault.NotFound, "hubee.case_missing")
	}
	h.closed = append(h.closed, folderID+", "+caseID+", "+finalStatus)
	return nil
}

// tell puts a change of a case into the queue, as a town's event does.
func (h *hub) tell(caseID, eventID, newStatus string) {
	h.events[eventID] = dossier.CaseEvent{ID: eventID, ActionType: "STATUS_UPDATE", Status: "SENT", NewStatus: newStatus}
	h.notifications = append(h.notifications, dossier.Notification{ID: "notification of " + eventID, CaseID: caseID, EventID: eventID, EventStatus: "SENT"})
}

// brittle is a store whose database may go away, before or after what it was asked.
type brittle struct {
	dossier.ShipmentStore
	*accidents
}

func (b *brittle) RecordPrepared(ctx context.Context, id int64, files []byte, now time.Time) error {
	return b.during("record files", func() error { return b.ShipmentStore.RecordPrepared(ctx, id, files, now) })
}

func (b *brittle) RecordFolder(ctx context.Context, id int64, folderID, caseID string, now time.Time) error {
	return b.during("record folder", func() error { return b.ShipmentStore.RecordFolder(ctx, id, folderID, caseID, now) })
}

func (b *brittle) ForgetFolder(ctx context.Context, id int64, folderID string, now time.Time) error {
	return b.during("forget folder", func() error { return b.ShipmentStore.ForgetFolder(ctx, id, folderID, now) })
}

func (b *brittle) RecordTransmitted(ctx context.Context, id int64, now time.Time) error {
	return b.during("record transmission", func() error { return b.ShipmentStore.RecordTransmitted(ctx, id, now) })
}

var (
	_ dossier.IdentityProvider = (*provider)(nil)
	_ dossier.QuotientSource   = (*fund)(nil)
	_ dossier.Renderer         = (*printer)(nil)
	_ dossier.Depositor        = (*hub)(nil)
	_ dossier.Correspondence   = (*hub)(nil)
)
