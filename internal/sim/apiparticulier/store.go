package apiparticulier

import (
	"slices"
	"sync"
)

// store keeps the families. A search runs through all of them: a few thousand short
// comparisons at most, in a simulator.
type store struct {
	mu       sync.RWMutex
	families []kept
}

// kept is a family with its keys computed once.
type kept struct {
	Family
	key, pivotKey string
}

// put adds families, each replacing the one of the same route and parameters. A family that
// is offered on FranceConnect's page keeps its place and name there.
func (s *store) put(families []Family) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, family := range families {
		added := kept{family, family.Params.key(), family.Params.pivotKey()}
		i := slices.IndexFunc(s.families, func(k kept) bool { return k.Route == added.Route && k.key == added.key })
		if i < 0 {
			s.families = append(s.families, added)
			continue
		}
		if s.families[i].Identity != nil {
			added.Identity = s.families[i].Identity
		}
		s.families[i] = added
	}
}

// forParameters finds the family that answers a request of identity mode.
func (s *store) forParameters(route Route, p Params) (Family, bool) {
	key := p.key()
	return s.find(func(k kept) bool { return k.Route == route && k.key == key })
}

// forCitizen finds the family that answers a FranceConnect token on one of routes, the
// first route that has one.
func (s *store) forCitizen(p Params, routes ...Route) (Family, bool) {
	key := p.pivotKey()
	for _, route := range routes {
		if family, found := s.find(func(k kept) bool { return k.Route == route && k.pivotKey == key }); found {
			return family, true
		}
	}
	return Family{}, false
}

func (s *store) find(matches func(kept) bool) (Family, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i := slices.IndexFunc(s.families, matches); i >= 0 {
		return s.families[i].Family, true
	}
	return Family{}, false
}

func (s *store) all() []Family {
	s.mu.RLock()
	defer s.mu.RUnlock()
	families := make([]Family, 0, len(s.families))
	for _, k := range s.families {
		families = append(families, k.Family)
	}
	return families
}
