package collectivity

import (
	"strconv"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// askedView is a request of which something is to be done or awaited, or that was refused:
// collectivity/partials/asked.
type askedView struct {
	Number, Software string // Software is "" where it is not known
	Stage            stage
	State            habilitation.State
	Severity         string
	Since            web.Moment
	Holder           string // "" where nobody is known
	Held             bool   // by the reader
	Datapass         bool   // it is there, and nothing of it is here
	URL, MessagesURL string // "" where it is not here
	ActURL           string // where the reader goes on with it; "" where there is nothing to do
	Contact          string
	Claim            web.ClaimView // that waits; zero for none
}

// stage is how far a request is.
type stage string

// The stages.
const (
	drafted       stage = "brouillon"
	filed         stage = "deposee"
	returned      stage = "a_corriger"
	modifying     stage = "modification"
	modifyFiled   stage = "modification_deposee"
	modifyReturns stage = "modification_a_corriger"
	refused       stage = "refusee"
	settled       stage = "" // nothing is under way
)

func stageOf(r habilitation.Request, a request.Application) stage {
	switch r.State {
	case habilitation.Draft:
		return drafted
	case habilitation.Submitted:
		return filed
	case habilitation.ChangesRequested:
		return returned
	case habilitation.Refused:
		return refused
	case habilitation.Reopened:
		return map[request.Phase]stage{request.Writing: modifying, request.Filed: modifyFiled, request.Returned: modifyReturns}[a.Phase]
	case habilitation.Validated, habilitation.Suspended, habilitation.Revoked, habilitation.Archived:
	}
	return settled
}

func newAskedViews(reader account.Actor, of affairs, contact string) []askedView {
	var views []askedView
	for _, r := range of.Requests {
		a, here := of.written(r.Number)
		view := askedView{
			Number: r.Number.String(), Software: web.Typographic(a.Template.Software), Stage: stageOf(r, a), State: r.State, Severity: web.StateSeverity(r.State),
			Since: web.MomentOf(r.StateAt), Holder: web.Typographic(r.Requester.Name()), Held: r.Holder == reader.AccountID, Contact: contact,
			Datapass: r.Source == habilitation.FromDatapass && !here,
		}
		if view.Stage == settled {
			continue
		}
		view.Claim = of.claimOf(reader, r)
		if !view.Datapass {
			view.URL = requestPath(r.Number)
			view.MessagesURL = view.URL + messagesPart
			view.ActURL = view.actURL()
		}
		views = append(views, view)
	}
	return views
}

// actURL leads to what only the holder does.
func (v askedView) actURL() string {
	switch v.Stage {
	case drafted:
		if v.Held {
			return v.URL // which resumes where something lacks
		}
	case returned, modifying, modifyReturns:
		if v.Held {
			return v.URL + summaryPart
		}
	case filed, modifyFiled, refused, settled:
	}
	return ""
}

func requestPath(number habilitation.RequestNumber) string {
	return requestsPath + "/" + strconv.FormatInt(int64(number), 10)
}
