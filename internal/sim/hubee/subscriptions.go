package hubee

import (
	"crypto/rand"
	"net/http"
	"slices"
	"time"
)

// Statuses and access modes of subscriptions (reference/hubee.md §10.1).
const (
	statusActive    = "Actif"
	statusInactive  = "Inactif"
	statusSuspended = "Suspendu"
	statusRefused   = "Refusé"

	modePortal = "PORTAIL"
	modeAPI    = "API"

	typeEditor = "EDT"
)

var subscriptionStatuses = []string{statusActive, statusInactive, statusSuspended, statusRefused}

// subscription is a row of the referential and the credential that goes with it.
type subscription struct {
	Subscription
	client *client // nil until the API mode is first saved
}

// subscriptionKey is what HubEE keeps unique.
type subscriptionKey struct {
	subscriber OrganizationID
	process    string
}

func (sub *subscription) key() subscriptionKey {
	return subscriptionKey{sub.Subscriber.OrganizationID, sub.ProcessCode}
}

func (sub *subscription) mode() string {
	if sub.AccessMode == nil {
		return ""
	}
	return *sub.AccessMode
}

// active tells whether folders may come: from 00:01 of the activation day on (§10.1).
func (sub *subscription) active(now time.Time) bool {
	if sub.Status != statusActive || sub.ActivateDateTime == nil {
		return sub.Status == statusActive
	}
	year, month, day := sub.ActivateDateTime.Date()
	return !now.Before(time.Date(year, month, day, 0, 1, 0, 0, sub.ActivateDateTime.Location()))
}

// delegatedTo tells whether this editor manages the subscription.
func (sub *subscription) delegatedTo(editor OrganizationID) bool {
	return sub.DelegationActor.organization() == editor
}

// organization is the editor's organisation; zero when there is none, or only a person.
func (d *DelegationActor) organization() OrganizationID {
	if d == nil || d.Type == nil || d.CompanyRegister == nil || d.BranchCode == nil {
		return OrganizationID{}
	}
	return OrganizationID{*d.Type, *d.CompanyRegister, *d.BranchCode}
}

func delegationTo(editor OrganizationID) *DelegationActor {
	return &DelegationActor{Type: &editor.Type, CompanyRegister: &editor.CompanyRegister, BranchCode: &editor.BranchCode}
}

func (s *Server) subscriptionOf(subscriber OrganizationID, process string) *subscription {
	return s.subscribed[subscriptionKey{subscriber, process}]
}

func (s *Server) addSubscription(row Subscription, now time.Time) *subscription {
	sub := &subscription{Subscription: row}
	sub.ID = newUUID()
	sub.CreationDateTime = Timestamp{now}
	s.subscriptions[sub.ID] = sub
	s.subscriptionOrder = append(s.subscriptionOrder, sub)
	s.applyStatus(sub)
	s.ensureCredential(sub)
	return sub
}

// applyStatus keeps the refused ones as history only: they neither receive nor block.
func (s *Server) applyStatus(sub *subscription) {
	switch {
	case sub.Status != statusRefused:
		s.subscribed[sub.key()] = sub
	case s.subscribed[sub.key()] == sub:
		delete(s.subscribed, sub.key())
	}
}

// ensureCredential draws the client id and secret that the API mode makes appear (§10.3).
func (s *Server) ensureCredential(sub *subscription) {
	if sub.mode() == modeAPI && sub.client == nil {
		s.attachCredential(sub, rand.Text(), rand.Text())
	}
}

func (s *Server) attachCredential(sub *subscription, id, secret string) {
	sub.client = &client{
		Client: Client{ID: id, Secret: secret, Organization: sub.Subscriber.OrganizationID},
		scope:  ScopeSI, subscription: sub,
	}
	s.register(sub.client)
}

func (s *Server) seedSubscription(seed SubscriptionSeed, now time.Time) {
	row := Subscription{
		DatapassID: seed.DatapassID, ProcessCode: seed.ProcessCode, Subscriber: Subscriber{OrganizationID: seed.Subscriber},
		Status: seed.Status, NotificationFrequency: seed.NotificationFrequency, LocalAdministrator: seed.LocalAdministrator,
		ValidateDateTime: timestampOf(now),
	}
	if row.NotificationFrequency == "" {
		row.NotificationFrequency = "Aucune"
	}
	if seed.Email != "" {
		row.Email = &seed.Email
	}
	if seed.AccessMode != "" {
		row.AccessMode = &seed.AccessMode
	}
	if seed.Status == statusActive {
		row.ActivateDateTime = timestampOf(now)
	}
	if seed.Editor != (OrganizationID{}) {
		row.DelegationActor = delegationTo(seed.Editor)
	}
	sub := s.addSubscription(row, now)
	if seed.ClientID != "" {
		if sub.client != nil {
			delete(s.clients, sub.client.ID)
		}
		s.attachCredential(sub, seed.ClientID, seed.ClientSecret)
	}
}

// row shows a subscription as the list does: with the subscriber's name, the mail alone of
// the administrator, and an absent delegation spelled out in nulls (§10.1).
func (s *Server) row(sub *subscription) Subscription {
	row := s.inFull(sub)
	row.LocalAdministrator = LocalAdministrator{Email: row.LocalAdministrator.Email}
	if row.DelegationActor == nil {
		row.DelegationActor = &DelegationActor{}
	}
	return row
}

func (s *Server) inFull(sub *subscription) Subscription {
	row := sub.Subscription
	row.Subscriber.Name = ""
	if o, known := s.organizations[row.Subscriber.OrganizationID]; known {
		row.Subscriber.Name = o.Name
	}
	return row
}

// createSubscription serves POST /subscriptions (§10.1). HubEE makes the account of the
// local administrator, and writes to him, only when both names are given.
func (s *Server) createSubscription(c *call) (answer, error) {
	shape := subscriptionShape()
	shape.composed = true
	var sent Subscription
	if err := c.decode(shape, &sent); err != nil {
		return answer{}, err
	}
	if sent.Status == "" {
		sent.Status = statusInactive
	}
	if err := s.checkSubscription(&sent, statusInactive); err != nil {
		return answer{}, err
	}
	if s.subscriptionOf(sent.Subscriber.OrganizationID, sent.ProcessCode) != nil {
		return answer{}, refuse(http.StatusBadRequest, "Subscription %s for organization %s already exists", sent.ProcessCode, sent.Subscriber)
	}
	sub := s.addSubscription(sent, c.now)
	if sent.LocalAdministrator.FirstName != "" && sent.LocalAdministrator.LastName != "" {
		s.mailAccount(sub, c.now)
	}
	return answer{status: http.StatusCreated, body: s.inFull(sub)}, nil
}

// checkSubscription applies the rules behind the gateway and puts the delegation in the
// form that HubEE emits.
func (s *Server) checkSubscription(sent *Subscription, before string) error {
	if err := checkMail("email", sent.Email); err != nil {
		return err
	}
	if !slices.Contains(subscriptionStatuses, sent.Status) {
		return badRequest()
	}
	if sent.Status == statusActive && before != statusActive && s.settings.Activation == Refuse {
		return refuse(http.StatusBadRequest, "Subscription activation is not allowed") // [I], by the settings
	}
	if s.process(sent.ProcessCode) == nil {
		return refuse(http.StatusBadRequest, "Process %s does not exist", sent.ProcessCode) // [I]
	}
	if _, known := s.organizations[sent.Subscriber.OrganizationID]; !known {
		return refuse(http.StatusBadRequest, "Organization %s does not exist", sent.Subscriber) // [I]
	}
	delegation, err := s.resolveDelegation(sent.DelegationActor)
	sent.DelegationActor = delegation
	return err
}

// resolveDelegation takes both forms of §10.2: an EDT organisation, or a person by mail,
// who becomes the organisation that has this address when there is one.
func (s *Server) resolveDelegation(sent *DelegationActor) (*DelegationActor, error) {
	editor := sent.organization()
	switch {
	case sent == nil || *sent == (DelegationActor{}):
		return nil, nil
	case editor != (OrganizationID{}):
		if _, known := s.organizations[editor]; editor.Type != typeEditor || !known && s.settings.UnknownEditor == Refuse {
			return nil, refuse(http.StatusBadRequest, "Organization %s does not exist", editor) // [I], §16 question 4
		}
		return delegationTo(editor), nil
	case sent.Email != nil:
		for _, id := range s.organizationOrder {
			if id.Type == typeEditor && s.organizations[id].Email == *sent.Email {
				return delegationTo(id), nil
			}
		}
		return &DelegationActor{Email: sent.Email}, nil
	default:
		return nil, badRequest()
	}
}

// updateSubscription serves PUT /subscriptions/{id}: the body replaces the whole row.
func (s *Server) updateSubscription(c *call) (answer, error) {
	sub, err := s.subscriptionAt(c)
	if err != nil {
		return answer{}, err
	}
	var sent Subscription
	if err := c.decode(subscriptionShape(), &sent); err != nil {
		return answer{}, err
	}
	if sent.ProcessCode != sub.ProcessCode || sent.Subscriber.OrganizationID != sub.Subscriber.OrganizationID {
		return answer{}, badRequest()
	}
	if err := s.checkSubscription(&sent, sub.Status); err != nil {
		return answer{}, err
	}
	sent.ID, sent.CreationDateTime = sub.ID, sub.CreationDateTime
	sent.UpdateDateTime = timestampOf(c.now)
	if administrator := sub.LocalAdministrator; sent.LocalAdministrator == (LocalAdministrator{Email: administrator.Email}) {
		sent.LocalAdministrator = administrator // a reader sees the mail alone, and sends back what it saw
	}
	sub.Subscription = sent
	s.applyStatus(sub)
	s.ensureCredential(sub)
	return answer{status: http.StatusOK, body: s.row(sub)}, nil
}

func (s *Server) subscriptionAt(c *call) (*subscription, error) {
	sub, found := s.subscriptions[c.id("subscriptionId")]
	if !found {
		return nil, notFound("Subscription is not found")
	}
	return sub, nil
}

func (s *Server) getSubscription(c *call) (answer, error) {
	sub, err := s.subscriptionAt(c)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: s.row(sub)}, nil
}
