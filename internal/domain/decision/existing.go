package decision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// existing is a town of a list of what another system decided (PRODUCT.md 3.13).
type existing struct {
	Name         string      `json:"name"`
	Siret        string      `json:"siret"`
	COG          string      `json:"code_cog"`
	Editor       value.Siret `json:"editeur"`
	Requester    person      `json:"demandeur"`
	Habilitation *granted    `json:"habilitation"` // nil: the list says nothing of it
}

type person struct {
	Mail       string `json:"mail"`
	GivenName  string `json:"prenom"`
	FamilyName string `json:"nom"`
	Job        string `json:"fonction"`
}

type granted struct {
	Request      int64              `json:"demande"`
	State        habilitation.State `json:"etat"`
	ApprovedAt   time.Time          `json:"validee_le"`
	Title        string             `json:"intitule"`
	FormUID      string             `json:"formulaire"`
	Token        bool               `json:"avec_jeton"`
	Form         bool               `json:"avec_formulaire"`
	Scopes       []string           `json:"donnees"`
	Subscription credential.State   `json:"abonnement"`
}

// maxExisting is far more than 35,000 towns take.
const maxExisting = 64 << 20

// Adopt records the habilitations of a list that another system granted, with the
// subscriptions that it made: nobody is written to, and HubEE is asked nothing. One that is
// known stays as it is. It counts those that are new.
func (s *Service) Adopt(ctx context.Context, by audit.Author, source io.Reader) (count int, err error) {
	var list struct {
		Towns []existing `json:"collectivites"`
	}
	text, err := io.ReadAll(io.LimitReader(source, maxExisting+1))
	switch {
	case err != nil:
		return 0, fmt.Errorf("read list: %w", err)
	case len(text) > maxExisting:
		return 0, errors.New("the list is larger than 64 MB")
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return 0, fmt.Errorf("understand list: %w", err)
	}
	for _, town := range list.Towns {
		if town.Habilitation == nil {
			continue
		}
		adopted, err := s.adopt(ctx, by, town)
		if err != nil {
			return count, fmt.Errorf("adopt the habilitation of %s: %w", town.Siret, err)
		}
		if adopted {
			count++
		}
	}
	return count, nil
}

func (s *Service) adopt(ctx context.Context, by audit.Author, town existing) (bool, error) {
	siret, err := value.ParseSiret(town.Siret)
	if err != nil {
		return false, err
	}
	requester, err := notice.ParseAddress(town.Requester.Mail)
	if err != nil {
		return false, err
	}
	g := town.Habilitation
	file, err := s.Store.FindFile(ctx, habilitation.RequestNumber(g.Request), siret)
	if err != nil || file.Request.Number != 0 {
		return false, err
	}
	var of editor.Editor
	if town.Editor != "" {
		if of, err = s.Editors.FindEditor(ctx, town.Editor); err != nil {
			return false, err
		}
	}
	number, err := s.Store.NextHabilitation(ctx)
	if err != nil {
		return false, err
	}
	outcome := adoption(file, town, Grant{
		Number: number, Editor: of, FormUID: g.FormUID, Title: g.Title, Terms: termsOfDatapass, Scopes: g.Scopes,
		Modalities: habilitation.Modalities{Token: g.Token, Form: g.Form}, ByName: approvedByDatapass,
		Contacts: habilitation.Contacts{
			Requester: habilitation.Contact{GivenName: town.Requester.GivenName, FamilyName: town.Requester.FamilyName, Mail: requester, Job: town.Requester.Job},
			Technical: habilitation.Contact{Mail: of.TechnicalContact},
		},
	}, siret)
	outcome.Events = []audit.Event{Moment{At: s.Now(), Author: by}.event(outcome.Request, audit.HabilitationAdopted, number.String())}
	err = s.Store.Record(ctx, outcome)
	if fault.Is(err, "habilitation.moved") { // another instance did it at this moment
		return false, nil
	}
	return err == nil, err
}

// adoption is a habilitation as the other system left it.
func adoption(f File, town existing, grant Grant, siret value.Siret) Outcome {
	g := town.Habilitation
	at := g.ApprovedAt
	r := habilitation.Request{
		Number: habilitation.RequestNumber(g.Request), Source: habilitation.FromDatapass, Siret: siret, Organisation: town.Name,
		FormUID: g.FormUID, State: g.State, StateAt: at, CreatedAt: at, Requester: grant.Contacts.Requester,
	}
	r.Current = habilitation.Habilitation{
		Number: grant.Number, Request: r.Number, Siret: siret, Organisation: town.Name, Modalities: grant.Modalities, Scopes: grant.Scopes,
		Editor: habilitation.Editor{Siret: grant.Editor.Siret, Name: grant.Editor.Name}, FormUID: g.FormUID, Title: g.Title, Terms: grant.Terms,
		Contacts: grant.Contacts, ApprovedBy: grant.ByName, ApprovedAt: at,
	}
	// What DataPass says of it later is compared with the approval.
	track := Track{Decided: Mark{at.Unix(), ranks[eventApprove]}, Requester: Mark{at.Unix(), ranks[eventApprove]}}
	if g.State == habilitation.Revoked {
		track.Decided.Rank = ranks[eventRevoke]
	}
	o := f.outcome(at)
	o.Request, o.Track, o.Habilitation = r, track, &r.Current
	if g.Form && g.Subscription != "" {
		subscription := f.Subscription
		subscription.Siret, subscription.Request, subscription.Organisation = siret, r.Number, town.Name
		subscription.Editor, subscription.Administrator = grant.Editor.Siret, r.Requester
		subscription.COG, subscription.State, subscription.WantedAt = town.COG, g.Subscription, at
		subscription.Want = credential.WantActive
		if g.Subscription == credential.Suspended {
			subscription.Want = credential.WantSuspended
		}
		if g.Subscription == credential.Active {
			subscription.ActiveAt, subscription.AtHub = at, credential.HubActive
		}
		o.Subscription = &subscription
	}
	return o
}
