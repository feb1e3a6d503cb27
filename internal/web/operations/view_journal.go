package operations

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/web"
)

// journalPage shows what a search of the journal found.
type journalPage struct {
	web.ProPage
	List web.List
	Rows []eventView
	More bool // than a search reads
	// Limit is how many it reads.
	Limit int
}

// eventView is an event as the journal says it in a sentence, which the partial
// operations/partials/event makes of the act.
type eventView struct {
	At         web.Moment
	Second     int    // of the minute: acts follow one another within one
	Instant    string // the same, as machines read it
	Author     string
	AuthorRole string // code; "" for the portal itself, and for nobody known
	Act        audit.Act
	Label      string // code of the act as the filter names it
	Object     string // as it was called then
	ObjectID   string
	ObjectURL  string // where it is shown; "" for nowhere
	Role       string // code of the role that the act is about
	Detail     string // code of how or why
	Code       string // the same as the portal wrote it down, for want of words
	Recipient  recipientCorrected
	Kind       string // code of the kind of an order
	Tenant     string // SIRET of the organisation whose affair it is
	Changes    string // how many answers a deposit changed
	Batch      int    // of its seal; 0 until sealed
}

// recipientCorrected is a recipient whose address was corrected.
type recipientCorrected struct{ Position, Refusal string }

func (v Views) newJournalPage(page web.ProPage, list web.List, found audit.Page) journalPage {
	p := journalPage{ProPage: page, List: list, More: found.More, Limit: audit.SearchLimit}
	for _, entry := range found.Entries {
		p.Rows = append(p.Rows, v.newEventView(entry))
	}
	return p
}

// objectPaths lead to the pages of objects, by their kind.
var objectPaths = map[string]string{
	"account": "/administration/comptes/", "organisation": "/administration/organisations/", "dossier": "/suivi/",
	"order": ordersPath + "/", "mail": mailsPath + "/", "job": jobsPath + "/",
	"habilitation": habilitationsPath + "/", "subscription": subscriptionsPath + "/", "hub_account": subscriptionsPath + "/", "datapass": receivedPath + "/",
	"collectivity": "/administration/collectivites/",
}

// addressable is an id that may stand in an address as it is.
var addressable = regexp.MustCompile(`^[0-9A-Za-z-]{1,40}$`)

func (v Views) newEventView(entry audit.Entry) eventView {
	view := eventView{
		At: web.MomentOf(entry.At), Second: entry.At.Second(), Instant: entry.At.UTC().Format(time.RFC3339), Author: entry.Author.Display, AuthorRole: v.known("role."+entry.Author.Role, ""),
		Act: entry.Act, Label: v.known("audit."+string(entry.Act), "audit.other"),
		Object: entry.Object.Display, ObjectID: entry.Object.ID, Tenant: entry.Organisation, Batch: int(entry.Batch),
	}
	if view.Object == "" {
		view.Object = entry.Object.ID
	}
	if path := objectPaths[entry.Object.Kind]; path != "" && addressable.MatchString(entry.Object.ID) {
		view.ObjectURL = path + entry.Object.ID
	}
	v.detail(&view, entry)
	return view
}

// recipientDetail is how notice.DecideCorrection tells which address was corrected.
var recipientDetail = regexp.MustCompile(`^recipient (\d+): (.+)$`)

// detail says how or why in words, according to what the detail of an act is.
func (v Views) detail(view *eventView, entry audit.Entry) {
	corrected := recipientDetail.FindStringSubmatch(entry.Detail)
	switch {
	case entry.Detail == "":
	case slices.Contains(account.Roles[:], account.Role(entry.Detail)):
		view.Role = "role." + entry.Detail
	case entry.Act == audit.OrderRetried:
		view.Kind = v.known("order.kind."+entry.Detail, "order.kind.other")
	case entry.Act == audit.MailReaddressed && corrected != nil:
		view.Recipient = recipientCorrected{Position: corrected[1], Refusal: refusalOf(corrected[2])}
	case entry.Act == audit.RequestFiled:
		view.Changes = entry.Detail
	case entry.Object.Kind == "datapass":
		view.Detail = v.known("datapass.event."+entry.Detail, "")
	default:
		// What comes after the first word, such as the name of an identity provider, is for
		// whoever looks into the database.
		code, _, _ := strings.Cut(entry.Detail, " ")
		if view.Detail = v.known("audit.detail."+code, ""); view.Detail == "" && !provesIdentity(entry.Act) {
			view.Code = strings.TrimSpace(entry.Detail)
		}
	}
	if entry.Object.Kind == "job" {
		view.Kind = v.jobName(entry.Object.ID)
	}
}

// provesIdentity tells the acts whose detail is how somebody proved who she is.
func provesIdentity(act audit.Act) bool {
	return act == audit.SignInAccepted || act == audit.StepUpAccepted
}
