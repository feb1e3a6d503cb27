package apiparticulier_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/sim/apiparticulier"
)

// Each row of reference/api-particulier.md §7.4 that a token can cause, word for word.
func TestRefusalsOfTheToken(t *testing.T) {
	const (
		unknown   = "Votre token n'est pas valide ou n'est pas renseigné"
		expired   = "Votre token est expiré. Vous devez refaire une demande"
		blacklist = "Votre jeton est sur liste noire, celui-ci a certainement été divulgué sur un canal non-sécurisé. " +
			"Vous pouvez trouver un jeton valide sur votre espace personnel: https://particulier.api.gouv.fr/compte"
		scopes = "Votre token est valide mais vos privilèges sont insuffisants. Listez vos privilèges sur /api/introspect"
	)
	tests := []struct {
		token               string
		status              int
		code, title, detail string
		oldStatus           int
		old                 any // v2's body
	}{
		{"", 401, "00101", "Interdit", unknown, 401, controller("access_denied", unknown)},
		{"nobody's", 401, "00101", "Interdit", unknown, 401, controller("access_denied", unknown)},
		{"expired", 401, "00103", "Jeton expiré", expired, 401, flat(expired)},
		{"blacklisted", 401, "00105", "Jeton sur liste noire", blacklist, 401, flat(blacklist)},
		{"other-scopes", 403, "00100", "Privilèges insuffisants", scopes, 401, controller("access_denied", scopes)},
		{"elsewhere", 403, "00107", "Interdit", "IP non autorisée", 403, flat("IP non autorisée")},
	}
	b := newBench(t, func(o *apiparticulier.Options) {
		o.Tokens = append(o.Tokens, apiparticulier.Token{Value: "elsewhere", Siret: recipient, Scopes: allScopes,
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	})
	for _, test := range tests {
		t.Run("v3 "+test.code+" "+test.token, func(t *testing.T) {
			got := b.get(identityPath, lucie(), "Authorization", "Bearer "+test.token)
			same(t, test.status, got.status)
			same(t, "application/vnd.api+json", got.header.Get("Content-Type"))
			same(t, any(map[string]any{"errors": []any{map[string]any{"code": test.code, "title": test.title, "detail": test.detail,
				"source": map[string]any{"parameter": "token"}, "meta": map[string]any{}}}}), got.json(t))
		})
		t.Run("v2 "+test.code+" "+test.token, func(t *testing.T) {
			got := b.get(oldPath, oldLucie(), "X-Api-Key", test.token)
			same(t, test.oldStatus, got.status)
			same(t, test.old, got.json(t))
		})
	}
}

func controller(word, sentence string) any {
	return map[string]any{"error": word, "reason": sentence, "message": sentence}
}

func flat(sentence string) any { return map[string]any{"errors": []any{sentence}} }

// « X-Api-Key and ?token= also accepted by the middleware »; Bearer goes first.
func TestWhereTheTokenIsRead(t *testing.T) {
	b := newBench(t, nil)
	inQuery := lucie()
	inQuery.Set("token", "full")
	tests := []struct {
		why     string
		query   url.Values
		headers []string
		status  int
	}{
		{"Bearer", lucie(), []string{"Authorization", "Bearer full"}, 200},
		{"bearer in small letters", lucie(), []string{"Authorization", "bearer full"}, 200},
		{"X-Api-Key", lucie(), []string{"X-Api-Key", "full"}, 200},
		{"?token=", inQuery, nil, 200},
		{"Bearer before X-Api-Key", lucie(), []string{"Authorization", "Bearer expired", "X-Api-Key", "full"}, 401},
		{"X-Api-Key before ?token=", inQuery, []string{"X-Api-Key", "expired"}, 401},
		{"Basic is no token", lucie(), []string{"Authorization", "Basic full"}, 401},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			if got := b.get(identityPath, test.query, test.headers...); got.status != test.status {
				t.Errorf("%d %s, want %d", got.status, got.body, test.status)
			}
		})
	}
	if got := b.get(oldPath, oldLucie(), "Authorization", "Bearer full"); got.status != 200 {
		t.Errorf("v2 with an API token as Bearer: %d %s", got.status, got.body)
	}
}

// An allowed address passes.
func TestAnAllowedAddressPasses(t *testing.T) {
	b := newBench(t, func(o *apiparticulier.Options) {
		o.Tokens = []apiparticulier.Token{{Value: "here", Scopes: allScopes, AllowedIPs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	})
	if got := b.get(identityPath, lucie(), "Authorization", "Bearer here"); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// §7.2, one row a parameter; « v3 collects all parameter errors in one 422; v2 returns the
// first, 400 ».
func TestRefusalsOfAParameter(t *testing.T) {
	const (
		name, given = "Le nom de naissance est manquant", "Le ou les prénoms sont manquants"
		birth, sex  = "La date de naissance n'est pas correctement formatée", "Le sexe de l'état civil est manquant"
		country     = "Le pays de naissance n'est pas correctement formaté"
		place       = "Le lieu de naissance n'est pas correctement formaté"
		department  = "Le département de naissance n'est pas correctement formaté"
		year        = "L'année demandée doit être l'année en cours (N), N-1 ou N-2."
		month       = "Le mois demandé est incorrect ou est dans le futur."
	)
	set := func(name string, values ...string) func(url.Values) { return func(q url.Values) { q[name] = values } }
	del := func(names ...string) func(url.Values) {
		return func(q url.Values) {
			for _, name := range names {
				q.Del(name)
			}
		}
	}
	byName := func(departement string) func(url.Values) {
		return func(q url.Values) {
			q.Del("codeCogInseeCommuneNaissance")
			q.Set("nomCommuneNaissance", "Toulouse")
			q.Set("codeCogInseeDepartementNaissance", departement)
		}
	}
	tests := []struct {
		why    string
		change func(url.Values)
		code   string // none: accepted
		detail string
	}{
		{"no birth name", del("nomNaissance"), "00420", name},
		{"a digit in the birth name", set("nomNaissance", "GARNIER2"), "00420", name},
		{"a letter outside Latin 1", set("nomNaissance", "ŁUKASIK"), "00420", name},
		{"two lines", set("nomNaissance", "GARNIER\nX"), "00420", name},
		{"apostrophe, dash and accent", set("nomNaissance", "D'Orvault-Hénaÿ"), "", ""},
		{"first names may be absent", del("prenoms[]"), "", ""},
		{"an empty first name", set("prenoms[]", ""), "00367", given},
		{"a blank first name among others", set("prenoms[]", "LUCIE", " "), "00367", given},
		{"first names that are no list", func(q url.Values) { q.Del("prenoms[]"); q.Set("prenoms", "LUCIE") }, "00367", given},
		{"each part of the date may be absent", del("anneeDateNaissance", "jourDateNaissance"), "", ""},
		{"month 13", set("moisDateNaissance", "13"), "00363", birth},
		{"month in letters", set("moisDateNaissance", "mai"), "00363", birth},
		{"day 0", set("jourDateNaissance", "0"), "00363", birth},
		{"day signed", set("jourDateNaissance", "+1"), "00363", birth},
		{"year 0", set("anneeDateNaissance", "0"), "00363", birth},
		{"30 February", set("jourDateNaissance", "30"), "00363", birth},
		{"before 1900", set("anneeDateNaissance", "1899"), "00363", birth},
		{"born today", func(q url.Values) {
			q.Set("anneeDateNaissance", "2026")
			q.Set("moisDateNaissance", "6")
			q.Set("jourDateNaissance", "15")
		}, "00363", birth},
		{"born yesterday", func(q url.Values) {
			q.Set("anneeDateNaissance", "2026")
			q.Set("moisDateNaissance", "6")
			q.Set("jourDateNaissance", "14")
		}, "", ""},
		{"no sex: 422 and not 500", del("sexeEtatCivil"), "00427", sex},
		{"another sex", set("sexeEtatCivil", "X"), "00427", sex},
		{"no country", del("codeCogInseePaysNaissance"), "00400", country},
		{"a country outside 99", set("codeCogInseePaysNaissance", "31555"), "00400", country},
		{"French Algeria", set("codeCogInseePaysNaissance", "92352"), "", ""},
		{"no commune, born in France", del("codeCogInseeCommuneNaissance"), "00365", place},
		{"no commune, born abroad", func(q url.Values) { q.Del("codeCogInseeCommuneNaissance"); q.Set("codeCogInseePaysNaissance", "99352") }, "", ""},
		{"a wrong commune, even abroad", func(q url.Values) {
			q.Set("codeCogInseeCommuneNaissance", "9")
			q.Set("codeCogInseePaysNaissance", "99352")
		}, "00365", place},
		{"a commune of département 20", set("codeCogInseeCommuneNaissance", "20004"), "00365", place},
		{"a commune of Corsica", set("codeCogInseeCommuneNaissance", "2A004"), "", ""},
		{"the commune by its name", byName("31"), "", ""},
		{"a département that does not exist", byName("96"), "00428", department},
		{"the commune by its name without département", byName(""), "00365", place},
		{"the commune by its name without year", func(q url.Values) { byName("31")(q); q.Del("anneeDateNaissance") }, "00365", place},
		{"N-2", set("annee", "2024"), "", ""},
		{"N-3", set("annee", "2023"), "00356", year},
		{"N+1", set("annee", "2027"), "00356", year},
		{"a year in two digits", set("annee", "26"), "00356", year},
		{"month as 08 without year, though in the future", set("mois", "08"), "", ""},
		{"month 0", set("mois", "0"), "00354", month},
		{"a month in the future", func(q url.Values) { q.Set("annee", "2026"); q.Set("mois", "7") }, "00354", month},
	}
	b := newBench(t, nil)
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			q := lucie()
			test.change(q)
			got := b.get(identityPath, q, "Authorization", "Bearer full")
			old := b.get(oldPath, inOldWords(q), "X-Api-Key", "full")
			if test.code == "" {
				if slices.Contains([]int{400, 422}, got.status) || old.status == 400 {
					t.Fatalf("refused: %d %s, v2 %d %s", got.status, got.body, old.status, old.body)
				}
				return
			}
			same(t, 422, got.status)
			same(t, any(map[string]any{"errors": []any{map[string]any{"code": test.code, "title": "Entité non traitable",
				"detail": test.detail, "source": nil, "meta": map[string]any{}}}}), got.json(t))
			same(t, 400, old.status)
			same(t, controller("bad_request", test.detail), old.json(t))
		})
	}
}

func TestAllTheParametersAreRefusedAtOnce(t *testing.T) {
	b := newBench(t, nil)
	nothing := url.Values{"recipient": {recipient}, "annee": {"1"}, "mois": {"99"}, "jourDateNaissance": {"99"}}
	got := b.get(identityPath, nothing, "Authorization", "Bearer full")
	same(t, 422, got.status)
	// No commune is asked of somebody whose country is not said.
	same(t, []string{"00420", "00363", "00427", "00400", "00356", "00354"}, got.errorCodes(t))
	if old := b.get(oldPath, nothing, "X-Api-Key", "full"); old.status != 400 {
		t.Errorf("v2: %d %s", old.status, old.body)
	}
}

// « recipient SIRET: 14 digits Luhn, or La Poste 356000000xxxxx; v3 422 00210; v2 400, by
// default the SIRET of the token », checked before the parameters (§7.5, 9 and 10).
func TestRecipient(t *testing.T) {
	b := newBench(t, nil)
	for value, accepted := range map[string]bool{
		"": false, "21310555400018": false, "2131055540001": false, "2131055540001x": false, "213105554000170": false,
		recipient: true, "35600000000048": true, "35600000012345": true,
	} {
		q := lucie()
		q.Set("recipient", value)
		got := b.get(identityPath, q, "Authorization", "Bearer full")
		if accepted {
			same(t, 200, got.status)
			continue
		}
		same(t, 422, got.status)
		same(t, any(map[string]any{"errors": []any{map[string]any{"code": "00210", "title": "Entité non traitable",
			"detail": "Le paramètre recipient n'est pas un siret valide", "source": map[string]any{"parameter": "recipient"}, "meta": map[string]any{}}}}), got.json(t))
	}
	got := b.get(identityPath, nil, "Authorization", "Bearer full")
	same(t, []string{"00210"}, got.errorCodes(t))

	old := oldLucie()
	old.Del("recipient")
	same(t, 200, b.get(oldPath, old, "X-Api-Key", "full").status)
	old.Set("recipient", "12")
	same(t, 400, b.get(oldPath, old, "X-Api-Key", "full").status)
}

// « each of the four keys appears only with its scope » (§7.3).
func TestSectionsFollowTheScopes(t *testing.T) {
	all := map[string][]string{
		"cnaf_quotient_familial": {"quotient_familial"}, "cnaf_allocataires": {"allocataires"},
		"cnaf_enfants": {"enfants"}, "cnaf_adresse": {"adresse"},
	}
	allOld := map[string][]string{
		"cnaf_quotient_familial": {"annee", "annee_calcul", "mois", "mois_calcul", "quotientFamilial", "regime"},
		"cnaf_allocataires":      {"allocataires"}, "cnaf_enfants": {"enfants"}, "cnaf_adresse": {"adresse"},
	}
	for scope := range all {
		t.Run(scope, func(t *testing.T) {
			b := newBench(t, func(o *apiparticulier.Options) {
				o.Tokens = []apiparticulier.Token{{Value: "one", Siret: recipient, Scopes: []string{"openid", scope}}}
			})
			whole := b.get(identityPath, lucie(), "Authorization", "Bearer one").json(t).(map[string]any)
			same(t, []string{"data", "links", "meta"}, keys(whole))
			same(t, all[scope], keys(whole["data"].(map[string]any)))
			same(t, allOld[scope], keys(b.get(oldPath, oldLucie(), "X-Api-Key", "one").json(t).(map[string]any)))
			citizen := b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(angela(), map[string]any{"scope": "openid " + scope}))
			same(t, all[scope], keys(citizen.json(t).(map[string]any)["data"].(map[string]any)))
		})
	}
}

func keys(object map[string]any) []string {
	var names []string
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// « 20 requests/s per token: RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset; on 429
// also Retry-After »; v3 and v2 are counted apart (§7.6).
func TestTheTwentyFirstRequestOfASecond(t *testing.T) {
	b := newBench(t, func(o *apiparticulier.Options) { o.RateLimit = 0 })
	for i := range 20 {
		got := b.get(identityPath, lucie(), "Authorization", "Bearer full")
		same(t, 200, got.status)
		same(t, "20", got.header.Get("RateLimit-Limit"))
		same(t, strconv.Itoa(19-i), got.header.Get("RateLimit-Remaining"))
		same(t, strconv.FormatInt(today.Unix()+1, 10), got.header.Get("RateLimit-Reset"))
	}
	got := b.get(identityPath, lucie(), "Authorization", "Bearer full")
	same(t, 429, got.status)
	same(t, "1", got.header.Get("Retry-After"))
	same(t, "0", got.header.Get("RateLimit-Remaining"))
	same(t, any(map[string]any{"errors": []any{map[string]any{"code": "00429", "title": "Trop de requêtes",
		"detail": "Vous avez effectué trop de requêtes", "source": nil, "meta": map[string]any{}}}}), got.json(t))
	same(t, 200, b.get(identityPath, lucie(), "Authorization", "Bearer quotient-only").status)
	for range 20 {
		same(t, 200, b.get(oldPath, oldLucie(), "X-Api-Key", "full").status)
	}
	old := b.get(oldPath, oldLucie(), "X-Api-Key", "full")
	same(t, 429, old.status)
	same(t, flat("Vous avez effectué trop de requêtes"), old.json(t))
}

func TestTheLimitBeginsAgainEachSecond(t *testing.T) {
	var mu sync.Mutex
	now := today
	b := newBench(t, func(o *apiparticulier.Options) {
		o.RateLimit = 1
		o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	})
	for _, want := range []int{200, 429} {
		same(t, want, b.get(identityPath, lucie(), "Authorization", "Bearer full").status)
	}
	mu.Lock()
	now = now.Add(time.Second)
	mu.Unlock()
	same(t, 200, b.get(identityPath, lucie(), "Authorization", "Bearer full").status)
}

// « same params + same token in progress 409 » (§7.5, 7); other parameters pass, and the
// request may be made again once the first is over.
func TestTheSameRequestInProgress(t *testing.T) {
	const delay = 300 * time.Millisecond
	b := newBench(t, func(o *apiparticulier.Options) { o.ProviderDelay = delay })
	results := make(chan answered, 3)
	other := lucie()
	other.Set("nomNaissance", "AUTRE")
	call := func(q url.Values) { results <- b.get(identityPath, q, "Authorization", "Bearer full") }
	go call(lucie())
	time.Sleep(delay / 3)
	go call(lucie())
	go call(other)
	statuses := map[int]answered{}
	for range 3 {
		got := <-results
		statuses[got.status] = got
	}
	conflict, found := statuses[http.StatusConflict]
	if !found || len(statuses) != 3 {
		t.Fatalf("statuses: %v", statuses)
	}
	same(t, []string{"00015"}, conflict.errorCodes(t))
	same(t, 200, b.get(identityPath, lucie(), "Authorization", "Bearer full").status)
}

// A request that was refused does not hold up the next one.
func TestARefusedRequestMayBeMadeAgain(t *testing.T) {
	b := newBench(t, nil)
	wrong := lucie()
	wrong.Del("recipient")
	for range 3 {
		same(t, 422, b.get(identityPath, wrong, "Authorization", "Bearer full").status)
	}
}
