package credential

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// SeedToken is a token of a seed: one whose text is known already, and is in its software; or
// one that is to be collected, when Text is "".
type SeedToken struct {
	Text      value.Secret
	ExpiresAt time.Time
	Revoked   bool // with its habilitation
}

// Seed gives a habilitation the token of a seed, and writes to nobody. It is false where the
// habilitation has its token already. Code: token.malformed.
func (s *Tokens) Seed(ctx context.Context, by audit.Author, to Grantee, given SeedToken) (bool, error) {
	drawn, err := s.Mint.Draw(to.Habilitation)
	if err != nil {
		return false, fmt.Errorf("draw a token: %w", err)
	}
	issued := Issued(drawn, to, s.Now())
	if given.Text != "" {
		if issued, err = s.known(issued, given); err != nil {
			return false, err
		}
	}
	change := TokenChange{New: []Drawn{issued}, At: s.Now(), Events: []audit.Event{
		TokenEvent(by, "", issued.Token, s.Mint.Prefix, audit.TokenIssued, "", s.Now()),
	}}
	err = s.Store.RecordTokens(ctx, change)
	if fault.Is(err, "token.moved") {
		return false, nil
	}
	return err == nil, err
}

// known is a token whose text was given: somebody has it safe already.
func (s *Tokens) known(issued Drawn, given SeedToken) (Drawn, error) {
	text, err := ParseTokenText(given.Text)
	if err != nil {
		return issued, err
	}
	issued.PublicID = text.PublicID
	issued.Digest, issued.Pepper = s.Mint.Pepper.Digest(text.Secret)
	issued.Sealed, issued.Kept, issued.ExpiresAt = nil, false, given.ExpiresAt
	if issued.IssuedAt = value.MonthsLater(given.ExpiresAt, -TokenLife); issued.IssuedAt.After(s.Now()) {
		issued.IssuedAt = s.Now()
	}
	side := SideEditor
	if issued.Editor == "" {
		side = SideTown
	}
	issued.Collection = Collection{Side: side, ByID: audit.System.ID, By: audit.System.Display, At: issued.IssuedAt}
	issued.ConfirmedAt = issued.IssuedAt
	if given.Revoked {
		issued.Revocation = TokenRevocation{By: audit.System.Display, At: s.Now()}
		issued.Barred = s.Now()
	}
	return issued, nil
}
