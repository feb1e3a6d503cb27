package account

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// Access lets people in and out of spaces: invitations, roles, departures.
type Access struct {
	Store         AccessStore
	Organisations Organisations
	Sealer        notice.Sealer
	Now           func() time.Time // business time
	Operator      Organisation     // for whom staff act
}

// AccessStore keeps memberships and invitations. Every writing method records the event
// and the letters in the same transaction.
type AccessStore interface {
	// FindMembership finds one by id, ended or not; fault.NotFound membership.unknown.
	FindMembership(ctx context.Context, id int64) (Membership, error)
	// RecordEnding ends a membership that still holds. The last administrator's is
	// refused under a lock: fault.Conflict membership.last_admin; one that somebody ended
	// meanwhile: membership.ended.
	RecordEnding(ctx context.Context, ending Ending, entry Entry) error
	// RecordGrant adds a membership; fault.Conflict membership.already.
	RecordGrant(ctx context.Context, grant Membership, entry Entry) error
	// RecordInvitation draws the id of an invitation, which replaces the one that waits
	// for the same address, role and organisation; entry is made with the id.
	RecordInvitation(ctx context.Context, invitation Invitation, token [32]byte, entry func(id int64) (Entry, error)) (int64, error)
	// FindInvitation finds one by its link; fault.NotFound invitation.unknown.
	FindInvitation(ctx context.Context, token [32]byte) (Invitation, error)
	// FindInvitationByID is for those who sent it.
	FindInvitationByID(ctx context.Context, id int64) (Invitation, error)
	// RecordAccepted takes an invitation that waits and adds its membership; a second
	// acceptance finds fault.Conflict invitation.accepted. A role that the account holds
	// already is kept as it is.
	RecordAccepted(ctx context.Context, invitation Invitation, grant Membership, entry Entry) error
	// RecordWithdrawn takes back an invitation that waits; fault.Conflict
	// invitation.moved.
	RecordWithdrawn(ctx context.Context, id int64, now time.Time, entry Entry) error
	// CountInvitations counts those of an organisation since a time, whatever became of them.
	CountInvitations(ctx context.Context, organisation value.Siret, since time.Time) (int, error)
	// HoldsByMail tells whether an account of this address holds the role, for where it last
	// signed in.
	HoldsByMail(ctx context.Context, mail string, role Role, organisation value.Siret) (bool, error)
	// FindEditor gives an editor's name; fault.NotFound editor.unknown.
	FindEditor(ctx context.Context, siret value.Siret) (Organisation, error)
	FindAccountByID(ctx context.Context, id int64) (Account, error)

	ListAccounts(ctx context.Context, query AccountQuery) ([]Account, int, error)
	ListMembers(ctx context.Context, query MemberQuery) ([]Member, int, error)
	ListInvitations(ctx context.Context, query InvitationQuery, now time.Time) ([]Invitation, int, error)
	ListEditors(ctx context.Context) ([]Organisation, error)
}

// Entry is what a change leaves in the journal and in the mail.
type Entry struct {
	Event   audit.Event
	Letters []notice.Letter
}

// Sent is an invitation on its way.
type Sent struct {
	Invitation Invitation
	Token      value.Token // of its link, for the operator who asked for it
}

// Invite offers a role to whoever reads a mailbox. Codes: mail.required, mail.invalid,
// invitation.self (nobody edits his own rights), membership.not_grantable,
// membership.unknown, membership.already, invitation.too_many, editor.unknown, organisation.closed,
// organisation.not_local_authority (of an agent of a town), those of Organisations.
func (a *Access) Invite(ctx context.Context, actor Actor, offer Offer) (Sent, error) {
	mail, err := ParseMail(offer.Mail)
	if err != nil {
		return Sent{}, err
	}
	if mail == actor.Mail {
		return Sent{}, fault.New(fault.Invalid, "invitation.self")
	}
	if offer.Role.Staff() {
		offer.Organisation = a.Operator.Siret
	}
	if err := MayGrant(actor, offer.Role, offer.Organisation); err != nil {
		return Sent{}, err
	}
	offer.Mail = mail
	return a.invite(ctx, actor, offer)
}

// InviteFirst invites an administrator from the command line, where nobody is signed in
// (SETTLED.md, names).
func (a *Access) InviteFirst(ctx context.Context, typed string) (Sent, error) {
	mail, err := ParseMail(typed)
	if err != nil {
		return Sent{}, err
	}
	return a.invite(ctx, Actor{}, Offer{Mail: mail, Role: Admin, Organisation: a.Operator.Siret})
}

func (a *Access) invite(ctx context.Context, actor Actor, offer Offer) (Sent, error) {
	organisation, err := a.target(ctx, offer.Role, offer.Organisation)
	if err != nil {
		return Sent{}, err
	}
	holds, err := a.Store.HoldsByMail(ctx, offer.Mail, offer.Role, offer.Organisation)
	if err != nil {
		return Sent{}, fmt.Errorf("look for the role: %w", err)
	}
	if holds {
		return Sent{}, fault.New(fault.Conflict, "membership.already")
	}
	if err := a.checkPace(ctx, actor, offer.Organisation); err != nil {
		return Sent{}, err
	}
	author := authorOf(actor)
	token, now := value.NewToken(), a.Now()
	invitation := Invitation{
		Mail: offer.Mail, Role: offer.Role, Organisation: organisation,
		InviterID: author.ID, Inviter: author.Display, CreatedAt: now, ExpiresAt: now.Add(InvitationLife),
	}
	invitation.ID, err = a.Store.RecordInvitation(ctx, invitation, token.Hash(), func(id int64) (Entry, error) {
		invitation.ID = id
		return a.invitationEntry(actor, invitation, token)
	})
	if err != nil {
		return Sent{}, fmt.Errorf("record invitation: %w", err)
	}
	return Sent{Invitation: invitation, Token: token}, nil
}

// dailyInvitations is how many an organisation's own people may send in a day, those sent
// again included: each is a mail in the State's name, to any address.
const dailyInvitations = 100

func (a *Access) checkPace(ctx context.Context, actor Actor, organisation value.Siret) error {
	if !actor.SignedIn() || actor.Role == Admin {
		return nil
	}
	sent, err := a.Store.CountInvitations(ctx, organisation, a.Now().Add(-24*time.Hour))
	if err != nil {
		return fmt.Errorf("count invitations: %w", err)
	}
	if sent >= dailyInvitations {
		return fault.New(fault.Conflict, "invitation.too_many")
	}
	return nil
}

// target finds the organisation for which a role is given.
func (a *Access) target(ctx context.Context, role Role, siret value.Siret) (Organisation, error) {
	switch {
	case role.Staff():
		return a.Operator, nil
	case role.Editor():
		return a.Store.FindEditor(ctx, siret)
	}
	known, err := a.Organisations.Know(ctx, siret)
	switch {
	case err != nil:
		return known, err
	case known.Closed:
		return known, fault.New(fault.Conflict, "organisation.closed")
	case !known.LocalAuthority:
		return known, fault.New(fault.Invalid, "organisation.not_local_authority")
	}
	return known, nil
}

func authorOf(actor Actor) audit.Author {
	if !actor.SignedIn() {
		return audit.Operator
	}
	return actor.Author()
}

func (a *Access) invitationEntry(actor Actor, i Invitation, token value.Token) (Entry, error) {
	letters, err := a.prepare(NewInvited(Invited{
		Mail: i.Mail, Inviter: i.Inviter, Role: i.Role, OrganisationName: i.Organisation.Name, Token: token.Reveal(), ExpiresAt: i.ExpiresAt,
	}))
	return Entry{
		Event: audit.Event{
			At: i.CreatedAt, Author: authorOf(actor), Act: audit.InvitationSent, RequestID: actor.RequestID,
			Object: i.object(), Organisation: tenant(i.Role, i.Organisation.Siret), Detail: string(i.Role),
		},
		Letters: letters,
	}, err
}

func (i Invitation) object() audit.Object {
	return audit.Object{Kind: "invitation", ID: strconv.FormatInt(i.ID, 10), Display: i.Mail}
}

// Find finds an invitation by its link. Code: invitation.unknown.
func (a *Access) Find(ctx context.Context, link value.Token) (Invitation, error) {
	found, err := a.Store.FindInvitation(ctx, link.Hash())
	if err != nil {
		return Invitation{}, fmt.Errorf("find invitation: %w", err)
	}
	return found, nil
}

// Accept gives the actor the role of an invitation. Codes: invitation.unknown, and those of
// DecideAcceptance.
func (a *Access) Accept(ctx context.Context, actor Actor, link value.Token) (Invitation, error) {
	invitation, err := a.Find(ctx, link)
	if err != nil {
		return Invitation{}, err
	}
	now := a.Now()
	if err := DecideAcceptance(actor, invitation, now); err != nil {
		return invitation, err
	}
	grant := Membership{
		AccountID: actor.AccountID, Role: invitation.Role, Organisation: invitation.Organisation,
		SignedFor: actor.SignedFor.Siret, GrantedBy: invitation.Inviter, GrantedAt: now,
	}
	err = a.Store.RecordAccepted(ctx, invitation, grant, Entry{Event: audit.Event{
		At: now, Author: actor.Author(), Act: audit.InvitationAccepted, RequestID: actor.RequestID,
		Object: invitation.object(), Organisation: tenant(grant.Role, grant.Organisation.Siret), Detail: string(grant.Role),
	}})
	if err != nil {
		return invitation, fmt.Errorf("record acceptance: %w", err)
	}
	return invitation, nil
}

// Invitation finds an invitation that the actor may handle. Another's looks like none.
// Codes: invitation.unknown, membership.not_grantable.
func (a *Access) Invitation(ctx context.Context, actor Actor, id int64) (Invitation, error) {
	found, err := a.Store.FindInvitationByID(ctx, id)
	if err != nil {
		return Invitation{}, fmt.Errorf("find invitation: %w", err)
	}
	if actor.Role != Admin && found.Organisation.Siret != actor.Organisation.Siret {
		return Invitation{}, fault.New(fault.NotFound, "invitation.unknown")
	}
	return found, MayGrant(actor, found.Role, found.Organisation.Siret)
}

// TakeBack withdraws an invitation that waits. Codes: invitation.unknown,
// invitation.moved.
func (a *Access) TakeBack(ctx context.Context, actor Actor, id int64) (Invitation, error) {
	found, err := a.Invitation(ctx, actor, id)
	if err != nil {
		return Invitation{}, err
	}
	err = a.Store.RecordWithdrawn(ctx, id, a.Now(), Entry{Event: audit.Event{
		At: a.Now(), Author: actor.Author(), Act: audit.InvitationWithdrawn, RequestID: actor.RequestID,
		Object: found.object(), Organisation: tenant(found.Role, found.Organisation.Siret), Detail: string(found.Role),
	}})
	if err != nil {
		return Invitation{}, fmt.Errorf("record withdrawal of an invitation: %w", err)
	}
	return found, nil
}

// SendAgain invites anew, with a new link: the first one is worth nothing any more.
func (a *Access) SendAgain(ctx context.Context, actor Actor, id int64) (Sent, error) {
	found, err := a.Invitation(ctx, actor, id)
	if err != nil {
		return Sent{}, err
	}
	if state := found.State(a.Now()); state != InvitationWaiting && state != InvitationExpired {
		return Sent{}, fault.New(fault.Conflict, "invitation.moved")
	}
	return a.Invite(ctx, actor, Offer{Mail: found.Mail, Role: found.Role, Organisation: found.Organisation.Siret})
}
