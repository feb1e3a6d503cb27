package collectivity

import (
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
)

// lapsingView is a token that expires soon, or is cut: issue 7, « requester's home page shows the
// deadline before any mail ».
type lapsingView struct {
	URL     string // of the page that prolongs it (package tokens); "" for none
	At      web.Moment
	Left    int  // days; 0 on the last one
	Exact   bool // it expires at some time of that day
	Expired bool
	Form    directory.FormState // as credential.Right.FormBeside tells
	Held    bool                // the reader may prolong it
	Holder  string              // who may; "" where nobody is known
	Filed   bool                // a modification is being instructed, which prolongs it
	// Overdue: silence about that modification has become a refusal, since Deadline.
	Overdue  bool
	Deadline web.Moment
	// RefusedAt is when the last modification was refused that was to prolong it, where none is
	// under way; zero for never.
	RefusedAt web.Moment
}

func newLapsingView(reader account.Actor, f renewal.File, now time.Time) lapsingView {
	if f.ID == "" {
		return lapsingView{}
	}
	v := lapsingView{
		URL: "/jetons/" + f.ID + renewalPart, At: web.MomentOf(f.ExpiresAt), Left: f.DaysLeft(now), Exact: f.PublicID == "", Expired: now.After(f.ExpiresAt),
		Held: f.Holder != 0 && f.Holder == reader.AccountID, Holder: web.Typographic(f.RequesterName), Filed: f.Amendment.Filed(), Form: f.Right.FormBeside(),
		Overdue: f.Amendment.Overdue(now), Deadline: web.MomentOf(f.Amendment.Deadline()),
	}
	if f.Amendment.IsZero() {
		v.RefusedAt = web.MomentOf(f.RefusedAt)
	}
	return v
}

// ToDo tells that the reader is to prolong it; templates call it.
func (v lapsingView) ToDo() bool { return v.URL != "" && v.Held && !v.Filed }

// Waits tells that it is the reader's, and that a modification prolongs it once it is decided;
// templates call it.
func (v lapsingView) Waits() bool { return v.URL != "" && v.Held && v.Filed }
