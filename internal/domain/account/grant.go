package account

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// Giving is a role about to be given: nothing refuses it any more.
type Giving struct {
	To           Account
	Role         Role
	Organisation Organisation // for whom
}

// Elsewhere tells whether the person signs in for another establishment than the one for
// which the role is given: often right, and where the wrong person is noticed.
func (g Giving) Elsewhere() bool { return g.To.SignedFor.Siret != g.Organisation.Siret }

// PrepareGrant makes the checks of Grant and records nothing, for a last look at who is
// given what. Codes: those of Grant.
func (a *Access) PrepareGrant(ctx context.Context, actor Actor, accountID int64, offer Offer) (Giving, error) {
	account, err := a.Store.FindAccountByID(ctx, accountID)
	if err != nil {
		return Giving{}, fmt.Errorf("find account: %w", err)
	}
	if account.ID == actor.AccountID {
		return Giving{}, fault.New(fault.Conflict, "membership.own")
	}
	if offer.Role.Staff() {
		offer.Organisation = a.Operator.Siret
	}
	if err := MayGrant(actor, offer.Role, offer.Organisation); err != nil {
		return Giving{}, err
	}
	organisation, err := a.target(ctx, offer.Role, offer.Organisation)
	if err != nil {
		return Giving{}, err
	}
	holds := slices.ContainsFunc(account.Memberships, func(m Membership) bool {
		// One that was taken for another establishment is given anew for this one.
		return m.Role == offer.Role && m.Organisation.Siret == organisation.Siret && m.SignedFor == account.SignedFor.Siret
	})
	if holds {
		return Giving{}, fault.New(fault.Conflict, "membership.already")
	}
	return Giving{To: account, Role: offer.Role, Organisation: organisation}, nil
}

// Grant gives a role to somebody who has an account. Codes: account.unknown,
// membership.own (nobody edits his own rights), membership.already, and those of Invite.
func (a *Access) Grant(ctx context.Context, actor Actor, accountID int64, offer Offer) error {
	giving, err := a.PrepareGrant(ctx, actor, accountID, offer)
	if err != nil {
		return err
	}
	account, organisation, now := giving.To, giving.Organisation, a.Now()
	grant := Membership{
		AccountID: account.ID, Role: giving.Role, Organisation: organisation,
		SignedFor: account.SignedFor.Siret, GrantedBy: actor.Name, GrantedAt: now,
	}
	letters, err := a.prepare(NewAccessGranted(AccessGranted{
		AccountID: account.ID, Mail: account.Mail, Role: grant.Role,
		Organisation: organisation.Siret, OrganisationName: organisation.Name, By: actor.Name, GrantedAt: now,
	}))
	if err != nil {
		return err
	}
	err = a.Store.RecordGrant(ctx, grant, Entry{Event: membershipEvent(actor, audit.RoleGranted, account, grant, now), Letters: letters})
	if err != nil {
		return fmt.Errorf("record grant: %w", err)
	}
	return nil
}

// Withdraw takes a role from somebody, at his next request. Codes: membership.unknown, and
// those of DecideWithdrawal and RecordEnding.
func (a *Access) Withdraw(ctx context.Context, actor Actor, membershipID int64) (Membership, error) {
	found, err := a.Store.FindMembership(ctx, membershipID)
	if err != nil {
		return Membership{}, fmt.Errorf("find membership: %w", err)
	}
	ending, err := DecideWithdrawal(actor, found, a.Now())
	if err != nil {
		return found, err
	}
	return found, a.end(ctx, actor, ending, audit.RoleWithdrawn)
}

// Member finds somebody from whom the actor may take a role, for the page that asks once
// more. Codes: membership.unknown, and those of DecideWithdrawal.
func (a *Access) Member(ctx context.Context, actor Actor, membershipID int64) (Member, error) {
	found, err := a.Store.FindMembership(ctx, membershipID)
	if err != nil {
		return Member{}, fmt.Errorf("find membership: %w", err)
	}
	if _, err := DecideWithdrawal(actor, found, a.Now()); err != nil {
		return Member{}, err
	}
	account, err := a.Store.FindAccountByID(ctx, found.AccountID)
	if err != nil {
		return Member{}, fmt.Errorf("find account: %w", err)
	}
	return Member{Membership: found, Name: account.Name(), Mail: account.Mail, SignedInAt: account.SignedInAt}, nil
}

// Leave gives one of the actor's own roles up. Codes: membership.unknown,
// membership.last_admin, membership.ended.
func (a *Access) Leave(ctx context.Context, actor Actor, membershipID int64) (Membership, error) {
	found, err := a.Store.FindMembership(ctx, membershipID)
	if err != nil {
		return Membership{}, fmt.Errorf("find membership: %w", err)
	}
	ending, err := DecideLeaving(actor, found, a.Now())
	if err != nil {
		return Membership{}, err
	}
	return found, a.end(ctx, actor, ending, audit.RoleLeft)
}

func (a *Access) end(ctx context.Context, actor Actor, ending Ending, act audit.Act) error {
	account, err := a.Store.FindAccountByID(ctx, ending.Membership.AccountID)
	if err != nil {
		return fmt.Errorf("find account: %w", err)
	}
	entry := Entry{Event: membershipEvent(actor, act, account, ending.Membership, ending.At)}
	if act == audit.RoleWithdrawn {
		m := ending.Membership
		entry.Letters, err = a.prepare(NewAccessWithdrawn(AccessWithdrawn{
			MembershipID: m.ID, Mail: account.Mail, Role: m.Role, OrganisationName: m.Organisation.Name, By: ending.By,
		}))
		if err != nil {
			return err
		}
	}
	if err := a.Store.RecordEnding(ctx, ending, entry); err != nil {
		return fmt.Errorf("end membership: %w", err)
	}
	return nil
}

// prepare seals a notice that a constructor made.
func (a *Access) prepare(n notice.Notice, err error) ([]notice.Letter, error) {
	if err != nil {
		return nil, err
	}
	letter, err := notice.Prepare(a.Sealer, n)
	if err != nil {
		return nil, fmt.Errorf("prepare a mail: %w", err)
	}
	return []notice.Letter{letter}, nil
}

func membershipEvent(actor Actor, act audit.Act, of Account, m Membership, at time.Time) audit.Event {
	return audit.Event{
		At: at, Author: authorOf(actor), Act: act, RequestID: actor.RequestID,
		Object:       audit.Object{Kind: "account", ID: strconv.FormatInt(of.ID, 10), Display: of.Name()},
		Organisation: tenant(m.Role, m.Organisation.Siret), Detail: string(m.Role),
	}
}

// AccountQuery selects accounts.
type AccountQuery struct {
	Search        string // in the name or the address
	Role          Role   // that they hold; "" for any
	Sort          string // "name" or "seen"
	Descending    bool
	Offset, Limit int
}

// Member is somebody of an organisation.
type Member struct {
	Membership Membership
	Name, Mail string
	SignedInAt time.Time
}

// MemberQuery selects the people of an organisation, which is always present.
type MemberQuery struct {
	Organisation value.Siret
	// Space keeps the roles that open it, "" all of them: an editor may be a local
	// authority too, whose agents are not its members.
	Space         Space
	Search        string
	Role          Role
	Offset, Limit int
}

// InvitationQuery selects invitations. Organisation "" is every one's.
type InvitationQuery struct {
	Organisation  value.Siret
	Space         Space  // that the roles open; "" for any
	Search        string // in the address
	State         InvitationState
	Role          Role
	Sort          string // "age" or "mail"
	Descending    bool
	Offset, Limit int
}

// Accounts lists accounts with the roles that they hold.
func (a *Access) Accounts(ctx context.Context, query AccountQuery) ([]Account, int, error) {
	listed, total, err := a.Store.ListAccounts(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list accounts: %w", err)
	}
	return listed, total, nil
}

// Account finds one account with the roles that it holds. Code: account.unknown.
func (a *Access) Account(ctx context.Context, id int64) (Account, error) {
	found, err := a.Store.FindAccountByID(ctx, id)
	if err != nil {
		return Account{}, fmt.Errorf("find account: %w", err)
	}
	return found, nil
}

// Members lists the people of an organisation.
func (a *Access) Members(ctx context.Context, query MemberQuery) ([]Member, int, error) {
	listed, total, err := a.Store.ListMembers(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list members: %w", err)
	}
	return listed, total, nil
}

// Invitations lists invitations.
func (a *Access) Invitations(ctx context.Context, query InvitationQuery) ([]Invitation, int, error) {
	listed, total, err := a.Store.ListInvitations(ctx, query, a.Now())
	if err != nil {
		return nil, 0, fmt.Errorf("list invitations: %w", err)
	}
	return listed, total, nil
}

// LastManager tells whether a membership is that of the only person who manages the space of
// an editor: without it nobody there invites or removes anybody any more.
func (a *Access) LastManager(ctx context.Context, m Membership) (bool, error) {
	if m.Role != EditorAdmin {
		return false, nil
	}
	_, managers, err := a.Members(ctx, MemberQuery{Organisation: m.Organisation.Siret, Role: EditorAdmin, Limit: 1})
	return managers == 1, err
}

// Editors lists the editors to which somebody may be invited.
func (a *Access) Editors(ctx context.Context) ([]Organisation, error) {
	listed, err := a.Store.ListEditors(ctx)
	if err != nil {
		return nil, fmt.Errorf("list editors: %w", err)
	}
	return listed, nil
}
