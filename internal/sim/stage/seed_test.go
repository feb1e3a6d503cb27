package stage

import "testing"

// The towns of the seed have their habilitation; one has not asked for anything yet, and its agents come in by their SIRET.
func TestOneTownHasNotAskedForAnythingYet(t *testing.T) {
	seed, err := ReadSeed()
	if err != nil {
		t.Fatal(err)
	}
	if len(seed.Towns) != 6 || len(seed.Editors) != 2 {
		t.Errorf("%d towns, %d editors", len(seed.Towns), len(seed.Editors))
	}
	entered := map[string]string{}
	for _, p := range seed.People {
		if len(p.Roles) == 0 && seed.Admits(p.Siret) {
			entered[p.Key] = p.Siret
		}
	}
	if len(entered) != 2 || entered["agente-clairval"] == "" || entered["agente-clairval"] != entered["agent-clairval"] {
		t.Errorf("who enters by a SIRET: %v", entered)
	}
	for _, town := range seed.Towns {
		if town.Siret == entered["agente-clairval"] {
			t.Errorf("%s has a situation: %s", town.Name, town.Situation)
		}
	}
}
