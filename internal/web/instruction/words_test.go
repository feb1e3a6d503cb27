package instruction

import (
	"testing"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// What these pages know as a code has its words.
func TestEveryCodeHasItsWords(t *testing.T) {
	parsed := webtest.Templates(t)
	codes := []string{helpClaim, helpYoungClaim}
	for _, state := range habilitation.States {
		codes = append(codes, newStateView(state, "").Code, helpOf(state, ""))
		if web.StateSeverity(state) == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
	for _, phase := range request.Phases {
		codes = append(codes, newStateView(habilitation.Reopened, phase).Code, helpOf(habilitation.Reopened, phase))
		if phaseSeverities[phase] == "" {
			t.Errorf("the badge of a modification %q has no colour", phase)
		}
	}
	for _, block := range editor.Blocks {
		if block != editor.BlockContacts { // which is a table of people
			codes = append(codes, "instruction.block."+string(block))
		}
	}
	for _, filter := range queueListing(sampleOffered).Filters {
		codes = append(codes, "filter."+filter.Name)
		if filter.Usual != "" {
			codes = append(codes, filter.Usual)
		}
		for _, option := range filter.Options {
			if option.Code != "" {
				codes = append(codes, option.Code)
			}
		}
	}
	for _, a := range acts {
		codes = append(codes, "instruction.act."+string(a.act))
		for mails := range 3 {
			codes = append(codes, "done."+doneCode(a.act, false, mails), "done."+doneCode(a.act, true, mails))
		}
	}
	for _, done := range []string{
		"demande-prise", "demande-attribuee", "demande-rendue", "message-a-la-collectivite", "messages-de-la-collectivite-lus", "reprise-" + answerYes, "reprise-" + answerNo,
		"filtre-garde", "filtre-efface", "modele-ajoute", "modele-change", "modele-efface",
	} {
		codes = append(codes, "done."+done)
	}
	for _, code := range append(codes, sheetColumns[:]...) {
		if _, found := parsed.Sentence(code); !found {
			t.Errorf("no words for %q", code)
		}
	}
}
