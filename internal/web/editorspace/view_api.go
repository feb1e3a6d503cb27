package editorspace

import (
	"strconv"
	"time"

	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

func programPath(id string) string { return apiPath + "/" + id }

func secretPath(id string, secret int64) string {
	return programPath(id) + "/secrets/" + strconv.FormatInt(secret, 10) + "/suppression"
}

// programsPage lists the programs of an editor that call the API.
type programsPage struct {
	web.ProPage
	Rows     []programRow
	CanWrite bool
	Full     bool // there can be no more
}

// programRow is a program in the list.
type programRow struct {
	URL, Name, ID string
	Scopes        []string // codes
	Networks      int
	Secrets       int // that hold
	LastUse       web.Moment
	RevokedAt     web.Moment
	Revoked       bool
}

func newProgramsPage(page web.ProPage, listed []machine.Client) programsPage {
	p := programsPage{ProPage: page}
	holding := 0
	for _, client := range listed {
		if !client.Revoked() {
			holding++
		}
		p.Rows = append(p.Rows, newProgramRow(client))
	}
	p.Full = holding >= machine.MostClients
	return p
}

func newProgramRow(client machine.Client) programRow {
	row := programRow{
		URL: programPath(client.ID), Name: client.Name, ID: client.ID, Networks: len(client.Networks), Secrets: len(client.Secrets),
		LastUse: web.MomentOf(client.LastUse), RevokedAt: web.MomentOf(client.RevokedAt), Revoked: client.Revoked(),
	}
	for _, scope := range client.Scopes {
		row.Scopes = append(row.Scopes, scopeCode(scope))
	}
	return row
}

// programPage is a program.
type programPage struct {
	web.ProPage
	programRow
	Lines                []string // its networks
	CreatedAt            web.Moment
	CreatedBy, RevokedBy string
	Kept                 []secretRow
	CanWrite             bool
}

// CanAdd tells whether a secret may be added.
func (p programPage) CanAdd() bool { return p.CanWrite && len(p.Kept) < machine.MostSecrets }

// secretRow is a secret: all but its text.
type secretRow struct {
	EndURL, By string
	At         web.Moment
	Days       int // its age
	LastUse    web.Moment
	Rank       int // among all that the program had
}

func newSecretRow(client machine.Client, secret machine.Secret, now time.Time) secretRow {
	return secretRow{
		EndURL: secretPath(client.ID, secret.ID), By: secret.CreatedBy, At: web.MomentOf(secret.CreatedAt),
		Days: max(0, int(now.Sub(secret.CreatedAt).Hours()/24)), LastUse: web.MomentOf(secret.LastUse),
		Rank: secret.Rank,
	}
}

func newProgramPage(page web.ProPage, client machine.Client, now time.Time) programPage {
	p := programPage{
		ProPage: page, programRow: newProgramRow(client), Lines: networkLines(client.Networks),
		CreatedAt: web.MomentOf(client.CreatedAt), CreatedBy: client.CreatedBy, RevokedBy: client.RevokedBy,
	}
	for _, secret := range client.Secrets {
		p.Kept = append(p.Kept, newSecretRow(client, secret, now))
	}
	return p
}

// programFormPage asks what a program may do.
type programFormPage struct {
	web.ProPage
	description
	URL, CancelURL string
	Seen           int // revision of what is changed; 0 for a new one
}

func newProgramFormPage(page web.ProPage, client machine.Client, d description) programFormPage {
	page.Problems = d.problems()
	p := programFormPage{ProPage: page, description: d, URL: apiPath + "/nouveau", CancelURL: apiPath}
	if client.ID != "" {
		p.URL, p.CancelURL, p.Seen = programPath(client.ID)+"/modification", programPath(client.ID), client.Revision
	}
	return p
}

// secretPage shows a secret, once.
type secretPage struct {
	web.ProPage
	URL, Name, ID string
	Text          string
	TokenURL      string // where the program asks for its access token
	New           bool   // the program is new too
}

func newSecretPage(page web.ProPage, client machine.Client, secret value.Secret, isNew bool) secretPage {
	return secretPage{ProPage: page, URL: programPath(client.ID), Name: client.Name, ID: client.ID, Text: secret.Reveal(), TokenURL: "/oauth/token", New: isNew}
}

// programAct is what is confirmed.
type programAct string

const (
	actRevoke    programAct = "coupure"
	actAddSecret programAct = "secret"
	actEndSecret programAct = "fin"
)

// programActPage asks once more before an act.
type programActPage struct {
	web.ProPage
	Act                  programAct
	URL, CancelURL, Name string
	Secret               secretRow // of actEndSecret
	Last                 bool      // no other secret holds
}

func newProgramActPage(page web.ProPage, client machine.Client, act programAct) programActPage {
	p := programActPage{ProPage: page, Act: act, CancelURL: programPath(client.ID), Name: web.Typographic(client.Name), Last: len(client.Secrets) < machine.MostSecrets}
	switch act {
	case actRevoke:
		p.URL = programPath(client.ID) + "/coupure"
	case actAddSecret:
		p.URL = programPath(client.ID) + "/secrets/nouveau"
	case actEndSecret:
	}
	return p
}
