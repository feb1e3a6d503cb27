package credential

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
)

// UsesLife is how long the calls of a day are known, in months (PRODUCT.md 6, technical logs).
const UsesLife = 6

// EraseUses erases the counts of calls that are too old to be kept.
func (s *Tokens) EraseUses(ctx context.Context) (int, error) {
	erased, err := s.Store.EraseUses(ctx, dayOf(s.Now().AddDate(0, -UsesLife, 0)))
	if err != nil {
		return 0, fmt.Errorf("erase the uses of tokens: %w", err)
	}
	return erased, nil
}

// EraseTexts erases the texts that nobody may be shown any more.
func (s *Tokens) EraseTexts(ctx context.Context) (int, error) {
	now := s.Now()
	erased, err := s.Store.EraseTexts(ctx, now.Add(-ShownAgain), now)
	if err != nil {
		return 0, fmt.Errorf("erase the texts of tokens: %w", err)
	}
	return erased, nil
}

// issuedAtOnce is how many habilitations without token are read at a time.
const issuedAtOnce = 200

// IssueMissing issues a token to every valid habilitation with the modality that is owed one, and
// tells those whom it concerns. Owed: it never had one; or its last one gave way to another
// software's (PRODUCT.md 3.2), and the dossiers of the town go to no other software whose right
// holds any more, be it restored, handed over, or the other one revoked. What a person revoked or
// suspended does not come back by itself. It counts them. Those that fail, however many, do not
// hold the others back: the error tells how many they are, and why the first one did.
func (s *Tokens) IssueMissing(ctx context.Context) (count int, err error) {
	var after habilitation.Number
	var first error
	failed := 0
	for {
		missing, err := s.Store.ListUnissued(ctx, after, issuedAtOnce)
		if err != nil {
			return count, errors.Join(fmt.Errorf("list the habilitations without token: %w", err), notIssued(failed, first))
		}
		for _, file := range missing {
			switch err := s.issue(ctx, file); {
			case err == nil:
				count++
			case fault.Is(err, "token.moved"), fault.Is(err, "token.replaced"), fault.Is(err, "token.barred"): // somebody acted meanwhile
			case ctx.Err() != nil:
				return count, errors.Join(ctx.Err(), notIssued(failed, first))
			default:
				failed, first = failed+1, cmp.Or(first, fmt.Errorf("of %s: %w", file.Habilitation, err))
			}
			after = file.Habilitation
		}
		if len(missing) < issuedAtOnce {
			return count, notIssued(failed, first)
		}
	}
}

// notIssued is the error of a run in which some tokens could not be issued; nil for none.
func notIssued(failed int, first error) error {
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d tokens could not be issued, the first one %w", failed, first)
}

func (s *Tokens) issue(ctx context.Context, file TokenFile) error {
	drawn, err := s.Mint.Draw(0)
	if err != nil {
		return fmt.Errorf("draw a token: %w", err)
	}
	now := s.Now()
	to := Grantee{file.Request, file.Habilitation, file.Siret, file.Organisation, file.Editor, file.Scopes}
	issued := Issued(drawn, to, now)
	issued.Replaces = file.Replaces
	system := Caller{Author: audit.System, Side: SideOperator}
	change := TokenChange{New: []Drawn{issued}, Events: []audit.Event{s.event(system, issued.Token, audit.TokenIssued, "")}, At: now}
	if issued.Editor != "" {
		change.Told = []notice.EditorEvent{{Kind: EventTokenToCollect, Editor: issued.Editor, Siret: issued.Siret, Subject: issued.ID}}
	}
	file.Token = issued.Token
	if err := s.tell(ctx, &change, system, file, audit.TokenIssued, ""); err != nil {
		return err
	}
	if err := s.Store.RecordTokens(ctx, change); err != nil {
		return fmt.Errorf("issue a token: %w", err)
	}
	return nil
}
