package request

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// FactStore finds what instructors compare an application with.
type FactStore interface {
	// ListOthers lists the other requests of an establishment, the newest first.
	ListOthers(ctx context.Context, siret value.Siret, except habilitation.RequestNumber) ([]habilitation.Request, error)
	// ListSuspendedTokens tells since when the operator holds suspended a token of each request of an
	// establishment: those of which it does, be it of a software of before.
	ListSuspendedTokens(ctx context.Context, siret value.Siret) (map[habilitation.RequestNumber]time.Time, error)
	// CountDomain tells how many other requests of the establishment, and of all towns, have a
	// requester whose address is of a domain.
	CountDomain(ctx context.Context, domain string, siret value.Siret, except habilitation.RequestNumber) (ofTown, ofOthers int, err error)
	// CountDPD tells for how many other towns a person is the data protection officer.
	CountDPD(ctx context.Context, mail string, siret value.Siret) (int, error)
	// FindEditorByContact finds the editor whose verified address this is; fault.NotFound,
	// code editor.unknown.
	FindEditorByContact(ctx context.Context, mail string) (Proposed, error)
}

// Proposed is the editor that a technical contact belongs to, on the generic form.
type Proposed struct {
	Siret value.Siret
	Name  string
}

// Facts are what is known about an application beside what it says: facts, no verdicts.
type Facts struct {
	// Register is the establishment as the register last told it; Known is false where it
	// never did.
	Register directory.Organisation
	Known    bool
	Others   []habilitation.Request // of the same establishment
	// Suspended is since when the operator holds the token of a software of a request suspended, of
	// this one and of the others.
	Suspended map[habilitation.RequestNumber]time.Time

	MailDomain    string // of the requester
	MailPersonal  bool   // a provider for everybody
	MailShared    bool   // a mailbox that several people read
	MailOfTown    int    // other requests of the town with this domain
	MailOfOthers  int    // requests of other towns with it
	Document      Document
	DPDElsewhere  int      // other towns with this data protection officer
	DPDSameDomain bool     // its address is of the requester's domain
	Editor        Proposed // whose verified address the technical contact has, on the generic form; zero for none
}

// personal are the providers of mailboxes for everybody.
var personal = [...]string{
	"gmail.com", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "neuf.fr", "laposte.net", "hotmail.com", "hotmail.fr", "outlook.com",
	"outlook.fr", "live.fr", "yahoo.fr", "yahoo.com", "icloud.com", "protonmail.com", "proton.me", "bbox.fr", "aol.com", "numericable.fr",
}

// FactsOf gathers what is known about an application.
func (i *Instruction) FactsOf(ctx context.Context, a Application) (Facts, error) {
	var facts Facts
	var err error
	facts.Register, err = i.Register.Find(ctx, a.Request.Siret)
	if err != nil && fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Unavailable {
		return Facts{}, fmt.Errorf("find establishment: %w", err)
	}
	facts.Known = err == nil && facts.Register.Siret != ""
	if facts.Others, err = i.Facts.ListOthers(ctx, a.Request.Siret, a.Request.Number); err != nil {
		return Facts{}, fmt.Errorf("list other requests: %w", err)
	}
	if facts.Suspended, err = i.Facts.ListSuspendedTokens(ctx, a.Request.Siret); err != nil {
		return Facts{}, fmt.Errorf("list suspended tokens: %w", err)
	}
	mail := a.Request.Requester.Mail
	facts.MailDomain = domainOf(mail)
	facts.MailPersonal, facts.MailShared = slices.Contains(personal[:], facts.MailDomain), SharedMailbox(mail)
	if facts.MailDomain != "" {
		facts.MailOfTown, facts.MailOfOthers, err = i.Facts.CountDomain(ctx, facts.MailDomain, a.Request.Siret, a.Request.Number)
		if err != nil {
			return Facts{}, fmt.Errorf("count mail domains: %w", err)
		}
	}
	facts.Document = a.Document(a.Answers.Document)
	if dpd, err := notice.ParseAddress(a.Answers.DPD.Mail); err == nil {
		facts.DPDSameDomain = domainOf(dpd) == facts.MailDomain
		if facts.DPDElsewhere, err = i.Facts.CountDPD(ctx, dpd, a.Request.Siret); err != nil {
			return Facts{}, fmt.Errorf("count data protection officers: %w", err)
		}
	}
	facts.Editor, err = i.proposed(ctx, a)
	return facts, err
}

func domainOf(mail string) string {
	_, domain, _ := strings.Cut(strings.ToLower(mail), "@")
	return domain
}

// proposed is the editor whose verified address the technical contact of a generic form has:
// the instructor confirms it (PRODUCT.md 3.2).
func (i *Instruction) proposed(ctx context.Context, a Application) (Proposed, error) {
	technical := a.Answers.Technical.Mail
	if a.Answers.TechnicalOneself {
		technical = a.Request.Requester.Mail
	}
	address, err := notice.ParseAddress(technical)
	if a.Template.Editor.Siret != "" || err != nil {
		return Proposed{}, nil
	}
	found, err := i.Facts.FindEditorByContact(ctx, address)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Proposed{}, fmt.Errorf("find editor: %w", err)
	}
	return found, nil
}
