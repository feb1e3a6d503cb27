package hubee

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
)

const (
	// pageSize is asked of HubEE, which may give less.
	pageSize = 500
	// defaultPage is HubEE's page when nothing is asked; no limit of it is lower.
	defaultPage = 25
	// byID never changes for a subscription, so that no page loses one to another.
	byID = "asc(id)"

	// More than any list may hold: 36,000 communes, their groups, and the history. A HubEE
	// that always has more is left there.
	maxListed = 200_000
	// The subscriptions of one SIRET fit in one page, whatever HubEE's limit.
	maxPagesOfOne = 20
)

// listTotal reads the end of "Susbscriptions 0-27/100" (HubEE's spelling).
var listTotal = regexp.MustCompile(`/([0-9]{1,9})\s*$`)

// FindSubscription finds the subscription of an organisation, by its SIRET, whose branch
// code is compared here: the communes of one SIRET share HubEE's filter (reference/hubee.md
// §10.1).
func (a *Administrator) FindSubscription(ctx context.Context, subscriber credential.OrganisationKey) (found credential.HubSubscription, err error) {
	defer a.observed("find_subscription", a.config.Now(), &err)
	if err := checkKey(subscriber); err != nil {
		return credential.HubSubscription{}, fmt.Errorf("find subscription: %w", err)
	}
	offset := 0
	for range maxPagesOfOne {
		page, next, err := a.listPage(ctx, url.Values{"companyRegister": {subscriber.Siret.String()}}, offset)
		if err != nil {
			return credential.HubSubscription{}, fmt.Errorf("find subscription: %w", err)
		}
		for _, listed := range page {
			if listed.Subscriber == subscriber {
				return listed, nil
			}
		}
		if next == 0 {
			return credential.HubSubscription{}, fault.New(fault.NotFound, codeSubscriptionMissing)
		}
		offset = next
	}
	return credential.HubSubscription{}, fmt.Errorf("find subscription: %w", unavailable(errors.New("HubEE's list of one organisation does not end")))
}

// ListSubscriptions lists a page of the subscriptions to the process of the form.
func (a *Administrator) ListSubscriptions(ctx context.Context, offset int) (page []credential.HubSubscription, next int, err error) {
	defer a.observed("list_subscriptions", a.config.Now(), &err)
	page, next, err = a.listPage(ctx, url.Values{}, offset)
	if err != nil {
		return nil, 0, fmt.Errorf("list subscriptions: %w", err)
	}
	return page, next, nil
}

// listPage asks for one page. The filter on the process is checked again on the answer; a
// refused subscription is history.
func (a *Administrator) listPage(ctx context.Context, query url.Values, offset int) (page []credential.HubSubscription, next int, err error) {
	query.Set("processCode", processCode)
	query.Set("orderBy", byID)
	query.Set("offSet", strconv.Itoa(offset))
	query.Set("maxResult", strconv.Itoa(pageSize))
	reply, err := a.perform(ctx, call{
		method:  http.MethodGet,
		base:    referentialBase,
		path:    []string{"subscriptions"},
		query:   query,
		success: http.StatusOK,
	})
	if err != nil {
		return nil, 0, err
	}
	var rows []subscription
	if err := reply.decode(&rows); err != nil {
		return nil, 0, err
	}
	if rows == nil {
		return nil, 0, reply.unusable("is not a list")
	}
	for _, row := range rows {
		if row.ProcessCode != processCode || row.Status == string(credential.HubRefused) {
			continue
		}
		if row.ID == "" {
			return nil, 0, reply.unusable("lists a subscription without identifier")
		}
		page = append(page, row.toDomain())
	}
	next = reply.nextOffset(offset, len(rows))
	if next > maxListed {
		return nil, 0, reply.unusable("lists more subscriptions than there can be")
	}
	return page, next, nil
}

// nextOffset is where the next page starts, 0 after the last one. HubEE may give less than
// was asked, whatever it was: a page shorter than that is the last one only if the header
// says so or, without the header, if it is shorter than any page that HubEE would cut.
func (a answer) nextOffset(offset, rows int) int {
	end, last := offset+rows, rows < defaultPage
	if total := listTotal.FindStringSubmatch(a.contentRange); total != nil {
		whole, _ := strconv.Atoi(total[1]) // nine digits at most
		last = rows == 0 || end >= whole
	}
	if last {
		return 0
	}
	return end
}
