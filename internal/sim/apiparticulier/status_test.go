package apiparticulier_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/sim/apiparticulier"
	"portail-qf/internal/sim/control"
)

// « GET /api/v2/composition-familiale: 410 plain text; other /api/ v1 URLs 410 » (§7.1).
func TestClosedRoutes(t *testing.T) {
	b := newBench(t, nil)
	got := b.get("/api/v2/composition-familiale", nil)
	same(t, 410, got.status)
	same(t, "text/plain; charset=utf-8", got.header.Get("Content-Type"))
	if !strings.HasPrefix(string(got.body), "L'API Quotient Familial v1 n'est plus disponible depuis le 31/10/2025. Veuillez utiliser l'API v2 : ") {
		t.Errorf("%s", got.body)
	}
	same(t, 410, b.get("/api/composition-familiale", nil).status)
	same(t, 404, b.get("/api/v2/unknown", nil).status)
	same(t, 404, b.get("/v3/unknown", nil).status)
}

// « status ok, bad_gateway, maintenance or unknown, 502 if bad; bad = ≥10 % of 502/503/504
// in the last 10 min » (§7.1).
func TestPings(t *testing.T) {
	now := today
	b := newBench(t, func(o *apiparticulier.Options) { o.Now = func() time.Time { return now } })
	provider := func() (status int, said any, lastOK any) {
		got := b.get("/api/cnaf_msa_quotient_familial/ping", nil)
		answer := got.json(t).(map[string]any)
		same(t, any(now.Format(time.RFC3339)), answer["last_update"])
		return got.status, answer["status"], answer["last_ok_status"]
	}
	expect := func(wantStatus int, wantSaid, wantOK any) {
		t.Helper()
		status, said, lastOK := provider()
		same(t, []any{wantStatus, wantSaid, wantOK}, []any{status, said, lastOK})
	}
	same(t, any("ok"), b.get("/api/ping", nil).json(t).(map[string]any)["status"])
	same(t, any("ok"), b.get("/api/pings", nil).json(t).(map[string]any)["status"])
	expect(200, "unknown", nil)
	for range 10 {
		b.get(identityPath, lucie(), "Authorization", "Bearer full")
	}
	firstOK := now.Format(time.RFC3339)
	expect(200, "ok", firstOK)
	now = now.Add(5 * time.Minute)
	down := lucie()
	down.Set("nomNaissance", "PANNE")
	b.put(`[{"route":"v3_identite","params":{"nomNaissance":"PANNE","prenoms":["Lucie","Marthe"],"anneeDateNaissance":1990,"moisDateNaissance":2,
		"jourDateNaissance":14,"sexeEtatCivil":"F","codeCogInseeCommuneNaissance":"31555","codeCogInseePaysNaissance":"99100"},"status":504,"payload":{}}]`)
	b.get(identityPath, down, "Authorization", "Bearer full")
	expect(200, "ok", firstOK) // 1 of 11
	b.get(identityPath, down, "Authorization", "Bearer full")
	expect(502, "bad_gateway", firstOK) // 2 of 12
	now = now.Add(15 * time.Minute)
	expect(200, "unknown", firstOK)
}

// « GET /api/introspect: {"_id","name","scopes"} ».
func TestIntrospect(t *testing.T) {
	b := newBench(t, nil)
	got := b.get("/api/introspect", nil, "X-Api-Key", "quotient-only").json(t).(map[string]any)
	same(t, any([]any{"cnaf_quotient_familial"}), got["scopes"])
	full := b.get("/api/introspect", nil, "Authorization", "Bearer full").json(t).(map[string]any)
	same(t, any("Restauration scolaire"), full["name"])
	if id := full["_id"].(string); len(id) != 36 || id == got["_id"] {
		t.Errorf("_id = %q", id)
	}
	refused := b.get("/api/introspect", nil, "X-Api-Key", "expired")
	same(t, 401, refused.status)
}

// « X-Request-ID » (§7.6): the client's own, or a new one each time.
func TestEachExchangeHasAName(t *testing.T) {
	b := newBench(t, nil)
	same(t, "mine-1", b.get("/api/ping", nil, "X-Request-ID", "mine-1").header.Get("X-Request-ID"))
	first := b.get("/api/ping", nil).header.Get("X-Request-ID")
	second := b.get("/api/ping", nil, "X-Request-ID", "not one; drop").header.Get("X-Request-ID")
	if len(first) != 36 || len(second) != 36 || first == second {
		t.Errorf("%q, %q", first, second)
	}
}

// The control surface stands in front (DEMO.md).
func TestFaultsAndLog(t *testing.T) {
	b := newBench(t, nil)
	b.sim.Inject(control.Fault{Match: "GET " + identityPath, Mode: control.ModeStatus, Status: 503, Times: 1})
	same(t, 503, b.get(identityPath, lucie(), "Authorization", "Bearer full").status)
	same(t, 200, b.get(identityPath, lucie(), "Authorization", "Bearer full").status)
	log := b.get("/_sim/requests", nil).json(t).([]any)
	same(t, 2, len(log))
}

// A client that leaves while the provider thinks frees its request: the next one is not
// refused as in progress, it waits in turn.
func TestAClientThatLeavesFreesItsRequest(t *testing.T) {
	b := newBench(t, func(o *apiparticulier.Options) { o.ProviderDelay = time.Minute })
	leave := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+identityPath+"?"+lucie().Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer full")
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
		}
		return err
	}
	if err := leave(); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the first request: %v", err)
	}
	for deadline := time.Now().Add(5 * time.Second); leave() == nil; { // 409 until the server sees that the client left
		if time.Now().After(deadline) {
			t.Fatal("the request is still in progress although its client left")
		}
	}
}
