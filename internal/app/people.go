package app

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/authz"
	"portail-qf/internal/config"
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/mail"
	"portail-qf/internal/partner/proconnect"
	"portail-qf/internal/partner/sirene"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	"portail-qf/internal/web/accounts"
	"portail-qf/templates"
)

// people is the professional side: who comes in, what they may do, what they did, and what
// is written to them.
type people struct {
	policy   *authz.Policy
	signIns  *account.SignIns
	sessions *account.Sessions
	mails    *notice.Mails
	mail     *mail.Sender
	provider *proconnect.Client

	stored postgres.Sessions
	post   postgres.Mails
	now    func() time.Time
}

// newPeople builds it. The organisations that it knows and the accesses that it gives are
// the app's own, for the command line.
func (a *App) newPeople(ring *seal.Ring) (*people, error) {
	policy, err := authz.Read()
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	operator := account.Organisation{Siret: value.Siret(a.config.OperatorSiret), Name: a.config.OperatorName}
	p := &people{
		policy: policy, provider: newProvider(a.config), now: a.now,
		stored: postgres.Sessions{DB: a.db, Operator: operator}, post: postgres.Mails{DB: a.db},
		mails: &notice.Mails{Store: postgres.Mails{DB: a.db}, Now: a.now},
	}
	a.Journal = &audit.Journal{Store: postgres.Journal{DB: a.db}, Now: a.now}
	a.Organisations = a.organisations()
	a.Access = &account.Access{
		Store: postgres.Access{DB: a.db, Operator: operator}, Organisations: a.Organisations, Sealer: ring, Now: a.now, Operator: operator,
	}
	p.sessions = &account.Sessions{Store: p.stored, Now: a.now}
	p.signIns = &account.SignIns{
		Provider: p.provider, Store: p.stored, Organisations: a.Organisations, Vault: ring, Now: a.now, Wall: time.Now,
	}
	c := a.config.Mail
	p.mail, err = mail.New(
		mail.Config{SMTPURL: c.SMTPURL, From: c.From, ReplyTo: c.ReplyTo, PortalURL: a.config.PortalURL, Contact: a.config.ContactEmail},
		mail.Parts{Post: p.post, Vault: ring, Templates: templates.FS, Now: a.now, Wall: time.Now})
	if err != nil {
		return nil, fmt.Errorf("prepare mails: %w", err)
	}
	return p, nil
}

func newProvider(c config.Config) *proconnect.Client {
	return proconnect.New(proconnect.Config{
		Issuer: c.ProConnect.Issuer, ClientID: c.ProConnect.ClientID, ClientSecret: c.ProConnect.ClientSecret,
		RedirectURL: c.PortalURL + accounts.CallbackPath, PostLogoutRedirectURL: c.PortalURL + accounts.LoggedOutPath,
		Scopes: c.ProConnect.Scopes, Algorithm: c.ProConnect.Algorithm, PKCE: c.ProConnect.PKCE,
	})
}

// organisations ask the register in two ways: at once while a person waits, and at the pace
// that the register allows for the daily round.
func (a *App) organisations() *directory.Organisations {
	known := &directory.Organisations{Store: postgres.Organisations{DB: a.db}, Now: a.now}
	if c := a.config.Sirene; c.URL != "" {
		known.Registry = sirene.New(sirene.Config{BaseURL: c.URL, Key: c.Key})
		known.Unhurried = sirene.New(sirene.Config{BaseURL: c.URL, Key: c.Key, Pause: c.Pause})
	}
	return known
}

// purge erases what the professional side may no longer keep.
func (a *App) purgePeople(ctx context.Context) (string, error) {
	p := a.people
	gone, err := p.stored.Purge(ctx, p.now(), time.Now())
	if err != nil {
		return "", err
	}
	contents, mails, err := p.post.Purge(ctx, p.now())
	if err != nil {
		return "", fmt.Errorf("purge mails: %w", err)
	}
	journal, err := a.Journal.Purge(ctx)
	if err != nil {
		return "", fmt.Errorf("purge the journal: %w", err)
	}
	return fmt.Sprintf("%d professional sessions, %d sign-ins, %d invitations, %d accounts, %d contents of mails, %d mails, %d events",
		gone.Sessions, gone.SignIns, gone.Invitations, gone.Accounts+gone.Former, contents, mails, journal.Events), nil
}
