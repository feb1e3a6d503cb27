package operations

import (
	"slices"
	"strconv"
	"strings"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// mailsPage lists the mails.
type mailsPage struct {
	web.ProPage
	List web.List
	Rows []mailRow
}

// mailRow is a mail of the list.
type mailRow struct {
	URL       string
	Subject   string // "" until it is written
	Model     model
	First     string // address of the first recipient
	Others    int    // how many more
	State     notice.State
	Severity  string
	CreatedAt web.Moment
}

// model is an automatic mail of the catalogue.
type model struct {
	Name string // "" for one that this instance does not know
	URL  string
}

// mailSeverities are those of the badges, of mails and of recipients.
var mailSeverities = map[notice.State]string{
	notice.Pending: "info", notice.Sent: "success", notice.Bounced: "error", notice.Withdrawn: "info",
}

func newMailsPage(page web.ProPage, list web.List, listed []notice.Mail, catalogue []notice.Sample) mailsPage {
	p := mailsPage{ProPage: page, List: list}
	for _, mail := range listed {
		row := mailRow{
			URL: mailPath(mail.ID), Subject: mail.Subject, Model: modelOf(mail.Kind, catalogue),
			State: mail.State(), Severity: mailSeverities[mail.State()], CreatedAt: web.MomentOf(mail.CreatedAt),
		}
		if len(mail.Recipients) > 0 {
			row.First, row.Others = mail.Recipients[0].Address, len(mail.Recipients)-1
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

func modelOf(kind notice.Kind, catalogue []notice.Sample) model {
	at := slices.IndexFunc(catalogue, func(s notice.Sample) bool { return s.Kind == kind })
	if at < 0 {
		return model{}
	}
	return model{Name: catalogue[at].Name, URL: samplePath(kind)}
}

// mailPage shows one mail.
type mailPage struct {
	web.ProPage
	ID         int64
	Subject    string // "" until it is written
	Model      model
	State      notice.State
	Severity   string
	CreatedAt  web.Moment
	FinishedAt web.Moment
	MessageID  string
	Erased     bool
	Recipients []recipientView
	// Sending is the order that sends it; zero once everyone has it.
	Sending orderView
}

// recipientView is a recipient of a mail.
type recipientView struct {
	Address       string
	Field         notice.Field
	State         notice.State
	Severity      string
	Refusal       string // code of the sentence that says why it was refused
	Code          string // the relay's own: 550 5.1.1
	ToldAt        web.Moment
	CorrectedFrom string
	// Correction is the field of another address, where one may be given.
	CanCorrect bool
	Correction form.Field
	URL        string
	position   int
}

func newMailPage(page web.ProPage, mail notice.Mail, catalogue []notice.Sample, mayReaddress bool) mailPage {
	p := mailPage{
		ProPage: page, ID: mail.ID, Subject: mail.Subject, Model: modelOf(mail.Kind, catalogue), State: mail.State(),
		Severity: mailSeverities[mail.State()], CreatedAt: web.MomentOf(mail.CreatedAt), FinishedAt: web.MomentOf(mail.FinishedAt),
		MessageID: mail.MessageID, Erased: mail.Erased,
	}
	for _, recipient := range mail.Recipients {
		view := recipientView{
			Address: recipient.Address, Field: recipient.Field, State: recipient.State, Severity: mailSeverities[recipient.State],
			ToldAt: web.MomentOf(recipient.ToldAt), CorrectedFrom: recipient.CorrectedFrom, position: recipient.Position,
		}
		if recipient.State == notice.Bounced {
			view.Refusal = refusalOf(recipient.Code)
			view.CanCorrect = mayReaddress && !mail.Erased
			view.Correction = form.Field{Name: addressField(recipient.Position), Value: recipient.Address}
			view.URL = mailPath(mail.ID) + "/destinataires/" + strconv.Itoa(recipient.Position)
		}
		if recipient.Code != notice.CodeMalformed {
			view.Code = recipient.Code
		}
		p.Recipients = append(p.Recipients, view)
	}
	return p
}

// refused is the page with what was typed for a recipient, and why it was refused.
func (p mailPage) refused(position int, field form.Field) mailPage {
	p.Recipients = slices.Clone(p.Recipients)
	for i, recipient := range p.Recipients {
		if recipient.position == position {
			p.Recipients[i].Correction = field
		}
	}
	p.Problems = form.Problems(field)
	return p
}

// refusalOf gives the code of the sentence that says why a relay refused a recipient. The
// enhanced code, where there is one, is the more precise (RFC 3463); 5.0.0 says nothing,
// and some relays say it of an address that does not exist.
func refusalOf(code string) string {
	reply, enhanced, _ := strings.Cut(strings.TrimSuffix(code, " 5.0.0"), " ")
	switch {
	case code == notice.CodeMalformed:
		return "refusal.malformed"
	case strings.HasPrefix(enhanced, "5.1."):
		return "refusal.unknown"
	case enhanced == "5.2.2", enhanced == "" && reply == "552":
		return "refusal.full"
	case strings.HasPrefix(enhanced, "5.2."):
		return "refusal.closed"
	case strings.HasPrefix(enhanced, "5.7."), enhanced == "" && reply == "554":
		return "refusal.blocked"
	case enhanced == "" && (reply == "550" || reply == "551" || reply == "553"):
		return "refusal.unknown"
	}
	return "refusal.other"
}
