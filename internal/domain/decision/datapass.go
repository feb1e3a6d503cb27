package decision

import (
	"strconv"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
)

// termsOfDatapass stands for the version of the terms that were accepted in DataPass, which
// does not tell it.
const termsOfDatapass = "DataPass"

// approvedByDatapass is who approved, as far as DataPass tells.
const approvedByDatapass = "DataPass"

func numberText(n habilitation.RequestNumber) string { return strconv.FormatInt(int64(n), 10) }

// DecideEvent is what an event of DataPass makes of a request; nil when it changes nothing:
// something newer is known, or somebody here revoked the request, which is final. next is
// drawn only for an approval. DataPass tells the existing system too: where that one writes the
// mails, it writes what is told here.
func DecideEvent(f File, e Event, of editor.Editor, next habilitation.Number, m Moment) (*Outcome, error) {
	o, err := decideEvent(f, e, of, next, m)
	if o != nil && o.Request.Mails == habilitation.MailsByExisting {
		o.leaveToExisting()
	}
	return o, err
}

// leaveToExisting keeps only the mails that the existing system knows nothing of.
func (o *Outcome) leaveToExisting() {
	letters, notices := o.Letters, o.Notices
	o.Letters, o.Notices = nil, nil
	for i, n := range notices {
		if _, isOurs := n.(HandedOver); isOurs {
			o.Letters, o.Notices = append(o.Letters, letters[i]), append(o.Notices, n)
		}
	}
}

func decideEvent(f File, e Event, of editor.Editor, next habilitation.Number, m Moment) (*Outcome, error) {
	if f.revokedHere() || f.takenOver() && e.Name != eventRevoke {
		return nil, nil
	}
	decides := e.Name == eventApprove || e.Name == eventRevoke
	fresh := f.Track.decide
	if !decides {
		fresh = f.Track.file
	}
	counts := fresh(e)
	held, before := f.Request.Requester, f.Track.Named
	named := f.Track.name(e)
	if !counts && (decides || !named) {
		return nil, nil
	}
	f.Request = takeOver(f.Request, e, named, m.At)
	if named {
		f.Request = heldBy(f.Request, e.Contacts.Requester, before)
	}
	wasRefused := f.Request.State == habilitation.Refused
	f.Request = movedTo(f.Request, f.Track.state(f.Request.State), m.At)

	switch {
	case counts && e.Name == eventApprove:
		o, err := approve(f, grantOf(e, of, next), m)
		return &o, err
	case counts && e.Name == eventRevoke:
		o, err := change(f, Verdict{Act: habilitation.Revoke, Editor: of}, m)
		o.closeApplication(f)
		return &o, err
	case counts && e.Name == eventRefuse && !wasRefused && f.Track.Decided.before(f.Track.Filed):
		o, err := change(f, Verdict{Act: habilitation.Refuse, Editor: of, Title: e.Title, Technical: e.Contacts.Technical.Mail}, m)
		return &o, err
	}
	o := f.outcome(m.At)
	o.barTokens(f, m)
	if named && held.Mail != "" && held.Mail != f.Request.Requester.Mail && f.Request.Current.Number != 0 {
		o.Events = append(o.Events, m.event(f.Request, audit.RequesterChanged, ""))
	}
	return &o, nil
}

// revives tells an approval of what DataPass itself revoked: a revocation is final, so that
// one of the two is a mistake, and somebody has to look. So it is when the revocation comes
// last.
func (f File) revives(e Event) bool {
	return e.Name == eventApprove && f.Track.Decided.Rank == ranks[eventRevoke] && f.Track.Decided.before(e.mark())
}

// revokedHere tells that two persons revoked the request, whatever DataPass says since.
func (f File) revokedHere() bool {
	return f.Request.State == habilitation.Revoked && f.Track.Decided.Rank != ranks[eventRevoke]
}

// takenOver tells that the town modified its request here: what DataPass says of it since then
// is not what the town wants any more. A revocation acts all the same.
func (f File) takenOver() bool { return f.Application != nil }

// takeOver brings what an event says of a request into what is kept of it. What is known of
// a request that is approved changes with the next approval only.
func takeOver(r habilitation.Request, e Event, named bool, now time.Time) habilitation.Request {
	isNew := r.Number == 0
	if isNew {
		r = habilitation.Request{Number: e.Request, Source: habilitation.FromDatapass, CreatedAt: now, StateAt: now, Requester: e.Contacts.Requester}
	}
	if isNew || e.Name == eventApprove || r.Current.Number == 0 && named {
		r.Siret, r.Organisation, r.FormUID = e.Siret, e.Organisation, e.FormUID
	}
	return r
}

// heldBy gives a request to whom DataPass names. One that was given to a colleague here stays his
// while DataPass names whom it named before, which it repeats with every event.
func heldBy(r habilitation.Request, named habilitation.Contact, before string) habilitation.Request {
	isGiven := before != "" && r.Requester.Mail != before
	if isGiven && named.Mail == before {
		return r
	}
	if r.Requester.Mail != named.Mail { // nobody's account is known for the new one
		r.Holder = 0
	}
	r.Requester = named
	return r
}

// movedTo moves a request to a state at a time.
func movedTo(r habilitation.Request, state habilitation.State, at time.Time) habilitation.Request {
	if r.State != state {
		r.State, r.StateAt = state, at
	}
	if state != habilitation.Suspended {
		r.Suspension = habilitation.Suspension{}
	}
	return r
}

func grantOf(e Event, of editor.Editor, number habilitation.Number) Grant {
	return Grant{
		Number: number, At: e.Moment(), Contacts: e.Contacts, Editor: of, FormUID: e.FormUID, Title: e.Title, Terms: termsOfDatapass,
		Scopes: e.Scopes, Modalities: e.Modalities, ByName: approvedByDatapass,
	}
}
