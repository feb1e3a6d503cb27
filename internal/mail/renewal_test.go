package mail_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/smtp"
)

// expiry is the end, in Paris, of the 14th of March 2028.
var expiry = value.DayBegins(2028, time.March, 15).Add(-time.Second)

func aboutRenewal() renewal.About {
	return renewal.About{
		ID: sampleTokenID, Token: "apip_live_7GbT20aKq1Zx", Habilitation: 10000042, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE",
		Title: "Tarifs de la cantine", Software: "Portail Familles", Editor: "Logiciel Exemple", FormOpen: true, Expiry: expiry, To: "accueil@sainville.fr", CC: "technique@logiciel.fr",
	}
}

func reminder(stage renewal.Stage, change func(n *renewal.Reminder)) renewal.Reminder {
	n := renewal.Reminder{About: aboutRenewal(), Stage: stage, At: stage.DayOf(expiry).Add(8 * time.Hour)}
	if change != nil {
		change(&n)
	}
	return must(renewal.NewReminder(n))
}

// renewalsOf are the mails about the prolongation of a token to the town and the editor.
func renewalsOf(about renewal.About) (all []notice.Notice) {
	for _, stage := range renewal.Stages {
		for _, filed := range []bool{false, true} {
			all = append(all, must(renewal.NewReminder(renewal.Reminder{About: about, Stage: stage, At: stage.DayOf(about.Expiry).Add(8 * time.Hour), AmendmentFiled: filed})))
		}
	}
	for _, by := range []string{"Jeanne Maréchal", ""} {
		for _, at := range []time.Time{about.Expiry.AddDate(0, 0, -30), about.Expiry.AddDate(0, 0, 8)} {
			if about.To != "" {
				for _, amended := range []bool{false, true} {
					all = append(all, must(renewal.NewProlonged(renewal.ProlongedNotice{
						About: about, From: about.Expiry.AddDate(-1, -6, 0), By: by, WasExpired: at.After(about.Expiry), ByAmendment: amended,
					})))
				}
				all = append(all, must(renewal.NewNudge(renewal.NudgeNotice{About: about, Left: renewal.DaysLeft(about.Expiry, at), By: by, At: at})))
			}
			bounced := about
			bounced.To, bounced.CC = "technique@logiciel.fr", ""
			all = append(all, must(renewal.NewBounced(renewal.BouncedNotice{About: bounced, MailID: 303, Address: "acceuil@sainville.fr", At: at})))
		}
	}
	return all
}

// aboutRenewals is every mail about a prolongation, with all that may lack in it: names, the
// form, a copy, an address, an expiry at midnight.
func aboutRenewals() (all []notice.Notice) {
	for _, names := range [][4]string{
		{"COMMUNE DE SAINVILLE", "Logiciel Exemple", "Tarifs de la cantine", "Portail Familles"}, {"", "Logiciel Exemple", "", "Portail Familles"},
		{"COMMUNE DE SAINVILLE", "Logiciel Exemple", "", ""}, {"COMMUNE DE SAINVILLE", "", "", ""}, {},
	} {
		about := aboutRenewal()
		about.Organisation, about.Editor, about.Title, about.Software = names[0], names[1], names[2], names[3]
		all = append(all, renewalsOf(about)...)
		about.FormOpen, about.CC, about.Expiry = false, "", expiry.Add(-13*time.Hour)
		all = append(all, renewalsOf(about)...)
		about.To, about.CC = "", "technique@logiciel.fr"
		all = append(all, renewalsOf(about)...)
		about.To, about.Uncollected = "accueil@sainville.fr", true
		all = append(all, renewalsOf(about)...)
		for _, left := range []int{7, 0, -3} {
			all = append(all, must(renewal.NewPressing(renewal.PressingNotice{
				Amendment: 3, Request: 48231, Siret: about.Siret, Organisation: names[0], TokenID: sampleTokenID, Expiry: expiry, To: "instruction@portail.fr",
				At: expiry.AddDate(0, 0, -left),
			})))
		}
		for longCut, total := range []int{1, 2, 3, 9} {
			n := digest(names[0], names[1], min(total, 2), total)
			n.LongCut = longCut
			all = append(all, n)
		}
	}
	return all
}

// digest lists clients of which the first is cut, unless it is alone.
func digest(town, editor string, rows, total int) renewal.DigestNotice {
	n := renewal.DigestNotice{Editor: editor, Siret: "21990000500014", Week: expiry.AddDate(0, 0, -15), Total: total, To: "technique@logiciel.fr"}
	for i := range rows {
		n.Rows = append(n.Rows, renewal.DigestRow{
			TokenID: sampleTokenID, Siret: "21990000100013", Organisation: town, Expiry: expiry.AddDate(0, 0, 20*(i-rows+1)),
		})
	}
	return must(renewal.NewDigest(n))
}

// A token that nobody has is no software's: no mail says that one uses it, or has nothing to do.
func TestARenewalOfATokenThatNobodyHasSaysSo(t *testing.T) {
	const nobody, lacks, same = "aucun logiciel ne s’en sert", "le logiciel ne pourra plus", "il n’y aura rien à changer"
	const prolong, keeps, again = "Si rien n’a changé, il est prolongé tout de suite, de 18\u00a0mois. ", "Il reste le même", "fonctionne de nouveau"
	for editor, collects := range map[string]string{
		"Logiciel Exemple": "Ensuite, l’éditeur le récupère depuis son espace.", "": "Ensuite, récupérez-le dans l’espace de votre collectivité.",
	} {
		about := aboutRenewal()
		about.Editor, about.Uncollected = editor, true
		for _, stage := range renewal.Stages {
			n := must(renewal.NewReminder(renewal.Reminder{About: about, Stage: stage, At: stage.DayOf(expiry).Add(8 * time.Hour)}))
			if n.Kind() == renewal.KindCut {
				write(t, n).says([]string{"Personne n’a récupéré ce jeton", prolong + collects}, "Le logiciel ne peut plus", same, again)
			} else {
				write(t, n).says([]string{"Personne n’a encore récupéré ce jeton", nobody, prolong + collects, "n’a rien à faire pour la prolongation"}, lacks, same, keeps)
			}
			n.To = ""
			write(t, must(renewal.NewReminder(n))).says([]string{"Elle prolonge le jeton en 2\u00a0minutes. " + collects}, keeps, "vous n’aurez rien à changer")
		}
	}
	about := aboutRenewal()
	about.Uncollected = true
	prolonged := must(renewal.NewProlonged(renewal.ProlongedNotice{About: about, From: expiry.AddDate(-1, -6, 0), WasExpired: true}))
	write(t, prolonged).says([]string{"Il était coupé depuis", nobody, "À faire\u00a0: l’éditeur le récupère depuis son espace."}, "fonctionne de nouveau", "Il n’y a rien à faire")
}

const (
	renewalPage = "/jetons/" + sampleTokenID + "/prolongation"
	onlyHolder  = "Seule la personne qui a fait la demande d’habilitation, ou qui l’a reprise, peut prolonger le jeton."
	nothingToDo = "Le contact technique, en copie de ce message, n’a rien à faire."
)

// « Subject with town, software and date; body: what expires and when, what stops, what goes on,
// one button » (issue 7), at each stage.
func TestAReminderSaysWhatExpiresAndWhatToDo(t *testing.T) {
	always := []string{
		"Le jeton API Particulier de COMMUNE DE SAINVILLE (logiciel\u00a0: Portail Familles)", "À faire\u00a0: prolongez-le. Cela prend 2\u00a0minutes.",
		"changer dans le logiciel", "Prolonger le jeton", onlyHolder, "La même page permet de confier la demande à un collègue.", nothingToDo,
		"Jeton\u00a0: apip_live_7GbT20aKq1Zx…", "H10000042", "SIRET\u00a0: 219\u00a0900\u00a0001\u00a000013",
	}
	before := []string{
		"Sans prolongation, le logiciel ne pourra plus mettre à jour les quotients après cette date.",
		"Le formulaire continuera de fonctionner, et l’habilitation restera valable.",
	}
	after := []string{
		"est coupé depuis le 14 mars 2028 au soir.", "Le logiciel ne peut plus mettre à jour les quotients.",
		"Le formulaire continue de fonctionner, et l’habilitation reste valable.", "le même jeton fonctionne de nouveau tout de suite",
	}
	const soon, last, names = "Il reste peu de temps", "C’est notre dernier rappel.", " – COMMUNE DE SAINVILLE – Portail Familles"
	for stage, row := range map[renewal.Stage]struct {
		subject     string
		says, never []string
	}{
		90:  {"Le jeton expire le 14 mars 2028", append(before, "expire le 14 mars 2028 au soir, dans 90 jours."), []string{soon, "ce soir", "coupé"}},
		30:  {"Rappel\u00a0: le jeton expire dans 30 jours, le 14 mars 2028", append(before, "expire le 14 mars 2028 au soir, dans 30 jours."), []string{soon, "ce soir", "coupé"}},
		7:   {"Rappel\u00a0: le jeton expire dans 7 jours, le 14 mars 2028", append(before, soon, "expire le 14 mars 2028 au soir, dans 7 jours."), []string{"ce soir", "coupé"}},
		0:   {"Le jeton expire ce soir, 14 mars 2028", append(before, "expire ce soir à minuit, à la fin du 14 mars 2028."), []string{soon, "coupé"}},
		-7:  {"Jeton coupé depuis le 14 mars 2028", after, []string{last, "expire", "pourra plus"}},
		-30: {"Jeton coupé depuis le 14 mars 2028", append(after, last), []string{"expire", "pourra plus"}},
	} {
		says := append([]string{}, always...)
		if stage <= 7 && stage > 0 {
			says[0] = strings.Replace(says[0], "Le jeton", "le jeton", 1)
		}
		l := write(t, reminder(stage, nil))
		l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", row.subject+names, renewalPage)
		l.says(append(says, row.says...), row.never...)
	}
}

// « au jour 0 « expire ce soir à minuit », after it « coupé depuis… » »: whatever a reminder waited
// for, it says what is so when it leaves. Its Message-ID and its addressees stay.
func TestAReminderThatWaitedSaysWhatIsSo(t *testing.T) {
	o := open(t, smtp.Options{})
	now := noon
	o.sender = o.newSenderAt("smtp://"+o.listen, func() time.Time { return now })
	const names = " – COMMUNE DE SAINVILLE – Portail Familles"
	for i, row := range []struct {
		stage      renewal.Stage
		leaves     time.Time
		subject    string
		says, hush string
	}{
		{90, expiry.AddDate(0, 0, -80), "Le jeton expire le 14 mars 2028", "expire le 14 mars 2028 au soir, dans 80 jours.", "coupé"},
		{7, expiry.Add(-time.Hour), "Le jeton expire ce soir, 14 mars 2028", "expire ce soir à minuit", "coupé"},
		{0, expiry, "Le jeton expire ce soir, 14 mars 2028", "expire ce soir à minuit", "coupé"},
		{0, expiry.Add(time.Second), "Jeton coupé depuis le 14 mars 2028", "est coupé depuis le 14 mars 2028 au soir.", "expire"},
		{0, expiry.AddDate(0, 0, 6), "Jeton coupé depuis le 14 mars 2028", "Le logiciel ne peut plus mettre à jour les quotients.", "pourra plus"},
	} {
		id := o.record(reminder(row.stage, func(n *renewal.Reminder) { n.ID = fmt.Sprintf("%s%d", n.ID[:35], i) }))
		now = row.leaves
		if err := o.send(id); err != nil {
			t.Fatal(err)
		}
		left := o.relay.Messages()[i]
		if left.Subject != row.subject+names || !strings.Contains(left.Text, row.says) || strings.Contains(left.Text, row.hush) {
			t.Errorf("at stage %d, leaving at %s: %q\n%s", row.stage, row.leaves, left.Subject, left.Text)
		}
		if diff := cmp.Diff([]string{"accueil@sainville.fr", "technique@logiciel.fr"}, left.Envelope.To); diff != "" {
			t.Error(diff)
		}
	}
}

// What a reminder must not say: a form that is not granted, a copy that nobody has, a software
// that there is not, midnight of a token that ends at another time.
func TestAReminderSaysOnlyWhatIsSo(t *testing.T) {
	for _, stage := range renewal.Stages {
		l := write(t, reminder(stage, func(n *renewal.Reminder) {
			n.FormOpen, n.Software, n.Editor, n.CC, n.Expiry = false, "", "", "Accueil@Sainville.fr", expiry.Add(-13*time.Hour)
		}))
		l.says([]string{"14 mars 2028 à 10\u00a0h\u00a059", "L’habilitation, elle, rest", onlyHolder}, "formulaire", nothingToDo, "(logiciel", "(éditeur", "minuit", "ce soir", "*")
		if !strings.HasSuffix(l.Subject, "14 mars 2028 – COMMUNE DE SAINVILLE") {
			t.Errorf("%d: subject %q", stage, l.Subject)
		}
	}
}

// A mail may leave days after it was written: of a form that was not open then it says nothing, which
// is never false.
func TestAReminderSaysNothingOfAFormThatWasNotOpen(t *testing.T) {
	about := aboutRenewal()
	about.FormOpen = false
	for _, n := range renewalsOf(about) {
		l := write(t, n)
		l.says(nil, "formulaire", "en ce moment")
		if n.Kind() != renewal.KindProlonged {
			l.says([]string{"L’habilitation, elle, rest"})
		}
	}
	for _, stage := range renewal.Stages {
		write(t, reminder(stage, nil)).says([]string{"de fonctionner, et l’habilitation rest"})
	}
}

// An editor is no software: where the name of the product is not known, a mail says whose it is.
func TestAMailCallsNoEditorASoftware(t *testing.T) {
	about := aboutRenewal()
	about.Software = ""
	for _, n := range renewalsOf(about) {
		l := write(t, n)
		if n.Kind() == renewal.KindNudge { // the editor is who asks
			l.says([]string{"Logiciel Exemple"}, "(logiciel", "(éditeur")
			continue
		}
		l.says([]string{"jeton API Particulier de COMMUNE DE SAINVILLE (éditeur\u00a0: Logiciel Exemple)"}, "(logiciel")
	}
	n := digest("COMMUNE DE SAINVILLE", "Logiciel Exemple", 2, 2)
	n.Rows[0].Software = "Portail Familles"
	write(t, n).says([]string{
		"COMMUNE DE SAINVILLE (SIRET 219\u00a0900\u00a0001\u00a000013), pour Portail Familles\u00a0: coupé", "SIRET 219\u00a0900\u00a0001\u00a000013)\u00a0: expire",
	})
}

// Where nobody at the town has an address, the technical contact is told to pass the reminder
// on; where a modification is filed, nobody is told to prolong.
func TestAReminderKnowsWhoReadsIt(t *testing.T) {
	const task = "À faire\u00a0: prolongez-le."
	for _, stage := range renewal.Stages {
		l := write(t, reminder(stage, func(n *renewal.Reminder) { n.To = "" }))
		l.says([]string{
			"Nous n’avons l’adresse de personne à la collectivité\u00a0: ce rappel n’est envoyé qu’à vous.",
			"À faire\u00a0: transmettez-le à la personne qui a fait la demande d’habilitation.", "vous n’aurez rien à changer dans le logiciel",
		}, task, nothingToDo, "Ce n’est plus à vous de le faire")
		if diff := cmp.Diff([]string{"technique@logiciel.fr"}, l.To); diff != "" {
			t.Error(diff)
		}
		write(t, reminder(stage, func(n *renewal.Reminder) { n.AmendmentFiled = true })).says([]string{
			"Une modification de l’habilitation est déposée\u00a0: le jeton sera prolongé dès qu’elle sera validée.", "Suivre la prolongation", nothingToDo,
		}, task, "Prolonger le jeton")
	}
}

// « confirmation mail to requester, cc editor »: the new date, and nothing to change.
func TestAProlongationIsConfirmed(t *testing.T) {
	about := aboutRenewal()
	about.Expiry = value.MonthsLater(expiry, 18)
	n := renewal.ProlongedNotice{About: about, From: expiry, By: "Jeanne Maréchal"}
	const restored, mistake, decided = "il fonctionne de nouveau", "Ce n’est pas prévu\u202f?", "La modification de l’habilitation est validée."
	for _, row := range []struct {
		expired, amended bool
		says, never      []string
	}{
		{false, false, []string{"par Jeanne Maréchal", "Il devait expirer le 14 mars 2028 au soir.", mistake}, []string{restored, decided}},
		{true, false, []string{"Il était coupé depuis le 14 mars 2028 au soir", restored, mistake}, []string{"devait", decided}},
		{false, true, []string{decided, "Il devait expirer"}, []string{"Jeanne", mistake, restored}},
		{true, true, []string{decided, restored}, []string{"Jeanne", mistake}},
	} {
		n.WasExpired, n.ByAmendment = row.expired, row.amended
		l := write(t, must(renewal.NewProlonged(n)))
		l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Jeton prolongé jusqu’au 14 septembre 2029 – COMMUNE DE SAINVILLE – Portail Familles", "/jetons/"+sampleTokenID)
		l.says(append(row.says, "est prolongé jusqu’au 14 septembre 2029 au soir", "Il n’y a rien à faire, ni à changer dans le logiciel\u00a0: le jeton est le même."), row.never...)
	}
}

// « the technical contact can nudge once a week »: the town reads who asks, and what for.
func TestAnEditorAsksForAProlongation(t *testing.T) {
	n := renewal.NudgeNotice{About: aboutRenewal(), By: "Léa Fontaine", Left: 30, At: expiry.AddDate(0, 0, -30)}
	l := write(t, must(renewal.NewNudge(n)))
	l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Jeton à prolonger d’ici au 14 mars 2028 – COMMUNE DE SAINVILLE – Portail Familles", renewalPage)
	asks := []string{
		"Logiciel Exemple vous demande de prolonger le jeton", "Léa Fontaine (Logiciel Exemple) vous demande de prolonger le jeton API Particulier de COMMUNE DE SAINVILLE (logiciel\u00a0: Portail Familles).",
		"À faire\u00a0: prolongez-le.", onlyHolder,
	}
	l.says(append(asks, "Il expire le 14 mars 2028 au soir.", "le logiciel ne pourra plus"), "coupé")
	n.Left, n.At = -8, expiry.AddDate(0, 0, 8)
	l = write(t, must(renewal.NewNudge(n)))
	l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Jeton à prolonger, coupé depuis le 14 mars 2028 – COMMUNE DE SAINVILLE – Portail Familles", renewalPage)
	l.says(append(asks, "Il est coupé depuis le 14 mars 2028 au soir.", "Le logiciel ne peut plus"), "expire")
}

// « an address that bounced is … told to the technical contact »: which, and what to do.
func TestATechnicalContactReadsThatAReminderCameBack(t *testing.T) {
	about := aboutRenewal()
	about.To, about.CC = "technique@logiciel.fr", ""
	n := renewal.BouncedNotice{About: about, MailID: 303, Address: "acceuil@sainville.fr", At: expiry.AddDate(0, 0, -60)}
	l := write(t, must(renewal.NewBounced(n)))
	l.forWhom("technique@logiciel.fr", "", "Rappel non remis, échéance 14 mars 2028 – COMMUNE DE SAINVILLE – Portail Familles", renewalPage)
	tells := []string{
		"l’adresse acceuil@sainville.fr a été refusée", "À faire\u00a0: joignez la collectivité par un autre moyen.", "qui l’a reprise, peut prolonger le jeton, sur la page ci-dessous.",
		"qu’elle nous donne la nouvelle à contact@exemple.fr, en rappelant le numéro H10000042",
	}
	l.says(append(tells, "Ce jeton expire le 14 mars 2028 au soir."), "coupé", "en copie")
	n.At = expiry.AddDate(0, 0, 7)
	write(t, must(renewal.NewBounced(n))).says(append(tells, "Ce jeton est coupé depuis le 14 mars 2028 au soir."), "expire")
}

// « alert at 7 days »
func TestTheOperatorReadsWhichModificationHoldsATokenUp(t *testing.T) {
	n := renewal.PressingNotice{
		Amendment: 3, Request: 48231, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", TokenID: sampleTokenID, Expiry: expiry, To: "instruction@portail.fr",
		At: expiry.AddDate(0, 0, -7),
	}
	l := write(t, must(renewal.NewPressing(n)))
	l.forWhom("instruction@portail.fr", "", "Modification D48231 à instruire avant le 14 mars 2028 – COMMUNE DE SAINVILLE", "/instruction/demandes/48231")
	l.says([]string{"n’est pas encore décidée", "expire le 14 mars 2028 au soir\u00a0: sans décision d’ici là"}, "est coupé")
	const cut = "Modification D48231 à instruire, jeton coupé depuis le 14 mars 2028 – COMMUNE DE SAINVILLE"
	waited := n
	n.At = expiry.AddDate(0, 0, 2)
	l = write(t, must(renewal.NewPressing(n)))
	l.forWhom("instruction@portail.fr", "", cut, "/instruction/demandes/48231")
	l.says([]string{"est coupé depuis le 14 mars 2028 au soir"}, "expire")

	o := open(t, smtp.Options{}) // it waits out an outage
	o.sender = o.newSenderAt("smtp://"+o.listen, func() time.Time { return n.At })
	if err := o.send(o.record(must(renewal.NewPressing(waited)))); err != nil {
		t.Fatal(err)
	}
	if left := o.relay.Messages()[0]; left.Subject != cut || strings.Contains(left.Text, "expire") {
		t.Errorf("it leaves as %q\n%s", left.Subject, left.Text)
	}
}

// « a weekly digest for an editor with many clients »: each client once, cut or about to be, and
// how many more there are.
func TestAnEditorReadsItsClientsOfTheWeek(t *testing.T) {
	l := write(t, digest("COMMUNE DE SAINVILLE", "Logiciel Exemple", 2, 7))
	l.forWhom("technique@logiciel.fr", "", "7 jetons à prolonger chez vos clients, au 28 février 2028 – Logiciel Exemple", "/editeur/prolongations")
	l.says([]string{
		"7 jetons API Particulier expirent dans les trois mois, ou sont coupés.", "Et 5 autres, dans la liste de votre espace.",
		"COMMUNE DE SAINVILLE (SIRET 219\u00a0900\u00a0001\u00a000013)\u00a0: coupé depuis le 23 février 2028",
		"COMMUNE DE SAINVILLE (SIRET 219\u00a0900\u00a0001\u00a000013)\u00a0: expire le 14 mars 2028", "Vous n’avez rien à changer dans le logiciel.",
		"Pour changer ce que vous recevez",
	})
	n := digest("COMMUNE DE SAINVILLE", "Logiciel Exemple", 2, 2)
	write(t, n).says(nil, "dans la liste de votre espace")
	n.Week = expiry.Add(-15 * time.Hour)
	write(t, n).says([]string{"\u00a0: expire ce soir"}, "expire le")
	n.LongCut = 1
	write(t, n).says([]string{"Une collectivité a un jeton coupé depuis plus de 60 jours. Retrouvez-la dans la liste de votre espace, à l’état «\u00a0Coupé\u00a0»."})
	n.LongCut = 12
	write(t, n).says([]string{"12 collectivités ont un jeton coupé depuis plus de 60 jours. Retrouvez-les dans la liste de votre espace, à l’état"})
}

// « refused → told, the token keeps its date »: and may be prolonged with nothing changed, unless
// the habilitation is suspended.
func TestARefusedModificationTellsOfTheTokenThatItWasToProlong(t *testing.T) {
	n := decision.Changed{About: decision.About{
		Request: 48231, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Token: true, Form: true, To: "accueil@sainville.fr", CC: "technique@logiciel.fr",
	}, Act: habilitation.Refuse, Habilitation: 10000042, Reason: "Un motif.", StillValid: true, Revision: 4, At: noon}
	const kept, way = "Le jeton API Particulier n’est pas prolongé\u00a0: il garde sa date.", "vous pouvez le prolonger sans modification"
	write(t, must(decision.NewChanged(n))).says([]string{"Le formulaire et le jeton API Particulier ne changent pas."}, kept, way)

	n.TokenID, n.TokenUntil = sampleTokenID, expiry
	l := write(t, must(decision.NewChanged(n)))
	l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Modification refusée\u00a0: demande D48231 – COMMUNE DE SAINVILLE", renewalPage)
	l.says([]string{kept, "Il expire le 14 mars 2028 au soir.", way, "Le formulaire ne change pas."}, "ne changent pas", "coupé")

	n.At = expiry.Add(time.Hour)
	const stays = "Le jeton API Particulier n’est pas prolongé. Il reste coupé, depuis le 14 mars 2028 au soir"
	write(t, must(decision.NewChanged(n))).says([]string{stays, way}, kept, "expire")

	n.Suspended = true
	write(t, must(decision.NewChanged(n))).says([]string{stays + "."}, way, kept, "Prolonger le jeton", "mettre à jour les quotients")
}

// A long name of the one leaves room for the other, and for the date.
func TestASubjectNamesTheTownAndTheSoftware(t *testing.T) {
	long, longer := "COMMUNE DE SAINT-RÉMY-EN-BOUZEMONT-SAINT-GENEST-ET-ISSON", strings.Repeat("Société des logiciels ", 5)
	for _, row := range []struct{ town, software, want string }{
		{"COMMUNE DE SAINVILLE", "Logiciel Exemple", "COMMUNE DE SAINVILLE – Logiciel Exemple"},
		{"COMMUNE DE SAINVILLE", "", "COMMUNE DE SAINVILLE – Logiciel Exemple"},
		{"", "Logiciel Exemple", "219\u00a0900\u00a0001\u00a000013 – Logiciel Exemple"},
		{long, "", long + " – Logiciel Exemple"},
		{long, "Brume", long + " – Brume"},
		{long, longer, "COMMUNE DE…T-SAINT-GENEST-ET-ISSON – Société des logiciels Société des log…"},
		{"CENTRE COMMUNAL D’ACTION SOCIALE DE SAINT-JUST", longer, "CENTRE… SOCIALE DE SAINT-JUST – Société des logiciels Société des log…"},
		{"COMMUNE DE BRY", longer, "COMMUNE DE BRY – Société des logiciels Société des logiciels Société des lo…"},
	} {
		subject := write(t, reminder(90, func(n *renewal.Reminder) { n.Organisation, n.Software = row.town, row.software })).Subject
		if want := "Le jeton expire le 14 mars 2028 – " + row.want; subject != want || utf8.RuneCountInString(subject) > 110 {
			t.Errorf("subject %q, want %q", subject, want)
		}
	}
}

// Whatever a name holds, it stays on its line and is shown as it is.
func TestNamesInRemindersStayContent(t *testing.T) {
	for text, want := range map[string]string{
		"COMMUNE\r\nBcc: x@y.fr\r\n\r\nCorps":            "COMMUNE Bcc: x@y.fr Corps",
		`<script>alert(1)</script>`:                      `<script>alert(1)</script>`,
		`{{.Portal}}{{template "link" .}}`:               `{{.Portal}}{{template "link" .}}`,
		"gpj.\u202eetiord":                               "gpj.etiord",
		strings.TrimSpace(strings.Repeat("Grande ", 30)): strings.TrimSpace(strings.Repeat("Grande ", 30)),
	} {
		about := aboutRenewal()
		about.Organisation, about.Software, about.Editor, about.Title = text, text, text, text
		all := append(renewalsOf(about), digest(text, text, 2, 2), must(renewal.NewPressing(renewal.PressingNotice{
			Amendment: 3, Request: 48231, Siret: about.Siret, Organisation: text, TokenID: sampleTokenID, Expiry: expiry, To: about.To,
			At: expiry.AddDate(0, 0, -7),
		})))
		for _, n := range all {
			l := write(t, n)
			if strings.ContainsAny(l.Subject, "\r\n") || strings.Contains(l.HTML, "<script") || !strings.Contains(l.Subject, "2028") && !strings.Contains(l.Subject, "2026") {
				t.Errorf("%s: subject %q\n%s", n.Kind(), l.Subject, l.HTML)
			}
			l.says([]string{want})
		}
	}
}

// « From API Particulier <support@particulier.api.gouv.fr>, Reply-To api-particulier@api.gouv.fr,
// … asserted in tests », of a reminder; its Message-ID is that of the token, the expiry and the
// stage, whoever sends it and however often.
func TestAReminderAsItArrives(t *testing.T) {
	o := open(t, smtp.Options{})
	id := o.record(reminder(90, nil))
	if again := o.record(reminder(90, func(n *renewal.Reminder) { n.At = n.At.AddDate(0, 0, 1) })); again != id {
		t.Errorf("one reminder is two mails, %d and %d", id, again)
	}
	for range 2 {
		if err := o.send(id); err != nil {
			t.Fatal(err)
		}
	}
	messages := o.relay.Messages()
	if len(messages) != 1 {
		t.Fatalf("%d messages", len(messages))
	}
	key := fmt.Sprintf("rappel %s 2028-03-14T22:59:59Z 90", sampleTokenID)
	want := map[string]string{
		"From": `"API Particulier" <support@particulier.api.gouv.fr>`, "Reply-To": "<api-particulier@api.gouv.fr>",
		"To": "<accueil@sainville.fr>", "Cc": "<technique@logiciel.fr>", "Message-Id": "<" + notice.MessageID(key, "particulier.api.gouv.fr") + ">",
		"Subject": "Le jeton expire le 14 mars 2028 – COMMUNE DE SAINVILLE – Portail Familles",
	}
	for header, value := range want {
		if got := messages[0].Headers[header]; len(got) != 1 || got[0] != value {
			t.Errorf("%s: %q, want %q", header, got, value)
		}
	}
	if diff := cmp.Diff([]string{"accueil@sainville.fr", "technique@logiciel.fr"}, messages[0].Envelope.To); diff != "" {
		t.Error(diff)
	}
}
