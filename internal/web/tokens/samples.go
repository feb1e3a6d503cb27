package tokens

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// The samples are invented. They show each page in its ordinary state, to each side, and with
// the longest texts and the most hostile.

const (
	script  = "<script>alert(1)</script>"
	hostile = script + " & L'ESSAI"
)

var (
	endless = strings.Repeat("SAINVILLE", 28)
	noon    = time.Date(2026, time.March, 12, 11, 0, 0, 0, time.UTC)
	at      = moment{Now: noon, Prefix: credential.LivePrefix}
)

const (
	sampleSiret  = "21040107100019"
	sampleEditor = "90511200900014"
	sampleID     = "5f0c1a52-9a3e-4b7c-8d11-0242ac120002"
	formerID     = "5f0c1a52-9a3e-4b7c-8d11-0242ac120001"
	nextID       = "5f0c1a52-9a3e-4b7c-8d11-0242ac120003"
)

// The readers of the samples.
var (
	ofEditor = reader{
		Caller: credential.Caller{Side: credential.SideEditor, Organisation: sampleEditor, AccountID: 1}, Space: account.SpaceEditor,
		Collect: true, Replace: true, Suspend: true, Resume: true, Revoke: true,
	}
	ofTown = reader{
		Caller: credential.Caller{Side: credential.SideTown, Organisation: sampleSiret, AccountID: 2}, Space: account.SpaceTown,
		Collect: true, Replace: true, Suspend: true, Resume: true, Revoke: true,
	}
	colleague = reader{
		Caller: credential.Caller{Side: credential.SideTown, Organisation: sampleSiret, AccountID: 3}, Space: account.SpaceTown,
		Collect: true, Replace: true, Suspend: true, Resume: true, Revoke: true,
	}
	administrator = reader{Caller: credential.Caller{Side: credential.SideOperator, AccountID: 4}, Space: account.SpaceAdministration, Suspend: true, Resume: true, Revoke: true}
	consulting    = reader{Caller: credential.Caller{Side: credential.SideOperator, AccountID: 5}, Space: account.SpaceAdministration}
	supporting    = reader{Caller: credential.Caller{Side: credential.SideOperator, AccountID: 6}, Space: account.SpaceSupport, Suspend: true, Resume: true}
)

// framed frames a page as somebody of a side sees it.
func framed(page web.ProPage, by reader, path string) web.ProPage {
	page.Path, page.Space = path, by.Space
	entries := map[account.Space][2]string{
		account.SpaceEditor: {"Sofia Renard", "Logiciels Tilleul"}, account.SpaceTown: {"Anne Morel", "COMMUNE DE MAJASTRES"},
		account.SpaceAdministration: {"Camille Ferrand", "Direction interministérielle du numérique"}, account.SpaceSupport: {"Léa Fontaine", "Direction interministérielle du numérique"},
	}
	page.Person, page.Organisation = entries[by.Space][0], entries[by.Space][1]
	links := []web.NavLink{{Code: "accueil", URL: by.Space.Path()}, {Code: "jetons", URL: by.Space.Path() + listPart}}
	if by.Space == account.SpaceTown {
		links = []web.NavLink{{Code: "accueil", URL: by.Space.Path()}, {Code: "demandes", URL: townRequestsPath}}
	}
	page.Navigation = web.MarkCurrent(links, path)
	return page
}

// sampleToken is a token that waits, of a town with an editor.
func sampleToken() credential.TokenFile {
	return credential.TokenFile{
		Token: credential.Token{
			ID: sampleID, PublicID: "7Yk2pQe9RwLx", Request: 48231, Habilitation: 10_000_042, Siret: sampleSiret, Organisation: "COMMUNE DE MAJASTRES", Editor: sampleEditor,
			Scopes:   []string{"cnaf_quotient_familial", "cnaf_allocataires", "cnaf_enfants", "cnaf_adresse"},
			IssuedAt: noon.Add(-50 * time.Hour), ExpiresAt: value.MonthsLater(noon.Add(-50*time.Hour), credential.TokenLife), Kept: true,
		},
		Title: "Tarifs de la cantine et de l'accueil du matin", Holder: 2, RequesterName: "Anne Morel",
		Right:      credential.Right{Holds: true},
		Addressees: credential.Addressees{Requester: "anne.morel@majastres.example.fr", Technical: "integration@tilleul.example.fr", Editor: "Logiciels Tilleul"},
	}
}

// with changes a token of the samples.
func with(change func(f *file)) file {
	f := file{TokenFile: sampleToken()}
	change(&f)
	return f
}

func collectedBy(side credential.Side, who string, ago time.Duration) func(f *file) {
	return func(f *file) {
		f.Collection = credential.Collection{Side: side, ByID: "1", By: who, At: noon.Add(-ago)}
	}
}

// sampleFile is a token in a state, with what the state supposes.
func sampleFile(state credential.TokenState) file {
	return with(func(f *file) {
		if state == credential.TokenToCollect {
			return
		}
		collectedBy(credential.SideEditor, "Sofia Renard", 40*24*time.Hour)(f)
		f.IssuedAt, f.Kept, f.ConfirmedAt = noon.Add(-41*24*time.Hour), false, noon.Add(-40*24*time.Hour)
		if state == credential.TokenCollected {
			return
		}
		f.FirstUse, f.LastUse, f.Uses = noon.Add(-39*24*time.Hour), noon.Add(-time.Hour), sampleUses()
		switch state {
		case credential.TokenExpiring:
			f.ExpiresAt = noon.Add(40 * 24 * time.Hour)
		case credential.TokenExpired:
			f.ExpiresAt, f.LastUse = noon.Add(-40*time.Hour), noon.Add(-41*time.Hour)
		case credential.TokenOverlapped, credential.TokenReplaced:
			f.ReplacedAt, f.EndsAt = noon.Add(-20*time.Hour), noon.Add(10*24*time.Hour)
			if state == credential.TokenReplaced {
				f.EndsAt = noon.Add(-19 * time.Hour)
			}
			f.Next = sampleToken()
			f.Next.ID, f.Next.PublicID, f.Next.Replaces = nextID, "Zb81mCq0TnVd", sampleID
		case credential.TokenSuspended:
			f.Suspension = credential.TokenSuspension{Side: credential.SideEditor, By: "Sofia Renard", Reason: "Un poste a été volé.\n\nNous vérifions.", At: noon.Add(-30 * time.Hour)}
		case credential.TokenRevoked:
			f.Revocation = credential.TokenRevocation{By: "Sofia Renard", Reason: "Le jeton a été publié par erreur.", At: noon.Add(-30 * time.Hour)}
		case credential.TokenToCollect, credential.TokenCollected, credential.TokenInUse:
		}
	})
}

// sampleUses are calls of several days, with every outcome that has words and one without.
func sampleUses() []credential.Use {
	outcomes := []string{"200", "404", "401 00103", "401 00105", "403 00100", "400", "422", "429", "502", "504", "418"}
	var uses []credential.Use
	for i := range usesShown {
		day := noon.AddDate(0, 0, -i).Format(time.DateOnly)
		for j, outcome := range outcomes[:1+i*i%7*i%len(outcomes)/2] {
			uses = append(uses, credential.Use{Day: day, Outcome: outcome, Count: int64(1 + (i+3)*(j*5+1)*137%2400)})
		}
	}
	return uses
}

// overlapping is a new token whose former one goes on.
func overlapping() file {
	f := with(func(f *file) { f.Replaces = formerID })
	former := sampleFile(credential.TokenOverlapped)
	f.Former = former.TokenFile
	f.Former.ID, f.Former.PublicID = formerID, "Zb81mCq0TnVd"
	return f
}

func longest() file {
	f := sampleFile(credential.TokenSuspended)
	f.Organisation, f.Title, f.Addressees.Editor, f.RequesterName = endless, hostile+" "+endless, endless, endless
	f.Collection.By, f.Suspension.By, f.Suspension.Reason = endless, hostile, hostile+"\n"+endless
	return f
}

// sampleText is the text of a token that nobody was ever issued.
func sampleText(prefix credential.TokenPrefix) string {
	drawn, err := credential.DrawToken(bytes.NewReader(bytes.Repeat([]byte{7, 61, 123, 200, 18, 99}, 20)), prefix)
	if err != nil {
		panic(err) // a sample of ours
	}
	return drawn.Reveal().Reveal()
}

// asked reads an address of the list as a person asks for it.
func asked(by reader, query string, total int) web.List {
	read, err := url.ParseQuery(query)
	if err != nil {
		panic(err) // a sample of ours
	}
	return listing(by.Space).Read(read).List(total)
}

// sampleList is a page of tokens in every state.
func sampleList(count int) []credential.TokenFile {
	listed := make([]credential.TokenFile, count)
	for i := range listed {
		f := sampleFile(urgency[i*len(urgency)/count]).TokenFile
		f.ID, f.PublicID = fmt.Sprintf("5f0c1a52-9a3e-4b7c-8d11-%012d", i), fmt.Sprintf("7Yk2pQe9R%03d", i)
		if i%4 == 3 {
			f.Editor, f.Addressees.Editor = "", ""
		}
		listed[i] = f
	}
	return listed
}
