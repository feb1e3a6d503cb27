package web

import (
	"cmp"
	"fmt"
	"time"

	"portail-qf/internal/domain/request"
)

// ClaimView is somebody of a town who asks to hold one of its requests, as the town reads it:
// templates/pages/common/partials/claim. It is zero for none.
type ClaimView struct {
	Number         string // of the request
	Claimant, Mail string
	At, Until      Moment // Until: from then on an instructor may decide
	Over           bool   // that has come
	Own            bool   // the reader's
	ToAnswer       bool   // by the reader, who holds the request
	Held           bool   // by somebody's account: nobody else of the town may answer
	Holder         string // who that is, where the page does not say it elsewhere
	URL            string // where it is answered, or taken back
}

// NewClaimView shows a claim of a request as it is at a time. holder and reader are accounts; no
// holder is 0.
func NewClaimView(c request.Claim, holder, reader int64, now time.Time) ClaimView {
	if c.ID == 0 {
		return ClaimView{}
	}
	until := c.At.Add(request.ClaimPatience)
	return ClaimView{
		Number: c.Request.String(), Claimant: Typographic(cmp.Or(c.Claimant.Contact.Name(), c.Claimant.Contact.Mail)), Mail: c.Claimant.Contact.Mail,
		At: MomentOf(c.At), Until: MomentOf(until), Over: !now.Before(until),
		Own: c.Claimant.ID == reader, ToAnswer: holder != 0 && holder == reader, Held: holder != 0,
		URL: fmt.Sprintf("/collectivite/demandes/%d/transfert", int64(c.Request)),
	}
}
