package hubee

import (
	"net/http"
	"strings"
	"time"
)

func (s *Server) addOrganization(o Organization, now time.Time) *Organization {
	o.CreateDateTime, o.UpdateDateTime = Timestamp{now}, nil
	s.organizations[o.OrganizationID] = &o
	s.organizationOrder = append(s.organizationOrder, o.OrganizationID)
	return &o
}

// organizationByKey finds an organisation by {type}-{siret}-{branchCode}; only the branch
// code may hold a dash.
func (s *Server) organizationByKey(key string) (*Organization, bool) {
	parts := strings.SplitN(key, "-", 3)
	if len(parts) != 3 {
		return nil, false
	}
	o, known := s.organizations[OrganizationID{parts[0], parts[1], parts[2]}]
	return o, known
}

func (s *Server) organizationOf(c *call) (*Organization, error) {
	o, found := s.organizationByKey(c.request.PathValue("organizationId"))
	if !found {
		return nil, notFound("Organization is not found")
	}
	return o, nil
}

func (s *Server) getOrganization(c *call) (answer, error) {
	o, err := s.organizationOf(c)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: *o}, nil
}

// createOrganization serves POST /organizations (reference/hubee.md §9).
func (s *Server) createOrganization(c *call) (answer, error) {
	var sent Organization
	if err := c.decode(organizationShape(), &sent); err != nil {
		return answer{}, err
	}
	if err := checkMail("email", &sent.Email); err != nil {
		return answer{}, err
	}
	if _, exists := s.organizations[sent.OrganizationID]; exists {
		return answer{}, refuse(http.StatusBadRequest, "Organization %s already exists", sent.OrganizationID)
	}
	return answer{status: http.StatusCreated, body: *s.addOrganization(sent, c.now)}, nil
}

// updateOrganization serves PUT /organizations/{id}; the key never changes.
func (s *Server) updateOrganization(c *call) (answer, error) {
	o, err := s.organizationOf(c)
	if err != nil {
		return answer{}, err
	}
	var sent Organization
	if err := c.decode(organizationShape(), &sent); err != nil {
		return answer{}, err
	}
	if sent.OrganizationID != o.OrganizationID {
		return answer{}, badRequest()
	}
	if err := checkMail("email", &sent.Email); err != nil {
		return answer{}, err
	}
	sent.CreateDateTime, sent.UpdateDateTime = o.CreateDateTime, timestampOf(c.now)
	*o = sent
	return answer{status: http.StatusOK, body: *o}, nil
}

func (s *Server) listOrganizations(c *call) (answer, error) {
	wantedType, wantedRegister := c.query.Get("type"), c.query.Get("company_register")
	found := make([]Organization, 0)
	for _, id := range s.organizationOrder {
		if (wantedType == "" || id.Type == wantedType) && (wantedRegister == "" || id.CompanyRegister == wantedRegister) {
			found = append(found, *s.organizations[id])
		}
	}
	err := order(c, found, map[string]func(Organization) string{
		"type":             func(o Organization) string { return o.Type },
		"company_register": func(o Organization) string { return o.CompanyRegister },
		"branch_code":      func(o Organization) string { return o.BranchCode },
		"name":             func(o Organization) string { return o.Name },
	})
	if err != nil {
		return answer{}, err
	}
	return page(c, found, "Organizations"), nil
}

// checkMail refuses an address in the words of the referential (E27).
func checkMail(field string, address *string) error {
	if address == nil || isMailAddress(*address) {
		return nil
	}
	return refuse(http.StatusBadRequest, "#/%s: String is not a valid email value", field)
}
