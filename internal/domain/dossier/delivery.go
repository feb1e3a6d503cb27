package dossier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// Delivery brings recorded dossiers to HubEE. It may stop anywhere, be killed, and start
// again: each step is recorded before the next one, the files are made once and kept, and
// a half-made folder is taken up where it was left (PRODUCT.md 3.7, hubee.md §11).
type Delivery struct {
	Shipments ShipmentStore
	Hub       Depositor
	Renderer  Renderer
	Vault     Vault
	Now       func() time.Time // business time
	// Concern, when set, is told of each dossier that ends otherwise than delivered, so
	// that somebody looks after it.
	Concern func(id int64, state State)
}

// Shipment is a recorded dossier on its way.
type Shipment struct {
	ID         int64
	Reference  value.Reference
	Recipient  Recipient
	State      State
	RecordedAt time.Time
	FolderID   string // "" until HubEE gave one
	// Held: the form of the town is not open any more. The dossier waits until it is again,
	// or until its time is over.
	Held       bool
	PayloadKey []byte
	Payload    []byte // sealed content; nil once erased
	Files      []byte // sealed files; nil until prepared
}

// ShipmentStore keeps shipments. Each Record method is one transaction, which also writes
// a line of the dossier's technical trace; none undoes a later state.
type ShipmentStore interface {
	// FindShipment finds a shipment; fault.NotFound once the dossier is purged.
	FindShipment(ctx context.Context, id int64) (Shipment, error)
	// FindShipmentByReference is FindShipment for staff who have the reference.
	FindShipmentByReference(ctx context.Context, reference value.Reference) (Shipment, error)
	// RecordPrepared keeps the sealed files, once; fault.Conflict when some are kept already.
	RecordPrepared(ctx context.Context, id int64, files []byte, now time.Time) error
	// RecordFolder keeps the ids that HubEE gave; fault.Conflict, code dossier.moved, when
	// the dossier has a folder already or is no longer on its way.
	RecordFolder(ctx context.Context, id int64, folderID, caseID string, now time.Time) error
	// ForgetFolder drops the ids of a folder that HubEE no longer has; same conflict.
	ForgetFolder(ctx context.Context, id int64, folderID string, now time.Time) error
	// ListQuarantined lists the dossiers that wait for staff, oldest first.
	ListQuarantined(ctx context.Context) ([]Shipment, error)
	// RecordTransmitted moves the dossier to Transmitted and erases payload, files, key.
	RecordTransmitted(ctx context.Context, id int64, now time.Time) error
	// RecordFailed moves the dossier to Failed and erases payload, files, key.
	RecordFailed(ctx context.Context, id int64, now time.Time) error
	// RecordQuarantined moves the dossier to Quarantined.
	RecordQuarantined(ctx context.Context, id int64, now time.Time) error
	// RecordResumed moves a quarantined dossier back to Recorded with the folder that
	// staff found, and orders its delivery. fault.Conflict when it is not quarantined.
	RecordResumed(ctx context.Context, id int64, folderID, caseID string, now time.Time) error
}

// Deliver takes one dossier as far as it goes. A nil error means that nothing is left to
// do: transmitted, failed for good, quarantined, or gone. Any other error is worth trying
// again later.
func (d *Delivery) Deliver(ctx context.Context, id int64) error {
	s, err := d.Shipments.FindShipment(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find shipment: %w", err)
	}
	if s.State != Recorded {
		return nil
	}
	if d.Now().Sub(s.RecordedAt) >= DeliveryLimit {
		return d.giveUp(ctx, s)
	}
	if s.Held {
		return fault.New(fault.Unavailable, "dossier.held")
	}
	files, err := d.files(ctx, s)
	if err != nil {
		return err
	}
	folder, err := d.folder(ctx, s, files)
	if fault.Is(err, "hubee.duplicate") {
		return d.quarantine(ctx, s)
	}
	if err != nil {
		return err
	}
	if !folder.Completed {
		if err := d.fill(ctx, folder, files); err != nil {
			return err
		}
	}
	failpoint.Hit("deliver: completed, not recorded")
	if err := d.Shipments.RecordTransmitted(ctx, s.ID, d.Now()); err != nil {
		return fmt.Errorf("record transmission: %w", err)
	}
	failpoint.Hit("deliver: transmission recorded")
	return nil
}

// files makes the files at the first try and keeps them, so that a folder announced with
// their sizes can be filled later, even by a newer version of the portal.
func (d *Delivery) files(ctx context.Context, s Shipment) ([]File, error) {
	place := PayloadPlace(s.Reference)
	if s.Files != nil {
		plain, err := d.Vault.OpenRow(s.PayloadKey, s.Files, place)
		if err != nil {
			return nil, fmt.Errorf("open files: %w", err)
		}
		return unmarshalFiles(plain)
	}
	plain, err := d.Vault.OpenRow(s.PayloadKey, s.Payload, place)
	if err != nil {
		return nil, fmt.Errorf("open payload: %w", err)
	}
	content, err := unmarshalContent(plain)
	if err != nil {
		return nil, err
	}
	files, err := Files(content, d.Renderer)
	if err != nil {
		return nil, fmt.Errorf("make files: %w", err)
	}
	if plain, err = marshalFiles(files); err != nil {
		return nil, err
	}
	sealed, err := d.Vault.SealWithRowKey(s.PayloadKey, plain, place)
	if err != nil {
		return nil, fmt.Errorf("seal files: %w", err)
	}
	failpoint.Hit("deliver: files made")
	if err := d.Shipments.RecordPrepared(ctx, s.ID, sealed, d.Now()); err != nil {
		return nil, fmt.Errorf("record files: %w", err)
	}
	failpoint.Hit("deliver: files recorded")
	return files, nil
}

// folder finds the half-made folder or creates one. A folder that HubEE no longer has is
// made again under the same reference.
func (d *Delivery) folder(ctx context.Context, s Shipment, files []File) (Folder, error) {
	if s.FolderID != "" {
		folder, err := d.Hub.Find(ctx, s.FolderID)
		if !fault.Is(err, "hubee.folder_missing") {
			return folder, err
		}
		if err := d.Shipments.ForgetFolder(ctx, s.ID, s.FolderID, d.Now()); err != nil {
			return Folder{}, fmt.Errorf("forget folder: %w", err)
		}
		failpoint.Hit("deliver: folder forgotten")
	}
	request, err := d.folderRequest(s, files)
	if err != nil {
		return Folder{}, err
	}
	failpoint.Hit("deliver: before the folder")
	folder, err := d.Hub.Create(ctx, request)
	if err != nil {
		return Folder{}, err
	}
	failpoint.Hit("deliver: folder created, not recorded")
	if err := d.recordFolder(ctx, s.ID, folder); err != nil {
		return Folder{}, fmt.Errorf("record folder: %w", err)
	}
	failpoint.Hit("deliver: folder recorded")
	return folder, nil
}

// recordPatience is how long the database may be away when it should write down a folder
// that HubEE has just made: nobody can find that folder again but by this writing.
const (
	recordPatience = 40 * time.Second
	recordPause    = time.Second
)

func (d *Delivery) recordFolder(ctx context.Context, id int64, folder Folder) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordPatience)
	defer cancel()
	for {
		err := d.Shipments.RecordFolder(ctx, id, folder.ID, folder.CaseID, d.Now())
		switch {
		case err == nil:
			return nil
		case fault.KindOf(err) == fault.Conflict:
			// Another worker was faster. Its folder is the dossier's: this one must not stay.
			return errors.Join(err, d.Hub.Withdraw(ctx, folder.ID))
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(recordPause):
		}
	}
}

func (d *Delivery) quarantine(ctx context.Context, s Shipment) error {
	if err := d.Shipments.RecordQuarantined(ctx, s.ID, d.Now()); err != nil {
		return fmt.Errorf("record quarantine: %w", err)
	}
	d.concern(s.ID, Quarantined)
	return nil
}

func (d *Delivery) folderRequest(s Shipment, files []File) (FolderRequest, error) {
	plain, err := d.Vault.OpenRow(s.PayloadKey, s.Payload, PayloadPlace(s.Reference))
	if err != nil {
		return FolderRequest{}, fmt.Errorf("open payload: %w", err)
	}
	content, err := unmarshalContent(plain)
	if err != nil {
		return FolderRequest{}, err
	}
	request := FolderRequest{
		Reference:  s.Reference,
		FirstNames: content.Identity.GivenName,
		LastName:   content.Identity.FamilyName,
		Recipient:  s.Recipient,
	}
	for _, file := range files {
		request.Files = append(request.Files, FileMeta{Name: file.Name, MediaType: file.MediaType, Size: len(file.Bytes)})
	}
	return request, nil
}

var errNotReceived = errors.New("HubEE has not received every attachment")

// fill uploads what HubEE has not received, verifies every attachment, and only then
// completes the folder.
func (d *Delivery) fill(ctx context.Context, folder Folder, files []File) error {
	for i, file := range files {
		attachment, found := folder.attachment(file.Name)
		if !found {
			return fault.Because(fault.Unavailable, "hubee.unavailable", errors.New("an announced attachment is not in the folder"))
		}
		if attachment.Received {
			continue
		}
		failpoint.Hit(fmt.Sprintf("deliver: before file %d", i+1))
		if err := d.Hub.Upload(ctx, folder.ID, attachment.ID, file.Bytes); err != nil {
			return fmt.Errorf("upload: %w", err)
		}
		failpoint.Hit(fmt.Sprintf("deliver: file %d sent", i+1))
	}
	verified, err := d.Hub.Find(ctx, folder.ID)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	for _, file := range files {
		if attachment, found := verified.attachment(file.Name); !found || !attachment.Received {
			return fault.Because(fault.Unavailable, "hubee.not_received", errNotReceived)
		}
	}
	failpoint.Hit("deliver: verified, not completed")
	if err := d.Hub.Complete(ctx, folder.ID); err != nil {
		return fmt.Errorf("complete: %w", err)
	}
	return nil
}

func (f Folder) attachment(name string) (Attachment, bool) {
	for _, a := range f.Attachments {
		if a.FileName == name {
			return a, true
		}
	}
	return Attachment{}, false
}

// giveUp ends a dossier that HubEE could not take in seven days. HubEE is asked first: a
// folder whose completion was only not heard of is transmitted, and a half-made one is
// withdrawn, since nobody looks after it once the dossier has failed. For a day more the
// question waits for HubEE's answer; the payload is erased meanwhile (job purge).
func (d *Delivery) giveUp(ctx context.Context, s Shipment) error {
	if s.FolderID != "" {
		folder, err := d.Hub.Find(ctx, s.FolderID)
		switch {
		case err == nil && folder.Completed:
			return d.Shipments.RecordTransmitted(ctx, s.ID, d.Now())
		case err == nil:
			// HubEE purges what is never completed: a refusal changes nothing for the citizen.
			_ = d.Hub.Withdraw(ctx, s.FolderID)
			failpoint.Hit("give up: folder withdrawn, not recorded")
		case !fault.Is(err, "hubee.folder_missing") && d.Now().Sub(s.RecordedAt) < DeliveryLimit+GraceTime:
			return fmt.Errorf("ask what HubEE has: %w", err)
		}
	}
	if err := d.Shipments.RecordFailed(ctx, s.ID, d.Now()); err != nil {
		return fmt.Errorf("record failure: %w", err)
	}
	d.concern(s.ID, Failed)
	return nil
}

func (d *Delivery) concern(id int64, state State) {
	if d.Concern != nil {
		d.Concern(id, state)
	}
}

// Quarantined lists the dossiers that wait for staff, oldest first.
func (d *Delivery) Quarantined(ctx context.Context) ([]Shipment, error) {
	waiting, err := d.Shipments.ListQuarantined(ctx)
	if err != nil {
		return nil, fmt.Errorf("list quarantined dossiers: %w", err)
	}
	return waiting, nil
}

// Resume takes a quarantined dossier up again with the folder that staff found at HubEE.
// HubEE itself proves that the folder is this dossier's (SETTLED.md, rules).
// Codes: dossier.unknown, dossier.not_quarantined, dossier.other_folder, hubee.*.
func (d *Delivery) Resume(ctx context.Context, reference value.Reference, folderID string) error {
	s, err := d.Shipments.FindShipmentByReference(ctx, reference)
	if err != nil {
		return fmt.Errorf("find shipment: %w", err)
	}
	if s.State != Quarantined {
		return fault.New(fault.Conflict, "dossier.not_quarantined")
	}
	folder, err := d.Hub.Find(ctx, folderID)
	if err != nil {
		return fmt.Errorf("find folder: %w", err)
	}
	if folder.ExternalID != externalID(reference) {
		return fault.New(fault.Invalid, "dossier.other_folder")
	}
	if err := d.Shipments.RecordResumed(ctx, s.ID, folder.ID, folder.CaseID, d.Now()); err != nil {
		return fmt.Errorf("record resumption: %w", err)
	}
	return nil
}

// externalID is the reference as HubEE and the editors know it (formulaire-qf.md §4).
func externalID(reference value.Reference) string { return "Formulaire-QF-" + reference.String() }
