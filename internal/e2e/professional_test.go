package e2e

import (
	"testing"
)

// « each persona signs in, sees its space and no other »
func TestEachPersonaSeesItsSpaceAndNoOther(t *testing.T) {
	t.Parallel()
	p := open(t)
	homes := map[string]string{
		"administratrice": "/administration", "lectrice": "/administration", "instructrice": "/instruction", "assistant": "/assistance",
		"editrice-tilleul": "/editeur", "membre-tilleul": "/editeur", "editeur-brume": "/editeur",
		"agente-majastres": "/collectivite", "agent-sainville": "/collectivite", "agente-rivebrune": "/collectivite",
	}
	for key, home := range homes {
		t.Run(key, func(t *testing.T) {
			v := p.visitorFor(t)
			who := p.persona(key)
			v.enter(p, key).at(home).answers(200).greets(who.FirstName + " " + who.LastName)
			for _, other := range []string{"/administration", "/instruction", "/assistance", "/editeur", "/collectivite"} {
				if other != home {
					v.get(other).answers(403).says("Cette page ne vous est pas ouverte")
				}
			}
		})
	}
}
