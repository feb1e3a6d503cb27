package guides

import (
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/launch"
	"portail-qf/internal/web"
)

// The samples are invented. They show each guide to somebody who is not signed in, to an
// editor and to somebody else, and the steps in every state.

const samplePortal = "https://portail.example.fr"

var sampleHub = Hub{
	API: "https://api.hubee.example.fr", Token: "https://auth.hubee.example.fr/oauth2/token", Portal: "https://portail.hubee.example.fr",
}

// framed frames a guide as somebody of a space reads it.
func framed(page web.ProPage, path string, space account.Space) web.ProPage {
	page.Path, page.Space = path, space
	if space == "" {
		page.Person, page.Organisation, page.SeveralSpaces = "", "", false
		return page
	}
	page.Person, page.Organisation = "Sofia Renard", "Logiciels d’Exemple"
	page.Navigation = []web.NavLink{{Code: "accueil", URL: space.Path()}}
	return page
}

func launchSamples(page web.ProPage) []web.Sample[launchPage] {
	editor, visitor := framed(page, launchPath, account.SpaceEditor), framed(page, launchPath, "")
	nothing, half, all := launch.Facts{}, launch.Facts{}, launch.Facts{}
	morning := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i, step := range launch.Steps {
		fact := launch.Fact{Done: true, At: morning.AddDate(0, 0, 9*i)}
		if step == launch.ContactVerified {
			fact.At = time.Time{}
		}
		nothing[step], half[step], all[step] = launch.Fact{}, launch.Fact{}, fact
		if i < 4 {
			half[step] = fact
		}
	}
	delete(half, launch.ClientCreated) // that nobody tells yet
	return []web.Sample[launchPage]{
		{Name: "sans-connexion", Content: newLaunchPage(visitor, nil)},
		{Name: "autre-espace", Content: newLaunchPage(framed(page, launchPath, account.SpaceTown), nil)},
		{Name: "rien-de-fait", Content: newLaunchPage(editor, nothing)},
		{Name: "a-moitie", Content: newLaunchPage(editor, half)},
		{Name: "tout-fait", Content: newLaunchPage(editor, all)},
	}
}

func hubSamples(page web.ProPage) []web.Sample[hubPage] {
	return []web.Sample[hubPage]{
		{Name: "sans-connexion", Content: newHubPage(framed(page, hubPath, ""), samplePortal, sampleHub)},
		{Name: "editeur", Content: newHubPage(framed(page, hubPath, account.SpaceEditor), samplePortal, sampleHub)},
	}
}

func quotientSamples(page web.ProPage) []web.Sample[quotientPage] {
	return []web.Sample[quotientPage]{
		{Name: "sans-connexion", Content: newQuotientPage(framed(page, quotientPath, ""), samplePortal)},
		{Name: "editeur", Content: newQuotientPage(framed(page, quotientPath, account.SpaceEditor), samplePortal)},
	}
}
