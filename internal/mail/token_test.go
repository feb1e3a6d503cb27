package mail_test

import (
	"testing"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

const sampleTokenID = "0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e11"

func tokenTold(act audit.Act) credential.TokenTold {
	return credential.TokenTold{
		Act: act, Token: "apip_live_7GbT20aKq1Zx", ID: sampleTokenID, Habilitation: 10000042, Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE",
		Title: "Tarifs de la cantine", Editor: "Logiciel Exemple", By: "Léa Fontaine", Side: credential.SideEditor, Until: noon.Add(7 * 24 * time.Hour),
		To: "accueil@sainville.fr", CC: "technique@logiciel.fr", At: noon,
	}
}

// aboutTokens is every mail about a token, by each side and by the portal, of a town with and
// without a name; but that of one to collect, whose text says « le lien » for « le bouton ».
func aboutTokens() (all []notice.Notice) {
	for _, act := range []audit.Act{
		audit.TokenCollected, audit.TokenReplaced, audit.TokenOverlapEnded, audit.TokenSuspended, audit.TokenResumed, audit.TokenRevoked,
	} {
		for _, side := range []credential.Side{credential.SideEditor, credential.SideTown, credential.SideOperator} {
			n := tokenTold(act)
			n.Side = side
			if act == audit.TokenReplaced {
				n.New, n.NewExpiry = "apip_live_k3Wn8RzQ5uYc", expiry
			}
			all = append(all, must(credential.NewTokenTold(n)))
			n.Organisation, n.Title, n.Reason, n.Until, n.Moved = "", "", "Un motif.\n\nEt sa suite.", n.At, true
			all = append(all, must(credential.NewTokenTold(n)))
			n.By, n.Side, n.Editor = "", credential.SideOperator, ""
			all = append(all, must(credential.NewTokenTold(n)))
			n.Moved, n.Beside = false, besides()
			all = append(all, must(credential.NewTokenTold(n)))
			n = tokenTold(act)
			n.Side, n.Program, n.Heir = side, side == credential.SideEditor, true
			all = append(all, must(credential.NewTokenTold(n)))
			n.Expiry, n.Until = n.At.Add(-time.Hour), n.At.Add(-time.Hour)
			all = append(all, must(credential.NewTokenTold(n)))
			n.Heir = false
			all = append(all, must(credential.NewTokenTold(n)))
			n.Amended = true
			all = append(all, must(credential.NewTokenTold(n)))
			if act == audit.TokenResumed {
				n.Barred = true
				all = append(all, must(credential.NewTokenTold(n)))
				n.Barred, n.Uncollected = false, true
				all = append(all, must(credential.NewTokenTold(n)))
				n.Amended = false
				all = append(all, must(credential.NewTokenTold(n)))
				n.Expiry, n.Editor = n.At.Add(time.Hour), map[bool]string{true: "Logiciel Exemple"}[side == credential.SideEditor]
				all = append(all, must(credential.NewTokenTold(n)))
			}
		}
	}
	return all
}

// A replacement names both tokens, and until when each is good. What was written before it said so
// is still sent.
func TestAReplacementSaysUntilWhenEachTokenIsGood(t *testing.T) {
	n := tokenTold(audit.TokenReplaced)
	n.New, n.NewExpiry = "apip_live_k3Wn8RzQ5uYc", expiry
	l := write(t, n)
	l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Jeton API Particulier remplacé – COMMUNE DE SAINVILLE", "/jetons/"+sampleTokenID)
	names := []string{
		"Le nouveau jeton, apip_live_k3Wn8RzQ5uYc…, est valable jusqu’au 14 mars 2028 au soir.",
		"Nouveau jeton\u00a0: apip_live_k3Wn8RzQ5uYc…", "Ancien jeton\u00a0: apip_live_7GbT20aKq1Zx…",
	}
	const goesOn, over = "L’ancien jeton fonctionne encore jusqu’au 9 mars 2026", "L’ancien jeton ne fonctionne plus."
	l.says(append(names, goesOn), over)
	n.Until = n.At
	write(t, n).says(append(names, over), goesOn)
	n.New, n.NewExpiry = "", time.Time{}
	write(t, n).says([]string{"Jeton\u00a0: apip_live_7GbT20aKq1Zx…"}, "Le nouveau jeton,", "Ancien jeton\u00a0:", "…,")
}

// An overlap that somebody ended: what was stopped, by whom, why there may be nothing to do, and
// where to go otherwise.
func TestTheEndOfAnOverlapSaysWhatIsLeftToDo(t *testing.T) {
	n := tokenTold(audit.TokenOverlapEnded)
	written := write(t, n)
	written.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Ancien jeton API Particulier arrêté – COMMUNE DE SAINVILLE", "/jetons/"+sampleTokenID)
	stopped := []string{
		"par Léa Fontaine (Logiciel Exemple). Il devait fonctionner jusqu’au 9 mars 2026", "Jeton arrêté\u00a0: apip_live_7GbT20aKq1Zx…", "H10000042",
		"Cela n’arrête ni l’habilitation, ni le formulaire",
	}
	const used, otherwise = "Si le logiciel utilise déjà le nouveau jeton, il n’y a rien à faire", "La page du nouveau jeton dit qui l’a récupéré, ou permet de le faire."
	written.says(append(stopped, used, otherwise, "Ouvrir la page du nouveau jeton"), "autre logiciel")
	n.Moved = true
	write(t, n).says(append(stopped, "Si l’ancien logiciel ne sert plus, il n’y a rien à faire", "Ouvrir la page du jeton arrêté"), used, otherwise)
}

// What happens to an old token leaves the new one as it is: nobody is sent to make another.
func TestAMailAboutAnOldTokenLeadsToTheNewOne(t *testing.T) {
	const another, goesOn, sameToken = "créez un nouveau jeton", "Le nouveau jeton continue, sans changement. Si le logiciel l’utilise déjà, il n’y a rien à faire.", "il n’y a rien à changer dans le logiciel"
	for act, says := range map[audit.Act]string{
		audit.TokenSuspended: "L’ancien jeton API Particulier de COMMUNE DE SAINVILLE est suspendu", audit.TokenRevoked: "L’ancien jeton est révoqué",
		audit.TokenResumed: "Il s’arrête le 9 mars 2026",
	} {
		n := tokenTold(act)
		write(t, n).says(nil, "ancien jeton", goesOn, "autre logiciel")
		n.Heir = true
		write(t, n).says([]string{says, goesOn, "Ouvrir la page du nouveau jeton", "Ancien jeton\u00a0: apip_live_7GbT20aKq1Zx…"}, another, sameToken, "autre logiciel")
		n.Heir, n.Moved = false, true
		write(t, n).says([]string{says, "La collectivité utilise maintenant un autre logiciel"}, another, sameToken, goesOn)
	}
	write(t, tokenTold(audit.TokenRevoked)).says([]string{another})
}

// besides are two tokens that go on.
func besides() []credential.TokenBeside {
	return []credential.TokenBeside{{Token: "apip_live_k3Wn8RzQ5uYc", Until: noon.Add(7 * 24 * time.Hour)}, {Token: "apip_live_p9Xv2LmT4sHd", Until: noon.Add(9 * 24 * time.Hour)}}
}

// « a leaked or expired token is cut at once »: who closes one token reads that its software may still use
// another one; and nothing is said to stop of what nobody had.
func TestAMailOfAClosedTokenNamesThoseThatGoOn(t *testing.T) {
	for act, lacks := range map[audit.Act]string{
		audit.TokenSuspended: "Le logiciel ne peut plus mettre à jour les quotients.", audit.TokenRevoked: "L’ancien jeton", audit.TokenReplaced: "L’ancien jeton fonctionne encore",
	} {
		n := tokenTold(act)
		n.Until, n.Beside = n.At, besides()
		goOn := []string{
			"Un autre jeton fonctionne encore\u00a0: apip_live_k3Wn8RzQ5uYc…, jusqu’au 9 mars 2026 à 13\u00a0h\u00a000. Le logiciel peut s’en servir.",
			"Un autre jeton fonctionne encore\u00a0: apip_live_p9Xv2LmT4sHd…, jusqu’au 11 mars 2026 à 13\u00a0h\u00a000. Le logiciel peut s’en servir.", "arrêtez-le aussi depuis sa page",
		}
		write(t, n).says(goOn, lacks, "….")
		n.Beside = nil
		write(t, n).says(nil, "Un autre jeton")
	}
	n := tokenTold(audit.TokenSuspended)
	n.Uncollected = true
	write(t, n).says([]string{"Personne ne l’a encore récupéré", "aucun logiciel ne s’en sert"}, "Le logiciel ne peut plus")
	n.Act = audit.TokenRevoked
	write(t, n).says([]string{"Personne ne l’avait récupéré", "Pour mettre le logiciel en service, créez un nouveau jeton"}, "Le logiciel ne peut plus", "remettre")
	n.Uncollected = false
	write(t, n).says([]string{"Pour remettre le logiciel en service, créez un nouveau jeton"})
}

// A program is called one: its name alone could be somebody's.
func TestAMailNamesAProgramAsOne(t *testing.T) {
	n := tokenTold(audit.TokenCollected)
	n.By, n.Program = "Serveur", true
	write(t, n).says([]string{"par le programme Serveur (Logiciel Exemple)."})
	write(t, tokenTold(audit.TokenCollected)).says([]string{"par Léa Fontaine (Logiciel Exemple)."}, "programme")
}

// A suspension that ends on a token that has expired: it stays cut, and who prolongs it is told.
func TestARestoredTokenThatHasExpiredIsToBeProlonged(t *testing.T) {
	n := tokenTold(audit.TokenResumed)
	const task = "À faire\u00a0: prolongez-le."
	n.Expiry = n.At.Add(time.Hour)
	l := write(t, n)
	l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Jeton API Particulier rétabli – COMMUNE DE SAINVILLE", "/jetons/"+sampleTokenID)
	l.says([]string{"Le jeton fonctionne de nouveau", "Il n’y a rien à changer dans le logiciel"}, "coupé", task)

	n.Expiry = value.DayBegins(2026, time.March, 1).Add(-time.Second)
	l = write(t, n)
	l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Jeton API Particulier rétabli, à prolonger – COMMUNE DE SAINVILLE", renewalPage)
	l.says([]string{"La suspension du jeton", "il reste coupé depuis le 28 février 2026", task, "Prolonger le jeton"}, "Le jeton fonctionne de nouveau", "Ouvrir la page")

	n.Amended = true // which prolongs it: asking for it is refused
	l = write(t, n)
	l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Jeton API Particulier rétabli, encore coupé – COMMUNE DE SAINVILLE", renewalPage)
	l.says([]string{"il reste coupé depuis le 28 février 2026", "Une modification de l’habilitation est à l’étude\u00a0: elle prolongera le jeton", "Suivre la prolongation"},
		"À faire", "rolongez", "Prolonger le jeton", "Le jeton fonctionne de nouveau")
	n.Amended = false

	for _, heir := range []bool{true, false} { // that of another goes on: there is nothing to prolong
		n.Heir, n.Moved, n.Until = heir, !heir, n.Expiry
		write(t, n).says([]string{"il s’est arrêté le 28 février 2026"}, "L’ancien jeton fonctionne de nouveau", task, "Prolonger le jeton")
	}
}

// A suspension that ends while the habilitation is suspended opens nothing, whatever the token is
// besides: nobody is sent to collect it, nor to prolong it.
func TestARestoredTokenOfASuspendedHabilitationStaysClosed(t *testing.T) {
	const closed = "Mais l’habilitation est suspendue\u00a0: le jeton ne fonctionnera pas tant qu’elle n’est pas rétablie."
	for _, expires := range []time.Duration{time.Hour, -time.Hour} {
		n := tokenTold(audit.TokenResumed)
		n.Barred, n.Expiry = true, n.At.Add(expires)
		l := write(t, n)
		l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Suspension du jeton levée, habilitation suspendue – COMMUNE DE SAINVILLE", "/jetons/"+sampleTokenID)
		l.says([]string{"La suspension du jeton est levée", closed}, "fonctionne de nouveau", "À faire", "Récupérer", "le jeton est le même", "encore coupé")
		n.Heir = true
		write(t, n).says([]string{closed}, "continue, sans changement")
	}
}

// A suspension that ends on a token that nobody ever had: it is to be collected, once it is prolonged
// where it has expired, and whoever does that is told.
func TestARestoredTokenThatNobodyHasIsToBeCollected(t *testing.T) {
	const editor, town = "La collectivité n’a rien à faire\u00a0: Logiciel Exemple le récupère depuis son espace.", "À faire\u00a0: récupérez-le et donnez-le à votre logiciel."
	const works, same = "fonctionne de nouveau", "sans rien changer dans le logiciel"
	n := tokenTold(audit.TokenResumed)
	n.Uncollected, n.Expiry = true, n.At.Add(time.Hour)
	l := write(t, n)
	l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Jeton API Particulier rétabli, à récupérer – COMMUNE DE SAINVILLE", "/jetons/"+sampleTokenID)
	l.says([]string{"La suspension du jeton est levée", "Personne ne l’a encore récupéré", editor, "Récupérer le jeton"}, works, "le jeton est le même", town)
	n.Editor = ""
	write(t, n).says([]string{town}, works, "le jeton est le même", "depuis son espace")

	n.Expiry = n.At.Add(-time.Hour)
	const then = "personne ne l’a encore fait"
	l = write(t, n)
	l.forWhom("accueil@sainville.fr", "technique@logiciel.fr", "Jeton API Particulier rétabli, à prolonger – COMMUNE DE SAINVILLE", renewalPage)
	l.says([]string{"À faire\u00a0: prolongez-le.", then}, works, same, town)
	n.Amended = true
	write(t, n).says([]string{"Une modification de l’habilitation est à l’étude", then}, works, same, "fonctionnera de nouveau", "À faire")
}
