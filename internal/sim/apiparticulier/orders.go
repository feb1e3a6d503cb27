package apiparticulier

import (
	"cmp"
	"fmt"
	"net/http"

	"portail-qf/internal/sim/control"
)

// order is an entry of PUT /_sim/families (DEMO.md).
type order struct {
	Route   Route          `json:"route"`
	Params  map[string]any `json:"params"`
	Status  int            `json:"status"`
	Payload any            `json:"payload"`
}

// putFamilies adds or replaces families: all of the call, or none when one is refused.
func (s *Server) putFamilies(w http.ResponseWriter, r *http.Request) {
	var orders []order
	if err := control.Decode(r, &orders); err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	var families []Family
	for i, o := range orders {
		put, err := o.families()
		if err != nil {
			control.Refuse(w, http.StatusBadRequest, fmt.Sprintf("family %d: %v", i, err))
			return
		}
		families = append(families, put...)
	}
	s.families.put(families)
	control.Answer(w, struct {
		Put int `json:"put"`
	}{len(families)})
}

// families is the order on each of its routes. Without route they are told by the names of
// the parameters: v2's, or else both of v3.
func (o order) families() ([]Family, error) {
	var routes []Route
	switch o.Route {
	case RouteV2, RouteV3Identity, RouteV3FranceConnect:
		routes = []Route{o.Route}
	case "":
		routes = []Route{RouteV3Identity, RouteV3FranceConnect}
		if _, old, err := readParams(o.Params); err != nil {
			return nil, err
		} else if old {
			routes = []Route{RouteV2}
		}
	default:
		return nil, fmt.Errorf("unknown route %q", o.Route)
	}
	written := document{Params: o.Params, Status: cmp.Or(o.Status, http.StatusOK), Payload: o.Payload}
	families := make([]Family, 0, len(routes))
	for _, route := range routes {
		family, err := written.family(route)
		if err != nil {
			return nil, err
		}
		families = append(families, family)
	}
	return families, nil
}
