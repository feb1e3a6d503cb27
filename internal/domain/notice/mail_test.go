package notice_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// « mails sent, pending, bounced (5xx at RCPT) with the address to correct » (issue 3)
func TestAMailStandsWhereAPersonCanDoSomething(t *testing.T) {
	const p, s, b, w = notice.Pending, notice.Sent, notice.Bounced, notice.Withdrawn
	for name, row := range map[string]struct {
		recipients []notice.State
		want       notice.State
	}{
		"one waits":                                 {[]notice.State{p}, p},
		"one has it":                                {[]notice.State{s}, s},
		"one was refused":                           {[]notice.State{b}, b},
		"some have it, one waits":                   {[]notice.State{s, p, s}, p},
		"some have it, one was refused":             {[]notice.State{s, b, s}, b},
		"one waits, one was refused":                {[]notice.State{p, b}, b},
		"one of each":                               {[]notice.State{s, p, b}, b},
		"it was taken back from all":                {[]notice.State{w, w}, w},
		"it was taken back once some had it":        {[]notice.State{s, w}, s},
		"it was taken back, then one had it":        {[]notice.State{w, s}, s},
		"it was taken back, one waits all the same": {[]notice.State{w, p, s}, p},
		"it was taken back once one was refused":    {[]notice.State{w, b}, b},
		"nobody is left (purged, or never anyone)":  {nil, s},
	} {
		mail := notice.Mail{}
		for _, state := range row.recipients {
			mail.Recipients = append(mail.Recipients, notice.Recipient{State: state})
		}
		if got := mail.State(); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

// « deterministic Message-ID »
func TestTheSameKeyIsTheSameMessage(t *testing.T) {
	first := notice.MessageID("invitation 12", "particulier.api.gouv.fr")
	if first != notice.MessageID("invitation 12", "particulier.api.gouv.fr") {
		t.Error("two attempts of one mail have two Message-IDs")
	}
	if first == notice.MessageID("invitation 13", "particulier.api.gouv.fr") {
		t.Error("two mails have one Message-ID")
	}
	if line := "Message-ID: <" + first + ">"; len(line) > 76 || !strings.HasSuffix(line, "@particulier.api.gouv.fr>") {
		t.Errorf("%q does not fit its line", line)
	}
}

func TestAnAddressIsReadAsPeopleTypeIt(t *testing.T) {
	for typed, want := range map[string]string{
		"mairie@ville.fr":                            "mairie@ville.fr",
		"  Jean.Dupont@Mairie-Ville.FR ":             "jean.dupont@mairie-ville.fr",
		"a+b@ville.fr":                               "a+b@ville.fr",
		"":                                           "",
		"mairie":                                     "",
		"mairie@ville":                               "",
		"mairie@@ville.fr":                           "",
		"mairie@ville.fr, autre@ville.fr":            "",
		"Mairie <mairie@ville.fr>":                   "",
		"rené@ville.fr":                              "",
		"mairie@vîlle.fr":                            "",
		`"a b"@ville.fr`:                             "",
		"mairie@ville.fr\r\nBcc: x@y.fr":             "",
		"mairie @ville.fr":                           "",
		"mairie@ville..fr":                           "",
		strings.Repeat("a", 300) + "@ville.fr":       "",
		"mairie@ville.fr\x00":                        "",
		"mairie@ville.fr (accueil)":                  "",
		"<script>alert(1)</script>@ville.fr":         "",
		"mairie@" + strings.Repeat("v", 250) + ".fr": "",
	} {
		got, err := notice.ParseAddress(typed)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("ParseAddress(%q) = %q, %v, want %q", typed, got, err, want)
		}
		if err != nil && (!fault.Is(err, "mail.address_invalid") || strings.Contains(err.Error(), "ville")) {
			t.Errorf("ParseAddress(%q): %v", typed, err)
		}
	}
}

// « deduplicates addresses (case-insensitive; a Cc that is also in To is dropped) »
func TestNobodyGetsAMailTwice(t *testing.T) {
	got := notice.Recipients{
		To: []string{"Maire@ville.fr", "dgs@ville.fr", " maire@VILLE.fr", ""},
		CC: []string{"support@editeur.fr", "DGS@ville.fr", "Support@Editeur.fr"},
	}.Distinct()
	want := notice.Recipients{To: []string{"Maire@ville.fr", "dgs@ville.fr"}, CC: []string{"support@editeur.fr"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestANameStaysOnItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"Camille Ferrand":                         "Camille Ferrand",
		"Camille\r\nBcc: x@y.fr":                  "Camille Bcc: x@y.fr",
		" a\tb\x00c\u2028d\u0085 ":                "a b c d",
		"Société\u00a0: l’une":                    "Société\u00a0: l’une",
		"👩‍👧 famille":                             "👩‍👧 famille",
		"gauche\u202eetiord":                      "gaucheetiord",
		"<b>gras</b>":                             "<b>gras</b>",
		"\xff\xfe":                                "\uFFFD",
		strings.Repeat("é", 300):                  strings.Repeat("é", 29) + "…",
		strings.Repeat("a", 28) + " b" + "cccccc": strings.Repeat("a", 28) + "…",
	} {
		if got := notice.OneLine(text, 30); got != want {
			t.Errorf("OneLine(%q) = %q, want %q", text, got, want)
		}
	}
}

type sample struct {
	key string
	to  []string
}

func (sample) Kind() notice.Kind                      { return "essai" }
func (s sample) Key() string                          { return s.key }
func (s sample) Recipients() notice.Recipients        { return notice.Recipients{To: s.to} }
func (sample) Seal(plain []byte, place string) []byte { return append([]byte(place+"|"), plain...) }

func TestALetterNeedsAKeyAndSomebody(t *testing.T) {
	for name, incomplete := range map[string]sample{
		"no key":          {to: []string{"a@b.fr"}},
		"no recipient":    {key: "essai 1"},
		"empty addresses": {key: "essai 1", to: []string{"", " "}},
	} {
		if _, err := notice.Prepare(sample{}, incomplete); !errors.Is(err, notice.ErrIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
	letter, err := notice.Prepare(sample{}, sample{key: "essai 1", to: []string{"a@b.fr", "A@b.fr"}})
	want := notice.Letter{Kind: "essai", Key: "essai 1", Recipients: notice.Recipients{To: []string{"a@b.fr"}}, Content: []byte("mail essai 1|{}")}
	if diff := cmp.Diff(want, letter); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestOnlyABouncedAddressIsCorrected(t *testing.T) {
	mail := notice.Mail{ID: 7, Subject: "Votre invitation", Recipients: []notice.Recipient{
		{Position: 1, Address: "maire@vile.fr", State: notice.Bounced, Code: "550 5.1.1"},
		{Position: 2, Address: "dgs@ville.fr", State: notice.Sent},
		{Position: 3, Address: "accueil@ville.fr", State: notice.Pending},
	}}
	erased := mail
	erased.Erased = true
	for name, row := range map[string]struct {
		mail     notice.Mail
		position int
		address  string
		code     string
	}{
		"a slip mended":                   {mail, 1, " Maire@Ville.fr", ""},
		"the same address once more":      {mail, 1, "maire@vile.fr", ""},
		"one that has it":                 {mail, 2, "x@ville.fr", "mail.not_bounced"},
		"one that waits":                  {mail, 3, "x@ville.fr", "mail.not_bounced"},
		"nobody":                          {mail, 4, "x@ville.fr", "mail.unknown"},
		"no address":                      {mail, 1, "maire", "mail.address_invalid"},
		"somebody who has it already":     {mail, 1, "DGS@ville.fr", "mail.address_taken"},
		"a mail of which nothing is left": {erased, 1, "x@ville.fr", "mail.erased"},
	} {
		got, err := notice.DecideCorrection(row.mail, notice.Correction{MailID: 7, Position: row.position, Address: row.address, RequestID: "r-1"}, noon)
		if fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want the code %q", name, err, row.code)
		}
		if row.code != "" {
			continue
		}
		want := notice.Readdressed{MailID: 7, Position: 1, Address: strings.ToLower(strings.TrimSpace(row.address)), Event: audit.Event{
			At: noon, Act: audit.MailReaddressed, RequestID: "r-1", Detail: "recipient 1: 550 5.1.1",
			Object: audit.Object{Kind: "mail", ID: "7", Display: "Votre invitation"},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
