package editorspace

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// nudgedSample is a token whose requester was asked to prolong it.
const nudgedSample = "5f0c1a52-9a3e-4b7c-8d11-0242ac120003"

// sampleRisk is a client's token that is cut, or will be, in some days.
func sampleRisk(place, days int) renewal.Risk {
	return renewal.Risk{
		TokenFile: credential.TokenFile{Token: credential.Token{
			ID: "5f0c1a52-9a3e-4b7c-8d11-0242ac120002", PublicID: "7Yk2pQe9RwLx", Habilitation: 10_000_042, Siret: "21040107100019",
			Organisation: fmt.Sprintf("COMMUNE DE SAINT-EXEMPLE-LES-BAINS %d", place), ExpiresAt: value.MonthsLater(sampleNow().AddDate(0, 0, days), 0), LastUse: sampleNow().Add(-50 * time.Hour),
		}, Right: credential.Right{Holds: true}, Addressees: credential.Addressees{Requester: "anne.morel@majastres.example.fr"}},
		Departement: "04", Requester: habilitation.Contact{GivenName: "Anne", FamilyName: "Morel", Mail: "anne.morel@majastres.example.fr"},
	}
}

func renewalsSamples(page web.ProPage) []web.Sample[renewalsPage] {
	show := func(query string, total int, found []renewal.Risk, counts renewal.RiskCounts) renewalsPage {
		values, err := url.ParseQuery(query)
		if err != nil {
			panic(err) // a sample of ours
		}
		of := ownRisks{Found: found, Total: total, Counts: counts, Nudged: map[string]time.Time{nudgedSample: sampleNow().Add(-50 * time.Hour)}}
		return newRenewalsPage(framed(page, member(), renewalsPath), renewalListing.Read(values), of, true, moment{sampleNow(), credential.LivePrefix})
	}
	var listed []renewal.Risk
	for i, days := range []int{-200, -31, -8, -1, 0, 1, 2, 5, 6, 7, 8, 14, 20, 29, 30, 31, 45, 60, 80, 90} {
		risk := sampleRisk(i+1, days)
		switch i % 4 {
		case 1:
			risk.Amendment = renewal.Amendment{ID: 1, BegunAt: sampleNow()}
		case 2:
			risk.Amendment = renewal.Amendment{ID: 1, BegunAt: sampleNow(), FiledAt: sampleNow()}
		case 3:
			risk.Elsewhere, risk.LastUse = true, time.Time{}
		}
		switch i % 5 {
		case 1:
			risk.ID = nudgedSample
		case 2:
			risk.RefusedMail, risk.RefusedAddress = 42, risk.Requester.Mail
		case 3:
			risk.Requester.Mail, risk.Addressees.Requester = "", ""
		}
		if days < 0 {
			risk.CallsRefused = sampleNow()
		}
		listed = append(listed, risk)
	}
	long := sampleRisk(1, -3)
	long.Organisation = "<script>alert(1)</script> & L'ESSAI" + strings.Repeat("DUBOIS", 40)
	bare := sampleRisk(2, 0)
	bare.Organisation, bare.PublicID, bare.ExpiresAt = "", "", sampleNow().Add(time.Hour)
	counts := renewal.RiskCounts{All: 412, InThirty: 61, InSeven: 7, Cut: 1_012}
	return []web.Sample[renewalsPage]{
		{Name: "pleine", Content: show("page=2", 412, listed, counts)},
		{Name: "noms-longs", Content: show("etat=coupe&q=d&tri=-usage", 2, []renewal.Risk{long, bare}, counts)},
		{Name: "sans-resultat", Content: show("q=nulle+part", 0, nil, counts)},
		{Name: "vide", Content: show("", 0, nil, renewal.RiskCounts{})},
	}
}
