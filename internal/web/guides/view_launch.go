package guides

import (
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/launch"
	"portail-qf/internal/web"
)

// launchPage is the list of the steps before the first town.
type launchPage struct {
	web.ProPage
	Ticked    bool // for an editor; otherwise the steps are only told
	Elsewhere bool // the reader is signed in, and not for an editor
	Done, All int

	Form, Technical, Town, Token, Call, Subscription, HubAccount, Dossier, Client, Webhook stepView
}

// stepView is how far a step is, and who does it.
type stepView struct {
	Owner launch.Owner
	State launch.State // "" where nothing is ticked
	At    web.Moment   // zero where nobody noted when
}

// newLaunchPage makes the page of an editor whose facts are known, or of anybody when facts
// is nil.
func newLaunchPage(page web.ProPage, facts launch.Facts) launchPage {
	p := launchPage{ProPage: page, Ticked: facts != nil, Elsewhere: page.Person != "" && page.Space != account.SpaceEditor}
	p.Done, p.All = facts.Count()
	for step, view := range map[launch.Step]*stepView{
		launch.FormPublished: &p.Form, launch.ContactVerified: &p.Technical, launch.TownHabilitated: &p.Town,
		launch.TokenCollected: &p.Token, launch.CallAnswered: &p.Call, launch.SubscriptionActive: &p.Subscription,
		launch.HubAccountHeld: &p.HubAccount, launch.DossierFetched: &p.Dossier, launch.ClientCreated: &p.Client,
		launch.WebhookAnswered: &p.Webhook,
	} {
		view.Owner = step.Owner()
		if p.Ticked || step.ToCome() {
			view.State, view.At = facts.State(step), web.MomentOf(facts[step].At)
		}
	}
	return p
}

// Complete tells that nothing is left to do.
func (p launchPage) Complete() bool { return p.Ticked && p.Done == p.All }
