package mail_test

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

const (
	townMail      = "accueil@sainville.example.fr"
	technicalMail = "technique@logiciel.example.fr"
	colleagueMail = "mairie@sainville.example.fr"
)

// aboutSainville is a request as most of them are.
func aboutSainville() request.About {
	return request.About{
		Request: 10000017, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Software: "Logiciel Exemple", To: townMail, CC: technicalMail,
	}
}

// noticesAbout are all the mails of a request, with and without what each may lack.
func noticesAbout(about request.About) (all []notice.Notice) {
	for _, yes := range []bool{false, true} {
		about.Modification = yes
		for _, again := range []bool{false, true} {
			all = append(all, must(request.NewAcknowledged(request.Acknowledged{
				About: about, Revision: 2, FiledAt: noon, Deadline: request.DeadlineOf(noon), Again: again,
			})))
		}
		all = append(all, must(request.NewChangesAsked(request.ChangesAsked{About: about, Revision: 3, Reason: "Un motif.\r\n\r\nEt sa suite.", At: noon})))
		all = append(all, must(request.NewChangesAsked(request.ChangesAsked{About: about, Revision: 3, Reason: "Un motif.", At: noon, Comments: []request.Comment{
			{Field: request.FieldDocument, Text: "Ce n’est pas la bonne.\n\nJoignez celle de mars."}, {Field: "dpd_mail", Text: "Cette adresse est celle du maire."},
		}})))
		all = append(all, must(request.NewTransferred(request.Transferred{About: about, Holder: "Jeanne Maréchal", Former: "Paul Verdier", By: "Paul Verdier", At: noon})))
		all = append(all, must(request.NewTransferred(request.Transferred{About: about, Holder: "Jeanne Maréchal", At: noon})))
		all = append(all, must(request.NewClaimed(request.Claimed{About: about, Claimant: "Jeanne Maréchal", Until: noon.Add(request.ClaimPatience), At: noon})))
		for _, urgent := range urgentTokens() {
			all = append(all, must(request.NewAcknowledged(request.Acknowledged{About: about, Revision: 2, FiledAt: noon, Deadline: request.DeadlineOf(noon), Lapsing: urgent})))
			all = append(all, must(request.NewChangesAsked(request.ChangesAsked{About: about, Revision: 3, Reason: "Un motif.", At: noon, Lapsing: urgent})))
			all = append(all, must(request.NewTransferred(request.Transferred{About: about, Holder: "Jeanne Maréchal", Former: "Paul Verdier", By: "Paul Verdier", At: noon, Lapsing: urgent})))
			all = append(all, must(request.NewClaimed(request.Claimed{About: about, Claimant: "Jeanne Maréchal", Until: noon.Add(request.ClaimPatience), At: noon, Lapsing: urgent})))
		}
		for _, by := range []string{"", "Paul Verdier"} {
			all = append(all, must(request.NewClaimEnded(request.ClaimEnded{About: about, By: by, At: noon})))
		}
	}
	for _, side := range request.Sides {
		all = append(all, must(request.NewMessageSent(request.MessageSent{About: about, From: side, At: noon})))
	}
	for _, stage := range []int{30, 7} {
		all = append(all, must(request.NewDraftExpires(request.DraftExpires{About: about, EditedAt: noon, ErasedOn: noon.AddDate(0, 6, 0), Stage: stage})))
	}
	return all
}

const urgentToken = "5f0c1a52-9a3e-4b7c-8d11-0242ac120002"

// urgentTokens expire soon, or are cut, with a modification and without.
func urgentTokens() (all []request.Lapsing) {
	for _, days := range []int{12, -9} {
		urgent := request.Lapsing{TokenID: urgentToken, Software: "Portail Familles", Editor: "Logiciel Exemple", Expiry: value.MonthsLater(noon.AddDate(0, 0, days), 0)}
		all = append(all, urgent)
		urgent.Amended = true
		all = append(all, urgent)
		urgent.Filed, urgent.Software = true, ""
		all = append(all, urgent)
	}
	return all
}

// aboutRequests are those mails for towns with and without a name, on an editor's form and on
// the generic one.
func aboutRequests() (all []notice.Notice) {
	for _, names := range [][2]string{{"COMMUNE DE SAINVILLE", "Logiciel Exemple"}, {"COMMUNE DE SAINVILLE", ""}, {"", "Logiciel Exemple"}, {"", ""}} {
		about := aboutSainville()
		about.Organisation, about.Software = names[0], names[1]
		all = append(all, noticesAbout(about)...)
	}
	return all
}

// letter is a mail that a test reads in both of its forms.
type letter struct {
	t testing.TB
	notice.Sample
}

func write(t testing.TB, n notice.Notice) letter { return letter{t, renderer(t)(n)} }

// forWhom checks the addresses, the subject and the page that the button opens.
func (l letter) forWhom(to, copied, subject, page string) {
	l.t.Helper()
	recipients := notice.Recipients{To: l.To, CC: l.CC}.Distinct()
	want := notice.Recipients{To: []string{to}}
	if copied != "" {
		want.CC = []string{copied}
	}
	if diff := cmp.Diff(want, recipients); diff != "" {
		l.t.Errorf("%s: %s", l.Kind, diff)
	}
	if l.Subject != subject {
		l.t.Errorf("%s: subject %q, want %q", l.Kind, l.Subject, subject)
	}
	if !strings.Contains(l.Text, "\u00a0:\n"+portal+page+"\n") || !strings.Contains(l.HTML, `<a href="`+portal+page+`"`) {
		l.t.Errorf("%s does not lead to %s\n%s", l.Kind, page, l.Text)
	}
}

// says checks that both forms hold sentences, and never others.
func (l letter) says(sentences []string, never ...string) {
	l.t.Helper()
	for _, words := range []string{oneSpaced(l.Text), shown(l.t, l.HTML)} {
		for _, sentence := range sentences {
			if !strings.Contains(words, sentence) {
				l.t.Errorf("%s does not say %q\n%s", l.Kind, sentence, words)
			}
		}
		for _, sentence := range never {
			if strings.Contains(words, sentence) {
				l.t.Errorf("%s says %q\n%s", l.Kind, sentence, words)
			}
		}
	}
}

// « acknowledgement with the two-month legal paragraph » (issue): the number, who answers, how
// to write to them; a first deposit, corrections and a modification each in their words.
func TestADepositIsAcknowledged(t *testing.T) {
	const page, stays = "/collectivite/demandes/10000017", "L’habilitation reste valable, comme avant"
	for _, row := range []struct {
		again, modification bool
		subject             string
		says, never         []string
	}{
		{false, false, "Demande D10000017 déposée – COMMUNE DE SAINVILLE", []string{
			"Votre demande d’habilitation D10000017, pour COMMUNE DE SAINVILLE, est déposée depuis le 2 mars 2026 à 13\u00a0h\u00a000.",
			"Un instructeur de l’équipe API Particulier lit la demande.",
			"Sans réponse de notre part le 2 mai 2026, votre demande est considérée comme refusée (article L.\u00a0231-4 du code des relations entre le public et l’administration).",
		}, []string{stays, "corrections"}},
		{true, false, "Corrections déposées\u00a0: demande D10000017 – COMMUNE DE SAINVILLE", []string{
			"Vos corrections pour la demande d’habilitation D10000017, de COMMUNE DE SAINVILLE, sont déposées depuis le 2 mars 2026 à 13\u00a0h\u00a000.",
			"Sans réponse de notre part le 2 mai 2026, votre demande est considérée comme refusée",
		}, []string{stays}},
		{false, true, "Modification déposée\u00a0: demande D10000017 – COMMUNE DE SAINVILLE", []string{
			"La modification de votre demande d’habilitation D10000017, pour COMMUNE DE SAINVILLE, est déposée depuis le", stays,
			"Sans réponse de notre part le 2 mai 2026, la modification est considérée comme refusée", "L’habilitation, elle, reste valable.",
		}, []string{"votre demande est considérée"}},
		{true, true, "Corrections déposées\u00a0: demande D10000017 – COMMUNE DE SAINVILLE", []string{
			"Vos corrections pour la modification de la demande d’habilitation D10000017, de COMMUNE DE SAINVILLE, sont déposées", stays,
		}, []string{"votre demande est considérée"}},
	} {
		about := aboutSainville()
		about.Modification = row.modification
		l := write(t, must(request.NewAcknowledged(request.Acknowledged{
			About: about, Revision: 2, FiledAt: noon, Deadline: request.DeadlineOf(noon), Again: row.again,
		})))
		l.forWhom(townMail, technicalMail, row.subject, page)
		l.says(append(row.says, "Vous recevrez sa réponse par mail.", "Suivre la demande",
			"Écrivez aux instructeurs dans les messages de la demande.",
			"Vous pouvez contester ce refus dans les deux mois qui le suivent",
			"par un recours gracieux auprès de la direction interministérielle du numérique (DINUM), 20, avenue de Ségur, 75007 Paris, ou à l’adresse contact@exemple.fr",
			"par un recours contentieux devant le tribunal administratif.",
			"Si une pièce ou une information manque, nous vous le disons par mail. Vous avez alors deux mois pour l’envoyer",
		), row.never...)
	}
}

// « two months after the deposit »: the same day, or the last one of a shorter month, as the
// calendar of Paris counts.
func TestSilenceIsARefusalTwoMonthsAfterTheDeposit(t *testing.T) {
	for filed, day := range map[time.Time]string{
		time.Date(2026, 12, 31, 14, 0, 0, 0, time.UTC):  "28 février 2027",
		time.Date(2027, 12, 31, 14, 0, 0, 0, time.UTC):  "29 février 2028",
		time.Date(2026, 12, 30, 23, 30, 0, 0, time.UTC): "28 février 2027", // the 31st in Paris
		time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC): "1er mars 2027",   // the 1st of January there
		time.Date(2026, 7, 31, 14, 0, 0, 0, time.UTC):   "30 septembre 2026",
	} {
		deadline := request.DeadlineOf(filed)
		for _, printed := range []time.Time{deadline, deadline.UTC()} {
			l := write(t, must(request.NewAcknowledged(request.Acknowledged{About: aboutSainville(), Revision: 2, FiledAt: filed, Deadline: printed})))
			l.says([]string{"Sans réponse de notre part le " + day + ", votre demande est considérée comme refusée"})
		}
	}
}

// « Modifications demandées | applicant / technical contact | reason, the fields, link »
// (users-reliability-security.md A.12)
func TestChangesAreAskedAnswerByAnswer(t *testing.T) {
	asked := request.ChangesAsked{
		About: aboutSainville(), Revision: 3, At: noon, Reason: "La délibération ne parle pas du quotient.\r\nJoignez celle qui fixe vos tarifs.",
		Comments: []request.Comment{{Field: request.FieldDocument, Text: "C’est celle du budget.\nIl manque la page 2."}, {Field: "conservation", Text: "Douze mois suffisent."}},
	}
	l := write(t, must(request.NewChangesAsked(asked)))
	l.forWhom(townMail, technicalMail, "Demande D10000017 à corriger – COMMUNE DE SAINVILLE", "/collectivite/demandes/10000017")
	l.says([]string{
		"Les instructeurs vous demandent de la corriger avant de décider.", "Corriger la demande",
		"«\u00a0La délibération ne parle pas du quotient. Joignez celle qui fixe vos tarifs.\u00a0»",
		"Délibération (fichier)\u00a0: «\u00a0C’est celle du budget. Il manque la page 2.\u00a0»",
		"Durée de conservation, en mois\u00a0: «\u00a0Douze mois suffisent.\u00a0»",
	}, "reste valable")

	asked.Modification, asked.Comments = true, nil
	l = write(t, must(request.NewChangesAsked(asked)))
	l.forWhom(townMail, technicalMail, "Modification à corriger\u00a0: demande D10000017 – COMMUNE DE SAINVILLE", "/collectivite/demandes/10000017")
	l.says([]string{"La modification de votre demande d’habilitation D10000017", "L’habilitation reste valable, comme avant, pendant ce temps."}, "de vos réponses", "jeton")

	const names = "Cette modification doit prolonger le jeton API Particulier de COMMUNE DE SAINVILLE "
	for i, says := range map[int]string{
		1: "(logiciel\u00a0: Portail Familles). Il expire le 14 mars 2026 au soir\u00a0: si elle n’est pas validée d’ici là, le logiciel ne pourra plus mettre à jour les quotients.",
		2: "(éditeur\u00a0: Logiciel Exemple). Il expire le 14 mars 2026 au soir",
		4: "(logiciel\u00a0: Portail Familles). Il est coupé depuis le 21 février 2026 au soir et le reste tant qu’elle n’est pas validée",
	} {
		asked.Lapsing = urgentTokens()[i]
		l = write(t, must(request.NewChangesAsked(asked)))
		l.forWhom(townMail, technicalMail, "Modification à corriger\u00a0: demande D10000017 – COMMUNE DE SAINVILLE", "/collectivite/demandes/10000017")
		l.says([]string{names + says})
	}
}

// A mail about an answer that has no name could never be sent.
func TestEveryAnswerHasItsNameInAMail(t *testing.T) {
	fields := []request.Field{
		request.FieldModalities, request.FieldScopes, request.FieldDocument, request.FieldBusinessSelf, request.FieldTechnicalOneself,
		request.FieldReception, request.FieldTerms, request.FieldDPDInformed,
	}
	for _, text := range request.Texts {
		fields = append(fields, text.Field)
	}
	render := renderer(t)
	for _, field := range fields {
		written := render(must(request.NewChangesAsked(request.ChangesAsked{
			About: aboutSainville(), Revision: 3, Reason: "À revoir.", At: noon, Comments: []request.Comment{{Field: field, Text: "Ici."}},
		})))
		if strings.Contains(written.Text, string(field)+"\u00a0:") || strings.Contains(written.Text, "- \u00a0:") {
			t.Errorf("%s has no name\n%s", field, written.Text)
		}
	}
}

// « messages (without their body) » (issue): the mail says who wrote and where to read, to the
// town and to the instructors, and there is nothing else that it could say.
func TestAMessageIsAnnouncedWithoutItsBody(t *testing.T) {
	about := aboutSainville()
	about.CC = ""
	l := write(t, must(request.NewMessageSent(request.MessageSent{About: about, From: request.SideStaff, At: noon})))
	l.forWhom(townMail, "", "Message des instructeurs\u00a0: demande D10000017 – COMMUNE DE SAINVILLE", "/collectivite/demandes/10000017/messages")
	l.says([]string{"Les instructeurs vous ont écrit", "Il a été envoyé le 2 mars 2026 à 13\u00a0h\u00a000.", "Lire le message"}, "instruction/demandes", "vous instruisez")

	about.To = "instruction@portail.example.fr"
	l = write(t, must(request.NewMessageSent(request.MessageSent{About: about, From: request.SideTown, At: noon})))
	l.forWhom("instruction@portail.example.fr", "", "Message reçu\u00a0: demande D10000017 – COMMUNE DE SAINVILLE", "/instruction/demandes/10000017/messages")
	l.says([]string{"COMMUNE DE SAINVILLE vous a écrit", "Lire le message"}, "/collectivite/", "Les instructeurs")

	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[request.MessageSent]()) {
		names = append(names, field.Name)
	}
	want := []string{"About", "Request", "Siret", "Organisation", "Software", "Modification", "To", "CC", "From", "At"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("a mail about a message holds more than it may say: %s", diff)
	}
}

// « Transfert | old and new holder »: who holds the request now, who decided, and what to do
// if that is wrong.
func TestATransferIsToldToTheNewHolderAndTheFormerOne(t *testing.T) {
	about := aboutSainville()
	about.To, about.CC = colleagueMail, townMail
	l := write(t, must(request.NewTransferred(request.Transferred{About: about, Holder: "Jeanne Maréchal", Former: "Paul Verdier", By: "Camille Ferrand", At: noon})))
	l.forWhom(colleagueMail, townMail, "Demande D10000017 transférée – COMMUNE DE SAINVILLE", "/collectivite/demandes/10000017")
	l.says([]string{
		"Jeanne Maréchal suit désormais la demande d’habilitation D10000017, pour COMMUNE DE SAINVILLE. Paul Verdier la suivait jusqu’ici.",
		"Décision prise par Camille Ferrand le 2 mars 2026 à 13\u00a0h\u00a000.",
		"Les mails au sujet de cette demande sont maintenant envoyés à Jeanne Maréchal.",
		"Ce n’est pas vous, ou c’est une erreur\u00a0?", "écrivez à contact@exemple.fr, en rappelant le numéro D10000017.",
	})
	l = write(t, must(request.NewTransferred(request.Transferred{About: about, Holder: "Jeanne Maréchal", At: noon})))
	l.says([]string{"Décision prise le 2 mars 2026 à 13\u00a0h\u00a000."}, "la suivait")
}

// Every reminder of a token may have left before a request changes hands: the mail of the transfer
// tells its new holder, and opens the page that prolongs.
func TestATransferTellsWhatIsUrgentOfTheToken(t *testing.T) {
	const prolongs, follows = "/jetons/" + urgentToken + "/prolongation", "/collectivite/demandes/10000017"
	about := aboutSainville()
	about.To, about.CC = colleagueMail, townMail
	for i, row := range []struct {
		page  string
		says  []string
		never string
	}{
		{prolongs, []string{"Le jeton API Particulier de COMMUNE DE SAINVILLE (logiciel\u00a0: Portail Familles) expire le 14 mars 2026", "C’est maintenant à Jeanne Maréchal de le prolonger", "Prolonger le jeton"}, "coupé"},
		{prolongs, []string{"expire le 14 mars 2026", "Une modification de l’habilitation est commencée\u00a0: le jeton sera prolongé quand elle sera validée."}, "coupé"},
		{follows, []string{"COMMUNE DE SAINVILLE (éditeur\u00a0: Logiciel Exemple) expire le 14 mars 2026", "Une modification de l’habilitation est à l’étude\u00a0: le jeton sera prolongé quand elle sera validée."}, "de le prolonger"},
		{prolongs, []string{"Le jeton API Particulier de COMMUNE DE SAINVILLE (logiciel\u00a0: Portail Familles) est coupé depuis le 21 février 2026", "le logiciel ne peut plus mettre à jour les quotients", "C’est maintenant à Jeanne Maréchal de le prolonger"}, "expire le"},
	} {
		urgent := urgentTokens()[i]
		l := write(t, must(request.NewTransferred(request.Transferred{About: about, Holder: "Jeanne Maréchal", Former: "Paul Verdier", By: "Paul Verdier", At: noon, Lapsing: urgent})))
		l.forWhom(colleagueMail, townMail, "Demande D10000017 transférée – COMMUNE DE SAINVILLE", row.page)
		l.says(row.says, row.never)
	}
}

// The request is the holder's until it is decided, and the token cut meanwhile: the mail of a claim
// says so.
func TestAClaimTellsWhatIsUrgentOfTheToken(t *testing.T) {
	claimed := request.Claimed{About: aboutSainville(), Claimant: "Jeanne Maréchal", Until: noon.Add(request.ClaimPatience), At: noon, Lapsing: urgentTokens()[3]}
	claimed.CC = ""
	l := write(t, must(request.NewClaimed(claimed)))
	l.forWhom(townMail, "", "Un collègue veut reprendre la demande D10000017 – COMMUNE DE SAINVILLE", "/collectivite/demandes/10000017/transfert")
	l.says([]string{"est coupé depuis le 21 février 2026", "Tant que la demande est à vous, prolongez-le sans attendre\u00a0: la page ci-dessous y mène."})
	claimed.Lapsing = urgentTokens()[2]
	write(t, must(request.NewClaimed(claimed))).says([]string{"expire le 14 mars 2026", "le jeton sera prolongé quand elle sera validée"}, "prolongez-le")
}

// « Après validation, le jeton API Particulier est automatiquement prolongé » (guide, 6.c): whoever
// deposits for that reads it, and what the token is until then.
func TestADepositTellsWhatBecomesOfTheToken(t *testing.T) {
	about := aboutSainville()
	about.Modification = true
	const will = "Le jeton API Particulier de COMMUNE DE SAINVILLE (logiciel\u00a0: Portail Familles) sera prolongé quand la modification sera validée."
	for i, row := range map[int]struct{ says, never string }{
		1: {"D’ici là, il garde sa date\u00a0: il expire le 14 mars 2026", "coupé"},
		4: {"Il est coupé depuis le 21 février 2026", "garde sa date"},
	} {
		l := write(t, must(request.NewAcknowledged(request.Acknowledged{About: about, Revision: 2, FiledAt: noon, Deadline: request.DeadlineOf(noon), Lapsing: urgentTokens()[i]})))
		l.says([]string{will, row.says}, row.never)
	}
	l := write(t, must(request.NewAcknowledged(request.Acknowledged{About: about, Revision: 2, FiledAt: noon, Deadline: request.DeadlineOf(noon)})))
	l.says(nil, "jeton")
}

// « when the holder does not answer in 72 h » (issue): the mail says until when, to the minute
// and in Paris, across the change of hour too; its link decides nothing.
func TestAHolderIsAskedForAnAnswer(t *testing.T) {
	about := aboutSainville()
	about.CC = ""
	at := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	l := write(t, must(request.NewClaimed(request.Claimed{About: about, Claimant: "Jeanne Maréchal", Until: at.Add(request.ClaimPatience), At: at})))
	l.forWhom(townMail, "", "Un collègue veut reprendre la demande D10000017 – COMMUNE DE SAINVILLE", "/collectivite/demandes/10000017/transfert")
	l.says([]string{
		"Jeanne Maréchal demande à reprendre la demande d’habilitation D10000017, pour COMMUNE DE SAINVILLE, que vous suivez.",
		"Acceptez ou refusez avant le 30 mars 2026 à 14\u00a0h\u00a000, heure de Paris. Sans réponse de votre part, un instructeur décidera.",
		"Répondre", "Ce lien ouvre une page\u00a0: rien n’est décidé tant que vous n’y avez pas répondu.",
	})
}

func TestAClaimantReadsThatTheRequestStays(t *testing.T) {
	about := aboutSainville()
	about.To, about.CC = colleagueMail, ""
	l := write(t, must(request.NewClaimEnded(request.ClaimEnded{About: about, By: "Paul Verdier", At: noon})))
	l.forWhom(colleagueMail, "", "Reprise refusée\u00a0: demande D10000017 – COMMUNE DE SAINVILLE", "/collectivite/demandes/10000017")
	l.says([]string{
		"Paul Verdier a refusé la reprise, le 2 mars 2026 à 13\u00a0h\u00a000. La demande reste à la personne qui la suit.",
		"Que faire\u00a0? Parlez-en avec elle", "écrivez à contact@exemple.fr, en rappelant le numéro D10000017.",
	})
}

// « Drafts of requests | 6 months without edit, notices before » (PRODUCT.md 6)
func TestADraftIsErasedAfterANotice(t *testing.T) {
	about := aboutSainville()
	about.CC = ""
	for stage, says := range map[int]string{
		30: "Nous vous écrirons encore une fois, sept jours avant cette date.",
		7:  "C’est le dernier rappel avant cette date.",
	} {
		l := write(t, must(request.NewDraftExpires(request.DraftExpires{
			About: about, EditedAt: noon, ErasedOn: value.DayBegins(2026, time.September, 2), Stage: stage,
		})))
		l.forWhom(townMail, "", "Votre brouillon sera effacé le 2 septembre 2026\u00a0: demande D10000017", "/collectivite/demandes/10000017")
		l.says([]string{
			"Votre brouillon sera effacé le 2 septembre 2026", "pour COMMUNE DE SAINVILLE, depuis le 2 mars 2026.",
			"Vous n’en avez plus besoin\u00a0? Vous n’avez rien à faire.", "Reprendre le brouillon", says,
		})
	}
}

// A subject names the request, is read whole on a phone, and does not shout.
func TestSubjectsAreReadOnAPhone(t *testing.T) {
	render := renderer(t)
	about := aboutSainville()
	about.Organisation = "COMMUNE DE SAINVILLE-EXEMPLE"
	for _, n := range noticesAbout(about) {
		subject := render(n).Subject
		if utf8.RuneCountInString(subject) > 80 || !strings.Contains(subject, "D10000017") || strings.ContainsRune(subject, '!') {
			t.Errorf("%s: subject %q", n.Kind(), subject)
		}
	}
}
