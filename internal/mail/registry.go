package mail

import (
	"encoding/json"
	"fmt"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// registry lists every automatic mail, in the order of the catalogue.
var registry = [...]entry{
	typed[account.Invited]{sample: account.Invited{
		Mail: "lea.fontaine@logiciel-exemple.fr", Inviter: "Camille Ferrand", Role: account.EditorAdmin,
		OrganisationName: "Logiciel Exemple SAS", Token: "EXEMPLE7K2QX", ExpiresAt: time.Date(2026, 3, 16, 12, 0, 0, 0, time.UTC),
	}},
	typed[account.AccessGranted]{sample: account.AccessGranted{
		AccountID: 12, Mail: "hugo.marchal@numerique.exemple.fr", Role: account.Support, By: "Camille Ferrand",
		Organisation: "13002526500013", OrganisationName: "Direction interministérielle du numérique",
		GrantedAt: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC),
	}},
	typed[account.AccessWithdrawn]{sample: account.AccessWithdrawn{
		MembershipID: 12, Mail: "lea.fontaine@logiciel-exemple.fr", Role: account.EditorMember, By: "Camille Ferrand",
		OrganisationName: "Logiciel Exemple SAS",
	}},
	typed[request.Acknowledged]{sample: request.Acknowledged{
		About: sampleRequest("technique@logiciel-exemple.fr"), Revision: 2, FiledAt: sampleTime, Deadline: request.DeadlineOf(sampleTime),
	}},
	typed[request.ChangesAsked]{sample: request.ChangesAsked{
		About: sampleRequest("technique@logiciel-exemple.fr"), Revision: 3, At: sampleTime,
		Reason: "La délibération jointe ne parle pas du quotient familial.\nJoignez celle qui fixe vos tarifs selon le quotient.",
		Comments: []request.Comment{
			{Field: request.FieldDocument, Text: "C’est la délibération du budget."},
			{Field: "conservation", Text: "Douze mois suffisent pour une année scolaire."},
		},
	}},
	typed[request.MessageSent]{sample: request.MessageSent{About: sampleRequest(""), From: request.SideStaff, At: sampleTime}},
	typed[request.Transferred]{sample: request.Transferred{
		About: sampleRequest("mairie@sainville.exemple.fr"), Holder: "Jeanne Maréchal", Former: "Paul Verdier", By: "Paul Verdier", At: sampleTime,
	}},
	typed[request.Claimed]{sample: request.Claimed{
		About: sampleRequest(""), Claimant: "Jeanne Maréchal", Until: sampleTime.Add(request.ClaimPatience), At: sampleTime,
	}},
	typed[request.ClaimEnded]{sample: request.ClaimEnded{About: sampleRequest(""), By: "Paul Verdier", At: sampleTime}},
	typed[request.DraftExpires]{sample: request.DraftExpires{
		About: sampleRequest(""), EditedAt: sampleTime, ErasedOn: sampleTime.AddDate(0, 6, 0), Stage: 30,
	}},
	typed[request.Recoverable]{sample: request.Recoverable{
		About: request.About{Request: 48231, Siret: sampleSiret, Organisation: "COMMUNE DE SAINVILLE-EXEMPLE", To: "accueil@sainville.exemple.fr"},
		Title: "Tarifs de la cantine", Token: "EXEMPLE7K2QX", ExpiresAt: sampleTime.Add(request.LinkLife),
	}},
	// One entry for each kind: what these three say makes their kind.
	typed[decision.Approved]{sample: decision.Approved{
		About: sampleAbout("Logiciel Exemple", true, true), Habilitation: sampleNumber, ApprovedAt: sampleTime,
		TokenID: sampleTokenID,
	}},
	typed[decision.Approved]{sample: decision.Approved{
		About: sampleAbout("Logiciel Exemple", false, true), Habilitation: sampleNumber, ApprovedAt: sampleTime,
	}},
	typed[decision.Approved]{sample: decision.Approved{
		About: sampleAbout("", true, true), Habilitation: sampleNumber, ApprovedAt: sampleTime,
	}},
	typed[decision.Approved]{sample: decision.Approved{
		About: sampleAbout("Logiciel Exemple", true, true), Habilitation: sampleNumber + 1, Modification: true, ApprovedAt: sampleTime,
	}},
	typed[decision.Changed]{sample: sampleChange(habilitation.Refuse,
		"La délibération jointe ne parle pas du quotient familial.\nJoignez celle qui fixe vos tarifs selon le quotient.")},
	typed[decision.Changed]{sample: sampleChange(habilitation.Suspend, "Le contact technique ne répond plus, et le logiciel appelle l’API pour d’autres communes.")},
	typed[decision.Changed]{sample: sampleChange(habilitation.Restore, "L’éditeur a corrigé son logiciel.")},
	typed[decision.Changed]{sample: sampleChange(habilitation.Revoke, "La commune nous a écrit qu’elle n’utilise plus le quotient familial.")},
	typed[decision.Designated]{sample: decision.Designated{
		Habilitation: sampleNumber, Request: 48231, Siret: sampleSiret, Organisation: "COMMUNE DE SAINVILLE-EXEMPLE", Title: "Tarifs de la cantine",
		Name: "Jeanne Maréchal", Mail: "maire@sainville.exemple.fr", DPD: true, Controller: true,
		By: "Paul Verdier", ByMail: "accueil@sainville.exemple.fr", ApprovedAt: sampleTime,
	}},
	typed[decision.HandedOver]{sample: decision.HandedOver{
		Habilitation: sampleNumber + 2, Request: 48240, Siret: sampleSiret, Organisation: "COMMUNE DE SAINVILLE-EXEMPLE", Title: "Tarifs de la cantine",
		Editor: "Logiciel Exemple", Former: "Ancien Logiciel", To: "accueil@sainville.exemple.fr",
		Copies: []string{"technique@logiciel-exemple.fr", "contact@ancien-logiciel.fr"}, At: sampleTime,
		Token: "apip_live_7GbT20aKq1Zx", Stops: sampleTime.Add(credential.Overlap), NewToken: true,
	}},
	typed[credential.TokenTold]{sample: sampleToken(audit.TokenIssued, "")},
	typed[credential.TokenTold]{sample: sampleToken(audit.TokenCollected, "")},
	typed[credential.TokenTold]{sample: sampleToken(audit.TokenReplaced, "")},
	typed[credential.TokenTold]{sample: sampleToken(audit.TokenOverlapEnded, "")},
	typed[credential.TokenTold]{sample: sampleToken(audit.TokenSuspended, "Le jeton a été publié par erreur.\nNous le remplaçons cette semaine.")},
	typed[credential.TokenTold]{sample: sampleToken(audit.TokenResumed, "")},
	typed[credential.TokenTold]{sample: sampleToken(audit.TokenRevoked, "Le jeton a été publié par erreur.")},
	typed[renewal.Reminder]{sample: renewal.Reminder{About: sampleRenewal(), Stage: 90, At: sampleExpiry.AddDate(0, 0, -90)}},
	typed[renewal.Reminder]{sample: renewal.Reminder{About: sampleRenewal(), Stage: 0, At: sampleExpiry.Add(-16 * time.Hour)}},
	typed[renewal.Reminder]{sample: renewal.Reminder{About: sampleRenewal(), Stage: -7, At: sampleExpiry.AddDate(0, 0, 7)}},
	typed[renewal.ProlongedNotice]{sample: renewal.ProlongedNotice{
		About: sampleRenewal(), From: value.MonthsLater(sampleExpiry, -credential.TokenLife), By: "Jeanne Maréchal",
	}},
	typed[renewal.NudgeNotice]{sample: renewal.NudgeNotice{About: sampleRenewal(), Left: 30, By: "Léa Fontaine", At: sampleExpiry.AddDate(0, 0, -30)}},
	typed[renewal.BouncedNotice]{sample: renewal.BouncedNotice{
		About: sampleRenewalFor("technique@logiciel-exemple.fr"), MailID: 303, Address: "acceuil@sainville.exemple.fr", At: sampleExpiry.AddDate(0, 0, -60),
	}},
	typed[renewal.PressingNotice]{sample: renewal.PressingNotice{
		Amendment: 3, Request: 48231, Siret: sampleSiret, Organisation: "COMMUNE DE SAINVILLE-EXEMPLE", TokenID: sampleTokenID, Expiry: sampleExpiry,
		To: "instruction@portail.exemple.fr", At: sampleExpiry.AddDate(0, 0, -7),
	}},
	typed[renewal.DigestNotice]{sample: renewal.DigestNotice{
		Editor: "Logiciel Exemple", Siret: "21990000500014", Week: sampleExpiry.AddDate(0, 0, -15), Total: 7, LongCut: 3, To: "technique@logiciel-exemple.fr",
		Rows: []renewal.DigestRow{
			{TokenID: sampleTokenID, Siret: "21990000200011", Organisation: "COMMUNE DE BOURG-EXEMPLE", Software: "Portail Familles", Expiry: sampleExpiry.AddDate(0, 0, -20)},
			{TokenID: sampleTokenID, Siret: sampleSiret, Organisation: "COMMUNE DE SAINVILLE-EXEMPLE", Software: "Portail Familles", Expiry: sampleExpiry},
		},
	}},
	typed[credential.Closed]{sample: credential.Closed{
		Siret: sampleSiret, Organisation: "COMMUNE DE SAINVILLE-EXEMPLE", Editor: "Logiciel Exemple",
		To: "accueil@sainville.exemple.fr", CC: "technique@logiciel-exemple.fr", At: sampleTime,
	}},
	typed[credential.Alerted]{sample: credential.Alerted{
		Siret: sampleSiret, Organisation: "COMMUNE DE SAINVILLE-EXEMPLE", Code: "hubee.suspended_at_hub", To: "exploitation@portail.exemple.fr", At: sampleTime,
	}},
}

// What the samples about an invented town share.
const (
	sampleSiret   value.Siret         = "21990000100013"
	sampleNumber  habilitation.Number = 10000042
	sampleTokenID                     = "0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e11"
)

var (
	sampleTime   = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	sampleExpiry = value.MonthsLater(time.Date(2028, 3, 14, 12, 0, 0, 0, time.UTC), 0)
)

func sampleRequest(copied string) request.About {
	return request.About{
		Request: 10000017, Siret: sampleSiret, Organisation: "COMMUNE DE SAINVILLE-EXEMPLE", Software: "Logiciel Exemple",
		To: "accueil@sainville.exemple.fr", CC: copied,
	}
}

func sampleAbout(editor string, token, form bool) decision.About {
	return decision.About{
		Request: 48231, Siret: sampleSiret, Organisation: "COMMUNE DE SAINVILLE-EXEMPLE", Title: "Tarifs de la cantine",
		Editor: editor, Token: token, Form: form, To: "accueil@sainville.exemple.fr", CC: "technique@logiciel-exemple.fr",
	}
}

func sampleChange(act habilitation.Act, reason string) decision.Changed {
	n := decision.Changed{About: sampleAbout("Logiciel Exemple", true, true), Act: act, Reason: reason, Revision: 2, At: sampleTime}
	if act != habilitation.Refuse {
		n.Habilitation = sampleNumber
	}
	if act == habilitation.Restore {
		n.Restored = decision.RestoredToken{ID: sampleTokenID, State: credential.TokenInUse, Expiry: sampleExpiry}
	}
	return n
}

// sampleToken tells an act of the editor's.
func sampleToken(act audit.Act, reason string) credential.TokenTold {
	told := credential.TokenTold{
		Act: act, Token: "apip_live_7GbT20aKq1Zx", ID: sampleTokenID, Habilitation: sampleNumber, Siret: sampleSiret,
		Organisation: "COMMUNE DE SAINVILLE-EXEMPLE", Title: "Tarifs de la cantine", Editor: "Logiciel Exemple", By: "Léa Fontaine", Side: credential.SideEditor,
		Reason: reason, Until: sampleTime.Add(credential.Overlap), To: "accueil@sainville.exemple.fr", CC: "technique@logiciel-exemple.fr", At: sampleTime,
	}
	if act == audit.TokenReplaced {
		told.New, told.NewExpiry = "apip_live_k3Wn8RzQ5uYc", sampleExpiry
	}
	return told
}

// sampleRenewal is a token that expires, or did.
func sampleRenewal() renewal.About {
	return renewal.About{
		ID: sampleTokenID, Token: "apip_live_7GbT20aKq1Zx", Habilitation: sampleNumber, Siret: sampleSiret, Organisation: "COMMUNE DE SAINVILLE-EXEMPLE",
		Title: "Tarifs de la cantine", Software: "Portail Familles", Editor: "Logiciel Exemple", FormOpen: true, Expiry: sampleExpiry,
		To: "accueil@sainville.exemple.fr", CC: "technique@logiciel-exemple.fr",
	}
}

func sampleRenewalFor(address string) renewal.About {
	about := sampleRenewal()
	about.To, about.CC = address, ""
	return about
}

// entry is a kind of mail, whatever its Go type.
type entry interface {
	// exampleNotice is the notice that the catalogue shows.
	exampleNotice() notice.Notice
	// read reads a notice from its stored JSON.
	read(plain []byte) (notice.Notice, error)
	// write makes the mail of a notice that was read, for the address that it is for.
	write(t *texts, n notice.Notice, to string) (written, error)
	// parse reads the templates of the kind.
	parse(w *wording) (*texts, error)
}

// typed is a kind of mail whose templates print a T.
type typed[T notice.Notice] struct{ sample T }

// page is what the templates of a mail print.
type page[T notice.Notice] struct {
	Notice  T
	To      string // the first address, corrected or not
	Portal  string // address of the portal, without a final slash
	Contact string // mail address of those who answer
	Subject string // "" while the subject itself is written
}

func (e typed[T]) exampleNotice() notice.Notice { return e.sample }

func (e typed[T]) parse(w *wording) (*texts, error) { return w.parse(e.sample.Kind()) }

func (e typed[T]) read(plain []byte) (notice.Notice, error) {
	var n T
	if err := json.Unmarshal(plain, &n); err != nil {
		// The library's words may quote the content.
		return nil, fmt.Errorf("read %s: its content is no %T", e.sample.Kind(), n)
	}
	return n, nil
}

func (e typed[T]) write(t *texts, n notice.Notice, to string) (written, error) {
	content := page[T]{Notice: n.(T), To: to, Portal: t.frame.Portal, Contact: t.frame.Contact}
	subject, err := t.writeSubject(content)
	if err != nil {
		return written{}, err
	}
	content.Subject = subject
	return t.writeBody(subject, content)
}
