package decision

import (
	"slices"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
)

// prolong prolongs the token of a request whose modification was begun for that, once it is
// approved (guide, 6.c: « après validation, le jeton est automatiquement prolongé de 18 mois »).
// One that is suspended, or that another software replaces, is not, nor is one whose modification
// was never deposited: what was approved is something else.
func (o *Outcome) prolong(f File, of editor.Editor, m Moment) error {
	o.AmendmentEnd = f.amendmentEnd(renewal.EndApproved)
	if o.AmendmentEnd != renewal.EndApproved || !o.Request.State.Habilitates() {
		return nil
	}
	t, changed := o.current(f)
	if t.ID == "" || t.State(m.At) == credential.TokenSuspended {
		return nil
	}
	after, done := f.Amendment.Prolonged(t, m.Author, m.At)
	if changed < 0 {
		o.Tokens.Changed = append(o.Tokens.Changed, after)
	} else {
		o.Tokens.Changed[changed] = after
	}
	o.Prolonged = append(o.Prolonged, done)
	o.tellToken(after, audit.TokenProlonged, m)
	mailed := about(o.Request, of)
	composed, told, err := renewal.Announce(m.Mint.Prefix, credential.TokenFile{
		Token: after, Title: mailed.Title, Software: f.Software,
		Addressees: credential.Addressees{Requester: mailed.To, Technical: mailed.CC, Editor: mailed.Editor},
	}, done)
	o.EditorEvents, o.prolongation = append(o.EditorEvents, told...), composed
	return err
}

// until is the expiry that the decision gives the token; zero where it prolongs none.
func (o *Outcome) until() time.Time {
	if len(o.Prolonged) == 0 {
		return time.Time{}
	}
	return o.Prolonged[0].Until
}

// tellProlonged writes the mail of what is prolonged, which follows the one of the approval.
func (o *Outcome) tellProlonged(m Moment) error {
	if o.prolongation == nil {
		return nil
	}
	return o.write(m.Sealer, func() (notice.Notice, error) { return o.prolongation, nil })
}

// amendmentEnd is what becomes of the modification that was begun for a prolongation, once the
// request is decided: one that was never deposited is given up. "" where there is none.
func (f File) amendmentEnd(decided renewal.End) renewal.End {
	switch {
	case f.Amendment.IsZero():
		return ""
	case f.Amendment.FiledAt.IsZero():
		return renewal.EndGivenUp
	}
	return decided
}

// current is the token of the request that goes on, as the decision leaves it, and its place
// among those that change; below zero for none.
func (o *Outcome) current(f File) (t credential.Token, changed int) {
	for i, t := range o.Tokens.Changed {
		if t.Request == o.Request.Number && t.Current() {
			return t, i
		}
	}
	for _, t := range f.Tokens { // one that changes and is not current any more is as it was here
		isChanged := slices.ContainsFunc(o.Tokens.Changed, func(after credential.Token) bool { return after.ID == t.ID })
		if t.Current() && !isChanged && t.Editor == o.Request.Current.Editor.Siret {
			return t, -1
		}
	}
	return credential.Token{}, -1
}
