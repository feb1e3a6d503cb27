package hubee

import (
	"fmt"
	"slices"
	"strconv"
)

// listSubscriptions serves GET /subscriptions, with the filter on datapassId that the
// swagger does not know.
func (s *Server) listSubscriptions(c *call) (answer, error) {
	found := make([]Subscription, 0)
	for _, sub := range s.subscriptionOrder {
		if row := s.row(sub); s.wanted(c, row) {
			found = append(found, row)
		}
	}
	if err := order(c, found, subscriptionColumns()); err != nil {
		return answer{}, err
	}
	return page(c, found, "Susbscriptions"), nil // spelled so
}

func (s *Server) wanted(c *call, row Subscription) bool {
	processes := c.query["processCode"]
	matches := func(name, value string) bool { return !c.query.Has(name) || c.query.Get(name) == value }
	return (len(processes) == 0 || slices.Contains(processes, row.ProcessCode)) &&
		matches("status", row.Status) &&
		matches("companyRegister", row.Subscriber.CompanyRegister) &&
		matches("delegationActorEmail", s.delegationMail(row.DelegationActor)) &&
		matches("datapassId", strconv.FormatInt(row.DatapassID, 10))
}

func (s *Server) delegationMail(d *DelegationActor) string {
	if o, known := s.organizations[d.organization()]; known {
		return o.Email
	}
	return textOf(d.Email)
}

// subscriptionColumns are the names that orderBy takes (swagger of the subscriptions).
func subscriptionColumns() map[string]func(Subscription) string {
	instant := func(t *Timestamp) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(timestampLayout)
	}
	return map[string]func(Subscription) string{
		"id":                     func(r Subscription) string { return r.ID },
		"datapass_id":            func(r Subscription) string { return fmt.Sprintf("%020d", r.DatapassID) },
		"si_type":                func(r Subscription) string { return r.Subscriber.Type },
		"si_company_register":    func(r Subscription) string { return r.Subscriber.CompanyRegister },
		"si_branch_code":         func(r Subscription) string { return r.Subscriber.BranchCode },
		"notification_frequency": func(r Subscription) string { return r.NotificationFrequency },
		"access_mode":            func(r Subscription) string { return textOf(r.AccessMode) },
		"delegation_actor":       func(r Subscription) string { return r.DelegationActor.organization().String() },
		"email":                  func(r Subscription) string { return textOf(r.Email) },
		"local_admin":            func(r Subscription) string { return r.LocalAdministrator.Email },
		"rejection_reason":       func(r Subscription) string { return textOf(r.RejectionReason) },
		"status":                 func(r Subscription) string { return r.Status },
		"activate_date_time":     func(r Subscription) string { return instant(r.ActivateDateTime) },
		"validate_date_time":     func(r Subscription) string { return instant(r.ValidateDateTime) },
		"reject_date_time":       func(r Subscription) string { return instant(r.RejectDateTime) },
		"end_date_time":          func(r Subscription) string { return instant(r.EndDateTime) },
		"update_date_time":       func(r Subscription) string { return instant(r.UpdateDateTime) },
		"process_code":           func(r Subscription) string { return r.ProcessCode },
	}
}

func textOf(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}
