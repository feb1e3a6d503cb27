package tokens

import (
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// collectingPage says what it means to collect a token.
type collectingPage struct {
	web.ProPage
	subject
	OfTown bool // the reader is the town's
}

func newCollectingPage(page web.ProPage, f file, by reader, m moment) collectingPage {
	return collectingPage{ProPage: page, subject: newSubject(f.TokenFile, by, m), OfTown: by.Side == credential.SideTown}
}

// secretPage gives the text of a token: it is the one page that does.
type secretPage struct {
	web.ProPage
	subject
	Text       string
	PortalURL  string
	Recipient  string // SIRET, as programs write it
	ShownUntil web.Moment
	Replaces   bool // another one, which the software has
	Test       bool // it opens invented families alone
}

func newSecretPage(page web.ProPage, f file, by reader, m moment) secretPage {
	return secretPage{
		ProPage: page, subject: newSubject(f.TokenFile, by, m), Recipient: f.Siret.String(),
		ShownUntil: web.MomentOf(f.Collection.At.Add(credential.ShownAgain)), Replaces: f.Former.ID != "" && f.Former.Editor == f.Editor, Test: m.Prefix == credential.TestPrefix,
	}
}

// replacementPage asks how long the former token goes on.
type replacementPage struct {
	web.ProPage
	subject
	Asks    bool // the former token may go on
	Overlap form.Field
	Options []dsfr.Option
	Key     string     // of this form
	Until   web.Moment // end of the new one
	LastUse web.Moment
	OfTown  bool
}

func newReplacementPage(page web.ProPage, f file, by reader, m moment, asked form.Field) replacementPage {
	p := replacementPage{
		ProPage: page, subject: newSubject(f.TokenFile, by, m), Asks: f.Collection.Side != "" && f.State(m.Now).Opens(), Overlap: asked,
		Until: web.MomentOf(f.ExpiresAt), LastUse: web.MomentOf(f.LastUse), OfTown: by.Side == credential.SideTown,
	}
	if !p.Asks {
		p.Overlap.Value = "0"
	}
	p.Problems = form.Problems(asked)
	for _, o := range overlaps {
		code := "token.overlap." + o.days
		p.Options = append(p.Options, dsfr.Option{Value: o.days, Code: code, HintCode: code + ".hint"})
	}
	return p
}

// endingPage asks once more before a token that was replaced stops.
type endingPage struct {
	web.ProPage
	subject
	Next   nearView
	EndsAt web.Moment // otherwise
}

func newEndingPage(page web.ProPage, f file, by reader, m moment) endingPage {
	return endingPage{ProPage: page, subject: newSubject(f.TokenFile, by, m), Next: newNearView(f.Next, by, m), EndsAt: web.MomentOf(f.EndsAt)}
}

// closingPage says what suspending or revoking a token does, before it is done.
type closingPage struct {
	web.ProPage
	subject
	Act    closing
	Reason form.Field
	// Moved: the token is not, or no longer, as the person read it. What it is now comes with
	// it.
	Moved      bool
	Possible   bool // all the same
	Suspension closedView
	Revocation closedView
	// Replaced: another one took its place already, Next where the reader has it.
	Replaced   bool
	Next       nearView
	Beside     []besideView
	Replaces   bool // another one may be created afterwards, by the reader
	OfOperator bool // the reader is of those who watch over the tokens
}

func newClosingPage(page web.ProPage, of closing, f file, by reader, m moment) closingPage {
	return closingPage{
		ProPage: page, subject: newSubject(f.TokenFile, by, m), Act: of, Reason: form.Field{Name: fieldReason}, Possible: true,
		Suspension: closedView{At: web.MomentOf(f.Suspension.At), By: f.Suspension.By, Side: sideOf(f.Suspension.Side)},
		Revocation: closedView{At: web.MomentOf(f.Revocation.At), By: f.Revocation.By},
		Replaced:   !f.ReplacedAt.IsZero(), Next: newNearView(f.Next, by, m),
		Beside: newBesideViews(f, m), Replaces: by.Replace && f.ReplacedAt.IsZero(), OfOperator: by.Side == credential.SideOperator,
	}
}
