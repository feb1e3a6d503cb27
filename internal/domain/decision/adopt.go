package decision

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
)

// Adopted is what became of a list of what another system granted. Faults and Notes are
// sentences, in French, for whoever wrote the list.
type Adopted struct {
	New, Corrected, Same int // habilitations
	Tokens               int // that were not known
	// Requests are those of the list that are known now, in its order.
	Requests []habilitation.RequestNumber
	Faults   []string // habilitations that were left out, and why
	Notes    []string // what was not read, or not taken over
}

// Adopt records the habilitations that another system granted, with their tokens and the
// subscriptions that it made: nobody is written to, and HubEE is asked nothing (PRODUCT.md
// 3.13). Each is recorded whole or not at all, whatever becomes of the others. Of one that is
// known, who writes the mails and the tokens that nobody acted on here follow the list;
// everything else stays as it is, and what differs is told.
func (s *Service) Adopt(ctx context.Context, by audit.Author, source io.Reader) (Adopted, error) {
	read, err := readExisting(source)
	if err != nil {
		return Adopted{}, err
	}
	done := Adopted{Faults: read.faults, Notes: read.notes}
	for _, e := range read.granted {
		if err := s.adopt(ctx, by, e, &done); err != nil {
			return done, fmt.Errorf("adopt %s: %w", e.number, err)
		}
	}
	return done, nil
}

// adopt records one, anew when somebody decided meanwhile.
func (s *Service) adopt(ctx context.Context, by audit.Author, e existing, done *Adopted) (err error) {
	for attempt := range conflictsLived {
		time.Sleep(time.Duration(attempt) * conflictPause)
		if err = s.adoptOnce(ctx, by, e, done); !fault.Is(err, "habilitation.moved") {
			return err
		}
	}
	done.fault(e, "quelqu’un agit sur cette demande en ce moment\u00a0: recommencez")
	return ctx.Err()
}

func (done *Adopted) fault(e existing, sentence string) {
	done.Faults = append(done.Faults, e.name+"\u00a0: "+sentence)
}

func (done *Adopted) note(e existing, sentence string) {
	done.Notes = append(done.Notes, e.name+"\u00a0: "+sentence)
}

func (s *Service) adoptOnce(ctx context.Context, by audit.Author, e existing, done *Adopted) error {
	var of editor.Editor
	if e.of != "" {
		found, err := s.Editors.FindEditor(ctx, e.of)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			done.fault(e, "l’éditeur "+e.of.String()+" n’est pas connu")
			return nil
		case err != nil:
			return fmt.Errorf("find editor: %w", err)
		}
		of = found
	}
	known, err := s.Store.FindTokensOf(ctx, e.number, e.tokenIDs())
	if err != nil {
		return fmt.Errorf("find tokens: %w", err)
	}
	for _, t := range known {
		if t.Request != e.number || t.PublicID != "" && e.names(t.ID) {
			done.fault(e, "le jeton "+t.ID+" est celui d’une autre demande")
			return nil
		}
	}
	file, err := s.Store.FindFile(ctx, e.number, "")
	if err != nil {
		return fmt.Errorf("find request: %w", err)
	}
	m := Moment{At: s.Now(), Author: by, Sealer: s.Sealer, Mint: s.Mint}
	one := adopting{e, of, known, m}
	if file.Request.Number != 0 {
		return s.refresh(ctx, one, file, done)
	}
	return s.bring(ctx, one, done)
}

// adopting is a habilitation that is being adopted.
type adopting struct {
	existing
	editor editor.Editor
	known  []credential.Token
	m      Moment
}

// tokenIDs are those of the tokens that the list tells.
func (e existing) tokenIDs() []string {
	ids := make([]string, len(e.tokens))
	for i, t := range e.tokens {
		ids[i] = t.ID
	}
	return ids
}

func (e existing) names(id string) bool {
	for _, t := range e.tokens {
		if t.ID == id {
			return true
		}
	}
	return false
}

// bring records a request that was not known.
func (s *Service) bring(ctx context.Context, one adopting, done *Adopted) error {
	e, m := one.existing, one.m
	file, err := s.Store.FindFile(ctx, e.number, e.town)
	if err != nil {
		return fmt.Errorf("find town: %w", err)
	}
	if e.grant.Number, err = s.Store.NextHabilitation(ctx); err != nil {
		return fmt.Errorf("draw a number: %w", err)
	}
	e.grant.Editor = one.editor
	if e.grant.Contacts.Technical.Mail == "" {
		e.grant.Contacts.Technical.Mail = one.editor.TechnicalContact
	}
	outcome := e.adoption(file, m.At)
	outcome.Events = []audit.Event{m.event(outcome.Request, audit.HabilitationAdopted, e.grant.Number.String())}
	outcome.inherit(nil, e, m)
	if err := s.Store.Record(ctx, outcome); err != nil {
		return fmt.Errorf("record habilitation: %w", err)
	}
	if e.stands == credential.Active && !e.state.Habilitates() && outcome.Subscription != nil {
		done.note(e, "l’abonnement est actif, l’habilitation ne vaut plus\u00a0: le formulaire est fermé ici, l’abonnement reste à suspendre chez HubEE")
	}
	if e.stands != "" && outcome.Subscription == nil {
		done.note(e, "l’abonnement de la collectivité sert déjà une autre demande\u00a0: il reste ainsi")
	}
	done.noteTooWide(e)
	done.New++
	done.Tokens += len(outcome.Tokens.New)
	done.Requests = append(done.Requests, e.number)
	return nil
}

// refresh brings up to date what may still follow the list.
func (s *Service) refresh(ctx context.Context, one adopting, file File, done *Adopted) error {
	e, m := one.existing, one.m
	if file.Request.Current.Number == 0 {
		done.fault(e, "la demande est connue ici sans habilitation\u00a0: DataPass la dira validée")
		return nil
	}
	outcome := file.outcome(m.At)
	if e.mails != "" && (e.mails == habilitation.MailsByExisting) != (file.Request.Mails == habilitation.MailsByExisting) {
		outcome.Request.Mails = e.mails
		outcome.Events = append(outcome.Events, m.event(file.Request, audit.MailsSwitched, string(e.mails)))
	}
	outcome.inherit(one.known, e, m)
	if len(outcome.Events) > 0 {
		if err := s.Store.Record(ctx, outcome); err != nil {
			return fmt.Errorf("record what is newer: %w", err)
		}
		done.Corrected++
	} else {
		done.Same++
	}
	if differ := e.differences(file.Request, one.editor); len(differ) > 0 {
		done.note(e, "déjà connue, et différente ici ("+strings.Join(differ, ", ")+")\u00a0: elle reste ainsi")
	}
	done.Tokens += len(outcome.Tokens.New)
	done.Requests = append(done.Requests, e.number)
	return nil
}

// inherit makes the tokens of a request follow the list.
func (o *Outcome) inherit(known []credential.Token, e existing, m Moment) {
	var barred time.Time
	if !o.Request.State.Habilitates() {
		barred = o.Request.StateAt
	}
	change := credential.Inherit(known, e.tokensFor(o.Request, known), credential.GranteeOf(o.Request), barred, m.At)
	o.Tokens.New, o.Tokens.Corrected = change.New, change.Corrected
	for _, t := range change.New {
		o.tellToken(t.Token, audit.TokenAdopted, m)
	}
	for _, t := range change.Corrected {
		o.tellToken(t, audit.TokenCorrected, m)
	}
}

// tokensFor are the tokens of the list as far as the newest habilitation here lets it tell them.
// A list that knows of another approval knows nothing of what is granted: the data are ours. One
// that gives them to another town or software, or where no token is granted any more, brings none
// that is not known yet.
func (e existing) tokensFor(r habilitation.Request, known []credential.Token) (told []credential.Inherited) {
	h := r.Current
	for _, t := range e.tokens {
		isKnown := slices.ContainsFunc(known, func(k credential.Token) bool { return k.ID == t.ID })
		if !isKnown && (!h.Modalities.Token || e.town != r.Siret || e.of != h.Editor.Siret) {
			continue
		}
		if !e.grant.At.Equal(h.ApprovedAt) {
			t.Scopes = nil
		}
		told = append(told, t)
	}
	return told
}

// noteTooWide tells of the tokens that opened more in the other system than its habilitation does.
func (done *Adopted) noteTooWide(e existing) {
	for _, t := range e.tokens {
		var beyond []string
		for _, scope := range t.Scopes {
			if !slices.Contains(e.grant.Scopes, scope) {
				beyond = append(beyond, quoted(scope))
			}
		}
		if len(beyond) > 0 {
			done.note(e, "le jeton "+t.ID+" n’ouvre pas ce que l’habilitation n’accorde pas\u00a0: "+strings.Join(beyond, ", "))
		}
	}
}

// adoption is a habilitation as the other system left it.
func (e existing) adoption(f File, now time.Time) Outcome {
	at, grant := e.grant.At, e.grant
	r := habilitation.Request{
		Number: e.number, Source: habilitation.FromDatapass, Siret: e.town, Organisation: e.called, FormUID: grant.FormUID,
		State: e.state, StateAt: at, CreatedAt: at, Requester: grant.Contacts.Requester, Mails: e.mails,
	}
	r.Current = habilitation.Habilitation{
		Number: grant.Number, Request: r.Number, Siret: e.town, Organisation: e.called, Modalities: grant.Modalities, Scopes: grant.Scopes,
		Editor: habilitation.Editor{Siret: grant.Editor.Siret, Name: grant.Editor.Name}, FormUID: grant.FormUID, Title: grant.Title, Terms: grant.Terms,
		Contacts: grant.Contacts, ApprovedBy: grant.ByName, ApprovedAt: at,
	}
	// What DataPass says of it later is compared with the approval.
	track := Track{Decided: Mark{at.Unix(), ranks[eventApprove]}, Requester: Mark{at.Unix(), ranks[eventApprove]}, Named: r.Requester.Mail}
	if e.state == habilitation.Revoked {
		track.Decided.Rank = ranks[eventRevoke]
	}
	o := f.outcome(now)
	o.Request, o.Track, o.Habilitation = r, track, &r.Current
	if e.stands != "" && (f.Subscription.Request == 0 || !f.Server.Habilitated()) {
		o.Subscription = e.subscription(f.Subscription, r)
	}
	return o
}

// subscription is what the other system made at HubEE.
func (e existing) subscription(s credential.Subscription, r habilitation.Request) *credential.Subscription {
	at := e.grant.At
	s.Siret, s.Request, s.Organisation = r.Siret, r.Number, r.Organisation
	s.Editor, s.Administrator = r.Current.Editor.Siret, r.Requester
	s.COG, s.State, s.WantedAt, s.Want = e.cog, e.stands, at, credential.WantActive
	if e.stands == credential.Suspended || !e.state.Habilitates() {
		s.Want = credential.WantSuspended
	}
	if e.stands == credential.Active {
		s.ActiveAt, s.AtHub = at, credential.HubActive
	}
	return &s
}
