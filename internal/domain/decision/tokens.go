package decision

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
)

// grantToken makes the tokens of a request follow its new habilitation: one is issued where
// there was none, or where another software than before will use it; what is no longer granted
// is revoked.
func (o *Outcome) grantToken(f File, m Moment) error {
	r := o.Request
	if !r.Current.Modalities.Token {
		for _, t := range f.Tokens {
			o.endToken(t, m)
		}
		return nil
	}
	to, current := credential.GranteeOf(r), credential.Token{}
	for _, t := range f.Tokens {
		switch ours := t.Editor == to.Editor; {
		case t.State(m.At) == credential.TokenReplaced: // nothing follows what is over
		case t.Current() && ours:
			current = t
			o.move(t, t.Following(to), m.At)
		case t.Current(): // the former software keeps it for a while
			o.move(t, t.Narrowed(to, m.At).GivingWay(m.At), m.At)
			o.tellToken(t, audit.TokenReplaced, m)
		case ours:
			o.move(t, t.Following(to), m.At)
		default: // one that it had still, besides, goes on no longer
			o.move(t, t.Narrowed(to, m.At).GivingWay(m.At), m.At)
		}
	}
	if current.ID != "" {
		return nil
	}
	return o.issueToken(to, f.replacedToken(), credential.Withheld(to.Editor, slices.Concat(f.Revoked, f.Tokens)), m)
}

// replacedToken is the token that goes on at present, "" for none.
func (f File) replacedToken() string {
	for _, t := range f.Tokens {
		if t.Current() {
			return t.ID
		}
	}
	return ""
}

func (o *Outcome) issueToken(to credential.Grantee, replaces string, held credential.TokenSuspension, m Moment) error {
	drawn, err := m.Mint.Draw(o.Request.Current.Number)
	if err != nil {
		return fmt.Errorf("draw a token: %w", err)
	}
	issued := credential.Issued(drawn, to, m.At)
	issued.Suspension = held
	if issued.Replaces = replaces; !o.Request.State.Habilitates() {
		issued.Barred = m.At
	}
	o.Tokens.New = append(o.Tokens.New, issued)
	o.tellToken(issued.Token, audit.TokenIssued, m)
	o.offer(issued.Token, m)
	return nil
}

// offer tells the programs of an editor of a token that waits to be collected, and may be.
func (o *Outcome) offer(t credential.Token, m Moment) {
	if t.Editor != "" && t.State(m.At) == credential.TokenToCollect {
		o.EditorEvents = append(o.EditorEvents, notice.EditorEvent{Kind: credential.EventTokenToCollect, Editor: t.Editor, Siret: t.Siret, Subject: t.ID})
	}
}

// move records a token that changes: closed where the habilitation does not hold.
func (o *Outcome) move(before, after credential.Token, at time.Time) {
	if after = o.barred(after, at); !reflect.DeepEqual(before, after) {
		o.Tokens.Changed = append(o.Tokens.Changed, after)
	}
}

// barred closes the token of a habilitation that does not hold, and opens it when it holds
// again.
func (o *Outcome) barred(t credential.Token, at time.Time) credential.Token {
	switch holds := o.Request.State.Habilitates(); {
	case holds:
		t.Barred = time.Time{}
	case t.Barred.IsZero():
		t.Barred = at
	}
	return t
}

// endToken closes for ever the token of what is not granted any more.
func (o *Outcome) endToken(t credential.Token, m Moment) {
	ended, err := t.Revoked(credential.SideOperator, credential.TokenRevocation{By: m.Author.Display, At: m.At})
	if err != nil {
		return // it was over already
	}
	if ended.Barred.IsZero() {
		ended.Barred = m.At
	}
	o.Tokens.Changed = append(o.Tokens.Changed, ended)
	o.tellToken(ended, audit.TokenRevoked, m)
	if ended.Editor != "" {
		o.EditorEvents = append(o.EditorEvents, notice.EditorEvent{Kind: credential.EventTokenRevoked, Editor: ended.Editor, Siret: ended.Siret, Subject: ended.ID})
	}
}

// barTokens closes the tokens of a habilitation that no longer holds, for ever when it is
// revoked, and opens them again when it does.
func (o *Outcome) barTokens(f File, m Moment) {
	for _, t := range f.Tokens {
		if o.Request.State == habilitation.Revoked {
			o.endToken(t, m)
			continue
		}
		o.move(t, t, m.At)
		if reopened := o.barred(t, m.At); !t.Barred.IsZero() {
			o.offer(reopened, m)
		}
	}
}

// restoredToken is what a restoration tells of the token that goes on; zero for another decision.
func (o *Outcome) restoredToken(f File, act habilitation.Act) RestoredToken {
	t, _ := o.current(f)
	if act != habilitation.Restore || t.ID == "" {
		return RestoredToken{}
	}
	return RestoredToken{
		ID: t.ID, State: t.State(o.At), Expiry: t.ExpiresAt, Held: t.Suspension.Side == credential.SideOperator, Amended: f.Amendment.Filed(),
		Uncollected: t.Uncollected(),
	}
}

// replaceSoftware ends, after an overlap, the tokens of the software whose place another one
// takes as the town asked (PRODUCT.md 3.2). Its request gets another one when the place is its
// again (credential.Tokens.IssueMissing).
func (o *Outcome) replaceSoftware(f File, m Moment) {
	for _, t := range f.ServerTokens {
		if t.State(m.At) == credential.TokenReplaced {
			continue
		}
		o.Tokens.Changed = append(o.Tokens.Changed, t.GivingWay(m.At))
		if t.Current() {
			o.tellToken(t, audit.TokenReplaced, m)
		}
	}
}

// issuedToken is the id of the token that the decision issues, "" for none, and for one that the
// operator's suspension holds back.
func (o *Outcome) issuedToken() string {
	if len(o.Tokens.New) == 0 || o.holdsToken() {
		return ""
	}
	return o.Tokens.New[0].ID
}

// holdsToken tells that the decision issues a token that the operator's suspension holds back.
func (o *Outcome) holdsToken() bool {
	return len(o.Tokens.New) > 0 && !o.Tokens.New[0].Suspension.At.IsZero()
}

func (o *Outcome) tellToken(t credential.Token, act audit.Act, m Moment) {
	o.Events = append(o.Events, credential.TokenEvent(m.Author, m.RequestID, t, m.Mint.Prefix, act, "", m.At))
}
