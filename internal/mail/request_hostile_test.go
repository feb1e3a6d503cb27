package mail_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
)

// elements are the tags of a document in their order: what a text must not change.
func elements(t testing.TB, document string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for n := range root.Descendants() {
		if n.Type == html.ElementNode || n.Type == html.CommentNode {
			tags = append(tags, n.Data)
		}
	}
	return strings.Join(tags, " ")
}

// hostileNotices have the same text for every name, reason and comment.
func hostileNotices(text string) []notice.Notice {
	about := aboutSainville()
	about.Organisation, about.Software = text, text
	renewed := request.Lapsing{TokenID: urgentToken, Software: text, Expiry: noon, Amended: true}
	return []notice.Notice{
		must(request.NewAcknowledged(request.Acknowledged{About: about, Revision: 2, FiledAt: noon, Deadline: request.DeadlineOf(noon), Lapsing: renewed})),
		must(request.NewChangesAsked(request.ChangesAsked{About: about, Revision: 3, Reason: text, At: noon, Lapsing: renewed, Comments: []request.Comment{{Field: "intitule", Text: text}}})),
		must(request.NewMessageSent(request.MessageSent{About: about, From: request.SideTown, At: noon})),
		must(request.NewMessageSent(request.MessageSent{About: about, From: request.SideStaff, At: noon})),
		must(request.NewTransferred(request.Transferred{About: about, Holder: text, Former: text, By: text, At: noon})),
		must(request.NewClaimed(request.Claimed{About: about, Claimant: text, Until: noon, At: noon})),
		must(request.NewClaimEnded(request.ClaimEnded{About: about, By: text, At: noon})),
		must(request.NewDraftExpires(request.DraftExpires{About: about, EditedAt: noon, ErasedOn: noon, Stage: 7})),
	}
}

// « HTML in every text field », « names with CR/LF » (issue): a text is shown as it is, adds
// no header, no markup and no link, and leaves the number in the subject.
func TestTextsOfRequestsStayContent(t *testing.T) {
	render := renderer(t)
	harmless := hostileNotices("Sainville")
	for name, row := range map[string]struct{ text, shown string }{
		"line feeds":   {"COMMUNE\r\nBcc: x@y.example.fr", "COMMUNE Bcc: x@y.example.fr"},
		"markup":       {`<script>alert(1)</script><a href="https://mechant.example">ici</a><!-- -->`, `<script>alert(1)</script><a href="https://mechant.example">ici</a><!-- -->`},
		"an entity":    {`&lt;b&gt; "onclick=" L'Haÿ`, `&lt;b&gt; "onclick=" L'Haÿ`},
		"a template":   {`{{.Portal}}{{template "link" .}}`, `{{.Portal}}{{template "link" .}}`},
		"a formula":    {`=HYPERLINK("http://mechant.example")`, `=HYPERLINK("http://mechant.example")`},
		"250 letters":  {strings.Repeat("é", 250), strings.Repeat("é", 250)},
		"turned round": {"gpj.\u202eetiord\u2066a\u2069\u200f", "gpj.etiorda"},
		"not UTF-8":    {"Sain\xffville\x00", "Sain\uFFFDville"},
	} {
		for i, n := range hostileNotices(row.text) {
			written := render(n)
			if strings.ContainsAny(written.Subject, "\r\n\u202e\u2066\u200f\x00") || utf8.RuneCountInString(written.Subject) > 110 || !strings.Contains(written.Subject, "D10000017") {
				t.Errorf("%s in %s: subject %q", name, n.Kind(), written.Subject)
			}
			if strings.ContainsAny(written.Text+written.HTML, "\r\u202e\u2066\u200f\x00") {
				t.Errorf("%s in %s: a mark that no text needs", name, n.Kind())
			}
			plain := strings.ReplaceAll(elements(t, written.HTML), " br", "")
			if want := strings.ReplaceAll(elements(t, render(harmless[i]).HTML), " br", ""); plain != want {
				t.Errorf("%s in %s changes the markup\n%s\n%s", name, n.Kind(), plain, want)
			}
			if recipients := (notice.Recipients{To: written.To, CC: written.CC}); !cmp.Equal(recipients, n.Recipients()) {
				t.Errorf("%s in %s: for %v", name, n.Kind(), recipients)
			}
			for _, words := range []string{oneSpaced(written.Text), shown(t, written.HTML)} {
				if !strings.Contains(words, row.shown) {
					t.Errorf("%s in %s: not shown as it is\n%s", name, n.Kind(), words)
				}
			}
		}
	}
}

// One mail for each deposit, decision, message, transfer and claim: an event recorded again is
// the same mail, and no two events are.
func TestKeysAreOneForEachEvent(t *testing.T) {
	seen := map[string]bool{}
	count := 0
	for _, number := range []habilitation.RequestNumber{10000017, 10000018} {
		for step := range 3 {
			about := aboutSainville()
			about.Request = number
			events := func() []notice.Notice {
				at := noon.Add(time.Duration(step) * time.Microsecond) // two people in one second
				day := noon.AddDate(0, 0, step)
				return []notice.Notice{
					must(request.NewAcknowledged(request.Acknowledged{About: about, Revision: step + 1, FiledAt: noon, Deadline: noon})),
					must(request.NewChangesAsked(request.ChangesAsked{About: about, Revision: step + 1, Reason: "À revoir.", At: noon})),
					must(request.NewMessageSent(request.MessageSent{About: about, From: request.SideTown, At: at})),
					must(request.NewMessageSent(request.MessageSent{About: about, From: request.SideStaff, At: at})),
					must(request.NewTransferred(request.Transferred{About: about, Holder: "Jeanne Maréchal", At: at})),
					must(request.NewClaimed(request.Claimed{About: about, Claimant: "Jeanne Maréchal", Until: noon, At: at})),
					must(request.NewClaimEnded(request.ClaimEnded{About: about, At: at})),
					must(request.NewDraftExpires(request.DraftExpires{About: about, EditedAt: day, ErasedOn: noon, Stage: 30})),
					must(request.NewDraftExpires(request.DraftExpires{About: about, EditedAt: day, ErasedOn: noon, Stage: 7})),
				}
			}
			again := events()
			for i, n := range events() {
				if n.Key() != again[i].Key() || seen[n.Key()] {
					t.Errorf("key %q", n.Key())
				}
				seen[n.Key()] = true
				count++
			}
		}
	}
	if len(seen) != count {
		t.Errorf("%d keys for %d events", len(seen), count)
	}
}

// A mail without what its sentences are about is not made.
func TestANoticeLacksNothing(t *testing.T) {
	about, nobody := aboutSainville(), aboutSainville()
	nobody.To = ""
	refused := func(name string, err error) {
		t.Helper()
		if !errors.Is(err, notice.ErrIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := request.NewAcknowledged(request.Acknowledged{About: about, FiledAt: noon})
	refused("a deposit without its deadline", err)
	_, err = request.NewChangesAsked(request.ChangesAsked{About: about, Reason: " \r\n\u202e", At: noon})
	refused("changes without a reason", err)
	_, err = request.NewMessageSent(request.MessageSent{About: nobody, From: request.SideTown, At: noon})
	refused("a message for nobody", err)
	_, err = request.NewTransferred(request.Transferred{About: about, Holder: "\u202e", At: noon})
	refused("a transfer to nobody", err)
	_, err = request.NewClaimed(request.Claimed{About: about, Claimant: "Jeanne Maréchal", Until: noon})
	refused("a claim of no time", err)
	_, err = request.NewClaimEnded(request.ClaimEnded{About: nobody, At: noon})
	refused("a refusal for nobody", err)
	_, err = request.NewDraftExpires(request.DraftExpires{About: about, ErasedOn: noon, Stage: 7})
	refused("a draft that was never edited", err)
}
