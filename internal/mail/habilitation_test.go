package mail_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/mail"
	"portail-qf/internal/web/webtest"
	"portail-qf/templates"
)

// writer reads the templates once, for all the tests that send nothing.
var writer = sync.OnceValues(func() (*mail.Sender, error) {
	return mail.New(configOf("smtp://localhost"), mail.Parts{Templates: templates.FS})
})

// renderer writes notices as the portal would send them.
func renderer(t testing.TB) func(n notice.Notice) notice.Sample {
	t.Helper()
	sender, err := writer()
	if err != nil {
		t.Fatal(err)
	}
	return func(n notice.Notice) notice.Sample {
		t.Helper()
		written, err := sender.Render(n)
		if err != nil {
			t.Fatal(err)
		}
		return written
	}
}

func must[T notice.Notice](made T, err error) T {
	if err != nil {
		panic(err)
	}
	return made
}

// aboutTowns are towns with and without what a request may lack: an editor, a name, a
// title, a modality.
func aboutTowns() (all []decision.About) {
	for _, editor := range []string{"", "Logiciel Exemple"} {
		for _, names := range [][2]string{{"COMMUNE DE SAINVILLE", "Tarifs de la cantine"}, {"", ""}} {
			for _, granted := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
				all = append(all, decision.About{
					Request: 48231, Siret: "21990000100013", Organisation: names[0], Title: names[1], Editor: editor,
					Token: granted[0], Form: granted[1], To: "accueil@sainville.fr", CC: "technique@logiciel.fr",
				})
			}
		}
	}
	return all
}

func approvals() (all []decision.Approved) {
	for _, about := range aboutTowns() {
		made := func(n decision.Approved) {
			n.About, n.Habilitation, n.ApprovedAt = about, 10000042, noon
			all = append(all, must(decision.NewApproved(n)))
		}
		made(decision.Approved{FormAdded: about.Form})
		made(decision.Approved{Modification: true})
		made(decision.Approved{Modification: true, EditorChanged: true})
		made(decision.Approved{Modification: true, FormRemoved: !about.Form, FormClosed: !about.Form})
		made(decision.Approved{Modification: true, TokenAdded: about.Token, FormRemoved: !about.Form})
		made(decision.Approved{Modification: true, Suspended: true, FormAdded: about.Form})
		if about.Form {
			made(decision.Approved{FormAdded: true, FormOpen: true})
			made(decision.Approved{Modification: true, FormAdded: true, FormOpen: true})
			made(decision.Approved{Modification: true, FormAdded: true})
			made(decision.Approved{Modification: true, FormAdded: true, FormClosed: true})
			made(decision.Approved{Modification: true, EditorChanged: true, Stopped: true})
			made(decision.Approved{FormAdded: true, Elsewhere: true})
			made(decision.Approved{Modification: true, Elsewhere: true})
		}
	}
	return all
}

// tokenMoves are the mails of modifications that change the token: another software's in its
// place, other data, none any more.
func tokenMoves() (all []notice.Notice) {
	for _, about := range aboutTowns() {
		if about.Form || !about.Token {
			continue
		}
		former := "Ancien Logiciel"
		if about.Title == "" {
			former = ""
		}
		for _, stops := range []time.Time{noon, noon.Add(credential.Overlap)} {
			all = append(all,
				must(decision.NewApproved(decision.Approved{
					About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, EditorChanged: true, TokenID: sampleTokenID, Former: former, FormerStops: stops, FormerGoesOn: stops.After(noon),
				})),
				must(decision.NewHandedOver(decision.HandedOver{
					Habilitation: 10000042, Request: 48231, Siret: about.Siret, Organisation: about.Organisation, Title: about.Title, Editor: about.Editor, Former: former,
					To: about.To, TokenOnly: about.Editor != "", Token: "apip_live_7GbT20aKq1Zx", Stops: stops, NewToken: true, Lost: []string{"cnaf_adresse"}, At: noon,
				})))
		}
		for _, data := range [][2][]string{{{"cnaf_adresse", "inconnue"}, nil}, {{"cnaf_adresse"}, {"cnaf_enfants"}}, {nil, {"cnaf_enfants"}}} {
			all = append(all, must(decision.NewApproved(decision.Approved{
				About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, Lost: data[0], Gained: data[1],
			})))
		}
		all = append(all, must(decision.NewApproved(decision.Approved{About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, TokenID: sampleTokenID})))
		for _, gained := range [][]string{nil, {"cnaf_enfants"}} {
			all = append(all, must(decision.NewApproved(decision.Approved{About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, Gained: gained, Prolonged: noon.AddDate(0, 18, 0)})))
		}
		all = append(all, must(decision.NewApproved(decision.Approved{
			About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, TokenAdded: true, TokenHeld: true,
		})))
		about.Token = false
		all = append(all, must(decision.NewApproved(decision.Approved{About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, TokenRemoved: true})))
	}
	return all
}

// The town reads who has to fetch the new token, and until when the former software's goes on;
// nobody reads that nothing changes.
func TestAModificationForAnotherSoftwareSaysWhatBecomesOfTheTokens(t *testing.T) {
	about := decision.About{
		Request: 48231, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Editor: "Logiciel Exemple", Token: true, To: "accueil@sainville.fr", CC: "technique@logiciel.fr",
	}
	n := decision.Approved{
		About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, EditorChanged: true, TokenID: sampleTokenID,
		Former: "Ancien Logiciel", FormerStops: noon.Add(credential.Overlap), FormerGoesOn: true,
	}
	const unchanged, quiet = "ne change pas", "Vous n’avez rien à faire."
	written := write(t, must(decision.NewApproved(n)))
	written.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Modification validée\u00a0: demande D48231 – COMMUNE DE SAINVILLE", "/jetons/"+sampleTokenID)
	written.says([]string{
		quiet, "Le jeton API Particulier change avec le logiciel. Logiciel Exemple récupère le nouveau jeton depuis son espace.",
		"Celui du logiciel précédent (éditeur\u00a0: Ancien Logiciel) fonctionne encore jusqu’au 1er avril 2026 à 14\u00a0h\u00a000, puis s’arrête.",
	}, unchanged)
	n.FormerStops, n.FormerGoesOn, n.Editor = noon, false, ""
	write(t, must(decision.NewApproved(n))).says([]string{"À faire\u00a0: récupérez le nouveau jeton", "Celui du logiciel précédent (éditeur\u00a0: Ancien Logiciel) ne fonctionne plus."}, unchanged, quiet)

	told := decision.HandedOver{
		Habilitation: 10000042, Request: 48231, Siret: about.Siret, Organisation: about.Organisation, Editor: "Logiciel Exemple", Former: "Ancien Logiciel",
		To: about.To, TokenOnly: true, Token: "apip_live_7GbT20aKq1Zx", Stops: noon.Add(credential.Overlap), NewToken: true, At: noon, Lost: []string{"cnaf_adresse", "cnaf_enfants"},
	}
	ends := []string{
		"Le jeton API Particulier du logiciel précédent fonctionne encore jusqu’au 1er avril 2026 à 14\u00a0h\u00a000, puis s’arrête. D’ici là, il ne donne plus\u00a0: Adresse, Identité des enfants.",
		"Avant\u00a0: l’éditeur Ancien Logiciel.", "Maintenant\u00a0: l’éditeur Logiciel Exemple.", "Le nouveau logiciel a le sien\u00a0: il n’y en a pas de nouveau pour le précédent.", "apip_live_7GbT20aKq1Zx",
	}
	const dossiers = "Les dossiers que les usagers transmettent"
	write(t, must(decision.NewHandedOver(told))).says(append(ends, "passe à un autre logiciel depuis le 2 mars 2026"), dossiers, "HubEE")
	told.TokenOnly = false
	write(t, must(decision.NewHandedOver(told))).says(append(ends, dossiers))
	told.Stops = time.Time{} // it is closed
	write(t, must(decision.NewHandedOver(told))).says([]string{"Le jeton API Particulier du logiciel précédent ne fonctionne plus.", "apip_live_7GbT20aKq1Zx"}, "fonctionne encore", "D’ici là")
	told.Token = ""
	write(t, must(decision.NewHandedOver(told))).says([]string{dossiers}, "jeton")
}

// « le jeton est automatiquement prolongé » (guide, 6.c): the mail of the approval does not say that
// nothing changes.
func TestAModificationThatProlongsSaysUntilWhen(t *testing.T) {
	about := decision.About{Request: 48231, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Editor: "Logiciel Exemple", Token: true, To: "accueil@sainville.fr"}
	n := decision.Approved{About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, Prolonged: noon.AddDate(0, 18, 0)}
	write(t, must(decision.NewApproved(n))).says([]string{"Le jeton API Particulier est prolongé jusqu’au 2 septembre 2027\u00a0: c’est le même, il n’y a rien à modifier dans votre logiciel."}, "ne change pas")
	n.Gained = []string{"cnaf_enfants"}
	write(t, must(decision.NewApproved(n))).says([]string{"Le jeton API Particulier donne en plus", "Il est prolongé jusqu’au 2 septembre 2027."})
}

// Nobody reads that there is nothing to do where the token gives other data than before.
func TestAModificationSaysWhichDataTheTokenGivesNoMore(t *testing.T) {
	about := decision.About{
		Request: 48231, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Editor: "Logiciel Exemple", Token: true, To: "accueil@sainville.fr", CC: "technique@logiciel.fr",
	}
	n := decision.Approved{About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, Lost: []string{"cnaf_adresse", "inconnue"}, Gained: []string{"cnaf_enfants"}}
	const quiet, unchanged = "rien à", "jeton API Particulier ne change pas"
	write(t, must(decision.NewApproved(n))).says([]string{
		"Le jeton API Particulier ne donne plus\u00a0: Adresse, Une autre donnée. Il donne en plus\u00a0: Identité des enfants.",
		"Sa valeur ne change pas, mais le logiciel doit peut-être être adapté\u00a0: Logiciel Exemple le vérifie.",
	}, quiet, unchanged)
	n.Suspended = true
	write(t, must(decision.NewApproved(n))).says([]string{"L’habilitation reste suspendue", "Le jeton API Particulier ne donne plus\u00a0: Adresse"}, quiet, unchanged)
	n.Lost, n.Suspended = nil, false
	write(t, must(decision.NewApproved(n))).says([]string{"Le jeton API Particulier donne en plus\u00a0: Identité des enfants."}, quiet, unchanged, "ne donne plus")
	write(t, must(decision.NewApproved(decision.Approved{About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true}))).
		says([]string{"Vous n’avez rien à faire.", unchanged}, "ne donne plus", "donne en plus")
}

// Nobody is sent to fetch the new token that a suspension of the operator holds back.
func TestAHeldTokenIsToldSuspended(t *testing.T) {
	about := decision.About{Request: 48231, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Token: true, To: "accueil@sainville.fr"}
	for _, of := range []string{"", "Logiciel Exemple"} {
		about.Editor = of
		n := decision.Approved{
			About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, EditorChanged: true, TokenHeld: true, TokenAdded: of == "",
			Former: "Ancien Logiciel", FormerStops: noon.Add(credential.Overlap), FormerGoesOn: true,
		}
		write(t, must(decision.NewApproved(n))).says([]string{
			"Vous n’avez rien à faire.", "Le jeton API Particulier reste suspendu\u00a0: l’équipe API Particulier seule peut le rétablir.",
			"Celui du logiciel précédent (éditeur\u00a0: Ancien Logiciel) fonctionne encore jusqu’au",
		}, "ne change pas", "récupère", "comprend désormais", "/jetons/")
	}
}

func changes() (all []decision.Changed) {
	for _, about := range aboutTowns() {
		for _, act := range []habilitation.Act{habilitation.Refuse, habilitation.Suspend, habilitation.Restore, habilitation.Revoke} {
			for _, valid := range []bool{false, true} {
				n := decision.Changed{About: about, Act: act, StillValid: valid, Revision: 2, At: noon}
				all = append(all, must(decision.NewChanged(n)))
				n.Habilitation, n.Reason = 10000042, "Un motif.\r\n\r\nEt sa suite."
				all = append(all, must(decision.NewChanged(n)))
				n.Suspended = act == habilitation.Refuse && valid
				all = append(all, must(decision.NewChanged(n)))
				if about.Token && act == habilitation.Restore {
					for _, restored := range restoredTokens() {
						n.Restored = restored
						all = append(all, must(decision.NewChanged(n)))
					}
				}
				if about.Token && act == habilitation.Refuse {
					n.TokenID, n.TokenUntil = sampleTokenID, expiry
					all = append(all, must(decision.NewChanged(n)))
					n.Suspended, n.TokenUntil = false, noon.Add(-time.Hour)
					all = append(all, must(decision.NewChanged(n)))
				}
			}
		}
	}
	return all
}

// restoredTokens are the tokens of a habilitation that is restored, in every state.
func restoredTokens() (all []decision.RestoredToken) {
	for _, state := range []credential.TokenState{credential.TokenInUse, credential.TokenToCollect, credential.TokenExpired, credential.TokenSuspended} {
		for _, other := range []bool{false, true} {
			for _, uncollected := range []bool{false, true} {
				all = append(all, decision.RestoredToken{
					ID: sampleTokenID, State: state, Expiry: noon.Add(-time.Hour), Held: other, Amended: other, Uncollected: uncollected,
				})
			}
		}
	}
	return all
}

// A habilitation that is restored does not make its token work, where somebody suspended it besides,
// it has expired meanwhile, or nobody has it yet: its reader is told, and led to its page.
func TestARestorationSaysWhereTheTokenStands(t *testing.T) {
	const tokenPage, formPage = "/jetons/" + sampleTokenID, "/collectivites/21990000100013"
	const works, quiet, toCollect, cut = "fonctionne de nouveau", "Vous n’avez rien à faire.", "n’a pas encore été récupéré", "lui, a expiré\u00a0: il reste coupé depuis le"
	const lacks, nobody = "le logiciel ne peut pas mettre à jour les quotients", "Personne ne l’a encore récupéré\u00a0: aucun logiciel ne s’en sert."
	const editorThen, townThen = "Ensuite, Logiciel Exemple le récupère depuis son espace.", "Ensuite, récupérez-le dans l’espace de votre collectivité."
	for name, row := range map[string]struct {
		token  decision.RestoredToken
		editor string
		link   string
		says   []string
		never  []string
	}{
		"in use":      {decision.RestoredToken{State: credential.TokenInUse}, "Logiciel Exemple", formPage, []string{works, quiet, "Voir le formulaire"}, []string{cut, toCollect, "suspendu"}},
		"by operator": {decision.RestoredToken{State: credential.TokenSuspended, Held: true}, "", formPage, []string{"lui, reste suspendu\u00a0: l’équipe API Particulier seule peut le rétablir.", quiet}, []string{works}},
		"by its own":  {decision.RestoredToken{State: credential.TokenSuspended}, "Logiciel Exemple", tokenPage, []string{"lui, reste suspendu\u00a0: vous pouvez le rétablir sur sa page.", "Ouvrir la page du jeton"}, []string{works, quiet}},
		"expired":     {decision.RestoredToken{State: credential.TokenExpired}, "Logiciel Exemple", renewalPage, []string{cut, lacks, "À faire\u00a0: prolongez-le.", "Seule la personne qui a fait la demande d’habilitation", "Prolonger le jeton"}, []string{works, quiet, nobody, "Ensuite"}},
		"amended":     {decision.RestoredToken{State: credential.TokenExpired, Amended: true}, "Logiciel Exemple", renewalPage, []string{cut, "elle prolongera le jeton", quiet, "Suivre la prolongation"}, []string{works, "À faire"}},
		"expired, nobody has it": {
			decision.RestoredToken{State: credential.TokenExpired, Uncollected: true}, "Logiciel Exemple", renewalPage,
			[]string{cut, nobody, "À faire\u00a0: prolongez-le.", editorThen, "Prolonger le jeton"}, []string{works, quiet, lacks},
		},
		"amended, an editor's": {
			decision.RestoredToken{State: credential.TokenExpired, Amended: true, Uncollected: true}, "Logiciel Exemple", renewalPage,
			[]string{cut, nobody, quiet, editorThen, "Suivre la prolongation"}, []string{works, "À faire", lacks},
		},
		"amended, a town's": {
			decision.RestoredToken{State: credential.TokenExpired, Amended: true, Uncollected: true}, "", renewalPage,
			[]string{cut, nobody, townThen, "Suivre la prolongation"}, []string{works, quiet, "prolongez-le", lacks},
		},
		"of an editor": {decision.RestoredToken{State: credential.TokenToCollect}, "Logiciel Exemple", tokenPage, []string{toCollect, "Logiciel Exemple le récupère depuis son espace.", quiet, "Récupérer le jeton"}, []string{works, "À faire"}},
		"of a town":    {decision.RestoredToken{State: credential.TokenToCollect}, "", tokenPage, []string{toCollect, "À faire\u00a0: récupérez-le et donnez-le à votre logiciel."}, []string{works, quiet}},
	} {
		row.token.ID, row.token.Expiry = sampleTokenID, noon.Add(-time.Hour)
		for _, form := range []bool{true, false} {
			n := must(decision.NewChanged(decision.Changed{
				About: decision.About{
					Request: 48231, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Editor: row.editor, Token: true, Form: form, To: "accueil@sainville.fr", CC: "technique@logiciel.fr",
				},
				Act: habilitation.Restore, Habilitation: 10000042, Restored: row.token, Revision: 4, At: noon,
			}))
			l := write(t, n)
			if row.link == formPage && !form {
				l.says(slices.DeleteFunc(slices.Clone(row.says), func(s string) bool { return s == "Voir le formulaire" }), append(row.never, "/jetons/", "/collectivites/")...)
				continue
			}
			l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Habilitation rétablie\u00a0: demande D48231 – COMMUNE DE SAINVILLE", row.link)
			l.says(row.says, row.never...)
			if form != strings.Contains(oneSpaced(l.Text), "Le formulaire rouvre de lui-même") {
				t.Errorf("%s, with the form %t: %s", name, form, l.Text)
			}
		}
	}
}

// everyVariant is every mail about a town, with all that may lack in it.
func everyVariant() (all []notice.Notice) {
	for _, n := range approvals() {
		all = append(all, n)
	}
	for _, n := range changes() {
		all = append(all, n)
	}
	all = append(all, aboutRequests()...)
	for _, functions := range [][2]bool{{true, true}, {true, false}, {false, true}} {
		for _, names := range [][4]string{{"COMMUNE DE SAINVILLE", "Tarifs de la cantine", "Jeanne Maréchal", "Paul Verdier"}, {}} {
			all = append(all, must(decision.NewDesignated(decision.Designated{
				Habilitation: 10000042, Request: 48231, Siret: "21990000100013", Organisation: names[0], Title: names[1], Name: names[2],
				By: names[3], ByMail: "accueil@sainville.fr", Mail: "maire@sainville.fr", DPD: functions[0], Controller: functions[1], ApprovedAt: noon,
			})))
		}
	}
	for _, names := range [][4]string{{"COMMUNE DE SAINVILLE", "Tarifs", "Logiciel Exemple", "Ancien Logiciel"}, {"", "", "", "Ancien Logiciel"}, {"", "", "Logiciel Exemple", ""}} {
		all = append(all, must(decision.NewHandedOver(decision.HandedOver{
			Habilitation: 10000044, Request: 48240, Siret: "21990000100013", Organisation: names[0], Title: names[1], Editor: names[2], Former: names[3],
			To: "accueil@sainville.fr", At: noon,
		})))
	}
	all = slices.Concat(all, aboutTokens(), tokenMoves(), aboutRenewals())
	for _, name := range []string{"COMMUNE DE SAINVILLE", ""} {
		for _, editor := range []string{"Logiciel Exemple", ""} {
			all = append(all, must(credential.NewClosed(credential.Closed{
				Siret: "21990000100013", Organisation: name, Editor: editor, To: "accueil@sainville.fr", At: noon,
			})))
		}
		for _, code := range []string{"hubee.suspended_at_hub", "hubee.subscription_missing"} {
			all = append(all, must(credential.NewAlerted(credential.Alerted{
				Siret: "21990000100013", Organisation: name, Code: code, To: "exploitation@portail.fr", At: noon,
			})))
		}
	}
	return all
}

// shown is what a person sees of a document, without the sentence that only a button needs.
func shown(t testing.TB, document string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "title":
			text.WriteString(n.Data)
		case n.Type == html.ElementNode && (n.Data == "br" || n.Data == "p" || n.Data == "li"):
			text.WriteString("\n")
		}
	}
	seen := oneSpaced(text.String())
	return strings.ReplaceAll(seen, "Si le bouton ne fonctionne pas, copiez cette adresse dans votre navigateur\u00a0: ", "")
}

// oneSpaced puts a text on one line; its no-break spaces stay.
func oneSpaced(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' }), " ")
}

// letters leaves of a text what is read aloud.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

var (
	// ordinal is the number of a line in a list, which HTML counts by itself.
	ordinal = regexp.MustCompile(`(?m)^\d\. `)
	// hole is what the absence of a name leaves where nobody thought of it.
	hole = regexp.MustCompile(`  | [,.)]|,,|\.\.|\( |\(\)|«\x{00A0}?\x{00A0}»|: \.|<no value>|%!`)
)

// « text and HTML both » say the same, in good French and without a hole, whatever a
// request lacks.
func TestEveryVariantIsWellWritten(t *testing.T) {
	render := renderer(t)
	for _, n := range everyVariant() {
		written := render(n)
		name := fmt.Sprintf("%+v", n)
		if length := utf8.RuneCountInString(written.Subject); length == 0 || length > 110 || hole.MatchString(written.Subject) {
			t.Errorf("%s: subject %q", name, written.Subject)
		}
		checkWords(t, name, written.Subject)
		checkWords(t, name, written.Text)
		for _, fault := range webtest.Faults([]byte(written.HTML)) {
			if !strings.HasPrefix(fault, "inline style ") {
				t.Errorf("%s: %s", name, fault)
			}
		}
		checkMarkup(t, written)
		for line := range strings.Lines(written.Text) {
			if hole.MatchString(strings.TrimSuffix(line, "\n")) {
				t.Errorf("%s: line %q", name, line)
			}
		}
		seen := shown(t, written.HTML)
		if found := hole.FindString(seen); found != "" {
			t.Errorf("%s: %q in %s", name, found, seen)
		}
		if letters(ordinal.ReplaceAllString(written.Text, "")) != letters(seen) {
			t.Errorf("%s: the text says\n%s\nand the HTML\n%s", name, oneSpaced(written.Text), seen)
		}
	}
}

// « the literal warning », word for word (PRODUCT.md 3.4), where HubEE will ask the town
// for a password although a software receives its dossiers, and nowhere else.
func TestTheWarningIsWhereItBelongs(t *testing.T) {
	const warning = "HubEE va vous demander de créer un mot de passe sous 48\u00a0heures. Vous pouvez ignorer ce mail\u00a0: Logiciel Exemple reçoit les quotients pour vous. " +
		"Comme le prévoient les CGU que vous avez acceptées, vous restez responsable de votre compte HubEE."
	render, warned := renderer(t), 0
	for _, n := range everyVariant() {
		written := render(n)
		approved, isApproval := n.(decision.Approved)
		wanted := isApproval && (approved.FormAdded || approved.Form && approved.EditorChanged) && !approved.Elsewhere && !approved.Suspended && !approved.Stopped && !approved.FormOpen && approved.Editor != ""
		for _, words := range []string{oneSpaced(written.Text), shown(t, written.HTML)} {
			if strings.Contains(words, warning) != wanted || strings.Contains(words, "ignorer ce mail") != wanted {
				t.Errorf("%+v: the warning is wanted: %t, in %s", n, wanted, words)
			}
		}
		if wanted {
			warned++
		}
	}
	if warned != 16 { // an approval, a modification twice or another software; with and without a token, with and without names
		t.Errorf("%d mails with the warning", warned)
	}
}

// A form that is open already does not open, and HubEE, which knows the town, sends it no mail: a
// second request is approved, for the same software or for another one.
func TestAFormThatIsOpenIsNotAnnounced(t *testing.T) {
	render, told := renderer(t), 0
	for _, n := range approvals() {
		if !n.FormOpen {
			continue
		}
		told++
		written := render(n)
		for _, words := range []string{written.Subject + " " + oneSpaced(written.Text), written.Subject + " " + shown(t, written.HTML)} {
			for _, wrong := range []string{"ouvrira", "va ouvrir", "Bientôt", "va vous", "pourront", "à créer", "48\u00a0heures"} {
				if strings.Contains(words, wrong) {
					t.Errorf("%s says %q: %s", n.Kind(), wrong, words)
				}
			}
			if !strings.Contains(words, "est déjà ouvert aux usagers") {
				t.Errorf("%s does not say that it is open: %s", n.Kind(), words)
			}
		}
	}
	if told == 0 {
		t.Error("no mail is about a form that is open")
	}
}

// Nor is a password announced where another software takes the dossiers of a form that is open, and
// none is to be made as long as the dossiers stay with another software.
func TestNoPasswordIsAnnouncedInVain(t *testing.T) {
	about := decision.About{Request: 48231, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Editor: "Logiciel Exemple", Form: true, To: "accueil@sainville.fr"}
	n := decision.Approved{About: about, Habilitation: 10000042, ApprovedAt: noon, Modification: true, EditorChanged: true}
	const warning, same = "HubEE va vous demander", "Le formulaire garde la même adresse."
	write(t, must(decision.NewApproved(n))).says([]string{warning, same})
	n.FormOpen = true
	write(t, must(decision.NewApproved(n))).says([]string{"Logiciel Exemple reçoit désormais les dossiers de vos usagers.", same}, warning)

	about.Editor = ""
	for _, row := range []struct {
		token, elsewhere, open bool
		subject                string
	}{
		{false, false, false, "Demande D48231 validée\u00a0: mot de passe HubEE à créer – COMMUNE DE SAINVILLE"},
		{false, true, false, "Demande D48231 validée – COMMUNE DE SAINVILLE"},
		{false, false, true, "Demande D48231 validée – COMMUNE DE SAINVILLE"},
		{true, true, false, "Demande D48231 validée\u00a0: jeton à récupérer – COMMUNE DE SAINVILLE"},
	} {
		about.Token = row.token
		l := write(t, must(decision.NewApproved(decision.Approved{
			About: about, Habilitation: 10000042, ApprovedAt: noon, FormAdded: true, Elsewhere: row.elsewhere, FormOpen: row.open,
		})))
		if l.Subject != row.subject {
			t.Errorf("%+v: subject %q", row, l.Subject)
		}
	}
}

// A mail tells nobody of what was not granted: « a form-only habilitation receives the same
// validated mail that speaks of a token it does not have » (api-particulier.md §4.2).
func TestAMailSpeaksOfWhatWasGranted(t *testing.T) {
	render := renderer(t)
	check := func(about decision.About, n notice.Notice) {
		t.Helper()
		written := render(n)
		words := strings.ToLower(written.Subject + " " + oneSpaced(written.Text) + " " + written.HTML)
		if got := strings.Contains(words, "jeton"); got != about.Token && !(about.Token && n.Kind() == decision.KindRefused) {
			t.Errorf("%s with token %t speaks of one: %t\n%s", n.Kind(), about.Token, got, words)
		}
		if got := strings.Contains(words, "formulaire"); got != about.Form && !(about.Form && n.Kind() == decision.KindRefused) {
			t.Errorf("%s with form %t speaks of one: %t\n%s", n.Kind(), about.Form, got, words)
		}
		if !about.Form && strings.Contains(words, "hubee") {
			t.Errorf("%s without a form speaks of HubEE\n%s", n.Kind(), words)
		}
		if about.Editor == "" && strings.Contains(words, "logiciel exemple") {
			t.Errorf("%s names an editor that there is not", n.Kind())
		}
	}
	for _, n := range approvals() {
		if !n.Suspended && !n.FormRemoved { // which say what works no more
			check(n.About, n)
		}
		alone := n.NeedsPassword() && !n.FormOpen // where it is open, HubEE knows the town
		if words := oneSpaced(render(n).Text); strings.Contains(strings.ToLower(words), "créez votre mot de passe dans les 48\u00a0heures") != alone {
			t.Errorf("%s: whose town needs a HubEE password\n%s", n.Kind(), words)
		}
	}
	for _, n := range changes() {
		check(n.About, n)
	}
}

// What the person wrote is quoted whole; what DataPass does not tell is read there.
func TestAReasonIsQuotedOrToBeReadAtDataPass(t *testing.T) {
	render := renderer(t)
	for _, n := range changes() {
		for _, words := range []string{oneSpaced(render(n).Text), shown(t, render(n).HTML)} {
			quoted := strings.Contains(words, "«\u00a0Un motif. Et sa suite.\u00a0»")
			elsewhere := strings.Contains(words, "dans votre demande sur DataPass")
			final := n.Act == habilitation.Refuse || n.Act == habilitation.Revoke
			if quoted != (n.Reason != "") || elsewhere != (n.Reason == "" && final) {
				t.Errorf("%s with reason %q: %s", n.Kind(), n.Reason, words)
			}
			valid := n.Act == habilitation.Refuse && n.StillValid
			if strings.Contains(words, "reste valable") != (valid && !n.Suspended) || n.Act == habilitation.Refuse && strings.Contains(words, "nouvelle demande") == valid {
				t.Errorf("%s, still valid %t: %s", n.Kind(), n.StillValid, words)
			}
		}
	}
}

// « refuse: reason »: a refusal tells how to contest it, in the words of the acknowledgement;
// no other decision does.
func TestARefusalTellsHowToContestIt(t *testing.T) {
	remedies := []string{
		"Vous pouvez contester ce refus dans les deux mois qui suivent ce message",
		"par un recours gracieux auprès de la direction interministérielle du numérique (DINUM), 20, avenue de Ségur, 75007 Paris, ou à l’adresse contact@exemple.fr",
		"par un recours contentieux devant le tribunal administratif.",
	}
	for _, n := range changes() {
		if n.Act == habilitation.Refuse {
			write(t, n).says(remedies)
		} else {
			write(t, n).says(nil, remedies...)
		}
	}
}

// The numbers that people quote are in every mail about a request, and so is the link that
// the approval promises.
func TestNumbersAndLinksAreThere(t *testing.T) {
	render := renderer(t)
	for _, n := range approvals() {
		written := render(n)
		link := portal + "/collectivite\n"
		if n.Form {
			link = portal + "/collectivites/21990000100013\n"
		}
		for _, wanted := range []string{"D48231", "H10000042", "SIRET\u00a0: 219\u00a0900\u00a0001\u00a000013", n.Organisation, n.Title, link} {
			if !strings.Contains(written.Text, wanted) {
				t.Errorf("%s lacks %q\n%s", n.Kind(), wanted, written.Text)
			}
		}
		if !strings.Contains(written.Subject, "D48231") {
			t.Errorf("subject %q", written.Subject)
		}
	}
	for _, n := range changes() {
		written := render(n)
		if !strings.Contains(written.Subject, "D48231") || strings.Contains(written.Text, "H10000042") != (n.Habilitation != 0) || strings.Contains(written.Text, "H0") {
			t.Errorf("%s: %s\n%s", n.Kind(), written.Subject, written.Text)
		}
		if !strings.Contains(written.Text, "contact@exemple.fr, en rappelant") && n.Act != habilitation.Restore {
			t.Errorf("%s does not say whom to write to", n.Kind())
		}
	}
}

// Both functions may be declared of one person; who declared it is named as far as known.
func TestAPersonReadsWhatWasDeclaredAndByWhom(t *testing.T) {
	render := renderer(t)
	for _, row := range []struct {
		dpd, controller bool
		by              string
		want            []string
		never           string
	}{
		{true, true, "Paul Verdier", []string{"Paul Verdier (accueil@sainville.fr) a donné votre nom", "comme délégué à la protection des données (DPD) et comme responsable de traitement."}, "La personne"},
		{true, false, "", []string{"La personne qui écrit depuis l’adresse accueil@sainville.fr a donné votre nom", "comme délégué à la protection des données (DPD)."}, "responsable"},
		{false, true, "Paul Verdier", []string{"comme responsable de traitement."}, "délégué"},
	} {
		n := must(decision.NewDesignated(decision.Designated{
			Habilitation: 10000042, Request: 48231, Siret: "21990000100013", Organisation: "Sainville", Mail: "maire@sainville.fr",
			DPD: row.dpd, Controller: row.controller, By: row.by, ByMail: "accueil@sainville.fr", ApprovedAt: noon,
		}))
		words := oneSpaced(render(n).Text)
		for _, wanted := range append(row.want, "Vous n’avez rien à faire.", "Écrivez à contact@exemple.fr, en rappelant le numéro D48231.", "H10000042") {
			if !strings.Contains(words, wanted) {
				t.Errorf("%+v: no %q in %s", row, wanted, words)
			}
		}
		if strings.Contains(words, row.never) {
			t.Errorf("%+v: %q in %s", row, row.never, words)
		}
	}
}

// hostileAbout has the same text for every name.
func hostileAbout(name string) decision.About {
	return decision.About{
		Request: 48231, Siret: "21990000100013", Organisation: name, Title: name, Editor: name, Token: true, Form: true,
		To: "accueil@sainville.fr",
	}
}

// A name is shown as it is, on its line, whatever it holds; a long one leaves the number in
// the subject.
func TestNamesOfRequestsStayContent(t *testing.T) {
	render := renderer(t)
	for name, row := range map[string]struct{ text, shown string }{
		"line feeds":    {"COMMUNE\r\nBcc: x@y.fr\r\n\r\nCorps", "COMMUNE Bcc: x@y.fr Corps"},
		"markup":        {`<script>alert(1)</script><a href="https://mechant.exemple">ici</a>`, `<script>alert(1)</script><a href="https://mechant.exemple">ici</a>`},
		"a template":    {`{{.Portal}}{{template "link" .}}`, `{{.Portal}}{{template "link" .}}`},
		"250 letters":   {strings.Repeat("é", 250), strings.Repeat("é", 250)},
		"250 in words":  {strings.TrimSpace(strings.Repeat("Grande-Rivière ", 17)), strings.TrimSpace(strings.Repeat("Grande-Rivière ", 17))},
		"turned round":  {"gpj.\u202eetiord", "gpj.etiord"},
		"an apostrophe": {`L'Haÿ "les" Roses & Cie`, `L'Haÿ "les" Roses & Cie`},
		"a bare name":   {"Majastres", "Majastres"},
	} {
		about := hostileAbout(row.text)
		designated := decision.Designated{
			Habilitation: 10000042, Request: 48231, Siret: about.Siret, Organisation: row.text, Title: row.text, Name: row.text,
			Mail: "maire@sainville.fr", DPD: true, By: row.text, ByMail: "accueil@sainville.fr", ApprovedAt: noon,
		}
		for _, n := range []notice.Notice{
			must(decision.NewApproved(decision.Approved{About: about, Habilitation: 10000042, ApprovedAt: noon})),
			must(decision.NewChanged(decision.Changed{About: about, Act: habilitation.Suspend, Reason: row.text, Revision: 2, At: noon})),
			must(decision.NewDesignated(designated)),
			must(credential.NewClosed(credential.Closed{Siret: about.Siret, Organisation: row.text, Editor: row.text, To: about.To, At: noon})),
			must(credential.NewAlerted(credential.Alerted{Siret: about.Siret, Organisation: row.text, Code: "hubee.suspended_at_hub", To: about.To, At: noon})),
		} {
			written := render(n)
			if strings.ContainsAny(written.Subject, "\r\n") || utf8.RuneCountInString(written.Subject) > 110 {
				t.Errorf("%s in %s: subject %q", name, n.Kind(), written.Subject)
			}
			if strings.HasPrefix(string(n.Kind()), "habilitation") && !strings.Contains(written.Subject, "D48231") {
				t.Errorf("%s in %s: no number in %q", name, n.Kind(), written.Subject)
			}
			if strings.Contains(written.HTML, "<script") || strings.Contains(written.HTML, `href="https://mechant`) {
				t.Errorf("%s in %s: the markup of a name is markup", name, n.Kind())
			}
			for _, words := range []string{oneSpaced(written.Text), shown(t, written.HTML)} {
				if !strings.Contains(words, row.shown) {
					t.Errorf("%s in %s: not shown as it is\n%s", name, n.Kind(), words)
				}
			}
		}
	}
}
