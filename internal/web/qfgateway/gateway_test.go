package qfgateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/inquiry"
	simulator "portail-qf/internal/sim/apiparticulier"
)

// « an existing client works unchanged »: either header on either route (§7.1), the answer
// as §7.3 has it, and its headers as §7.6.
func TestATownIsAnsweredInBothVersions(t *testing.T) {
	s := set(t, nil)
	third, second := s.both(whole)
	third.is(http.StatusOK, `{"data":{"quotient_familial":{"fournisseur":"MSA","valeur":null,"annee":2026,"mois":11,"annee_calcul":2026,"mois_calcul":11},`+
		`"allocataires":[{"nom_naissance":"D'ORVAULT","nom_usage":null,"prenoms":"HÉLÈNE ZOÉ","date_naissance":"1980-00-00","sexe":"F"}],"enfants":[],`+
		`"adresse":{"destinataire":"Madame D'ORVAULT","complement_information":null,"complement_information_geographique":null,"numero_libelle_voie":null,"lieu_dit":null,"code_postal_ville":"04320 SAINVILLE","pays":"FRANCE"}},"links":{},"meta":{}}`)
	second.is(http.StatusOK, `{"quotientFamilial":null,"mois":11,"annee":2026,"allocataires":[{"nomNaissance":"D'ORVAULT","nomUsuel":null}],"enfants":[],"adresse":null}`)
	for _, answer := range []answer{third, second} {
		answer.has("Content-Type", "application/json; charset=utf-8", "X-Response-Cached", "false", "X-Request-ID", "01JCXN3Z8G5Q", "Cache-Control", "no-store",
			"RateLimit-Limit", "20", "RateLimit-Remaining", "19", "RateLimit-Reset", "1795600801", "Retry-After", "")
		if empty, present := answer.header["X-Cache-Expires-In"]; !present || empty[0] != "" {
			t.Errorf("« si le cache est vide, ce header est vide (mais présent) »: %q, %v", empty, present)
		}
	}
	address3, address2 := helene()
	for _, headers := range [][]string{
		{"X-Api-Key", whole}, {"authorization", "bearer " + whole}, {"Authorization", "Bearer " + whole, "X-Api-Key", whole},
	} {
		s.ask(http.MethodGet, address3, headers...).is(http.StatusOK, third.body)
		s.ask(http.MethodGet, address2, headers...).is(http.StatusOK, second.body)
	}
	for _, path := range s.received() {
		if !strings.Contains(path, "recipient="+town.String()) {
			t.Errorf("asked in nobody's name: %s", path)
		}
	}
}

// « each of the four keys appears only with its scope »; the token of the portal itself
// has all four.
func TestWhatTheHabilitationDoesNotOpenIsNotGiven(t *testing.T) {
	third, second := set(t, nil).both(childs)
	third.is(http.StatusOK, `{"data":{"enfants":[]},"links":{},"meta":{}}`)
	second.is(http.StatusOK, `{"enfants":[]}`)
}

// The table of §7.4, the rows of tokens.
func TestATokenIsRefusedAsTheTableSays(t *testing.T) {
	s := set(t, nil)
	for token, row := range map[string]struct {
		status   int
		code     string
		statusV2 int
		word     string
		reason   string
		counted  string // RateLimit-Limit
	}{
		"inconnu": {401, "00101", 401, "access_denied", "Votre token n'est pas valide ou n'est pas renseigné", ""},
		"":        {401, "00101", 401, "access_denied", "Votre token n'est pas valide ou n'est pas renseigné", ""},
		expired:   {401, "00103", 401, "", "Votre token est expiré. Vous devez refaire une demande", "20"},
		barred:    {401, "00105", 401, "", "Votre jeton est sur liste noire, ", ""},
		nothing:   {403, "00100", 401, "access_denied", "Votre token est valide mais vos privilèges sont insuffisants. ", "20"},
		hurried:   {429, "00429", 429, "", "Vous avez effectué trop de requêtes", "20"},
	} {
		// A token comes before any parameter: those are all wrong here.
		third, second := s.both(token, "recipient", "1", "nomNaissance", "")
		third.refuses(row.status, row.code)
		second.refusesV2(row.statusV2, row.word, row.reason)
		for _, answer := range []answer{third, second} {
			retry, challenge := "", ""
			if answer.status == http.StatusTooManyRequests {
				retry = "1"
			}
			if answer.status == http.StatusUnauthorized {
				challenge = "Bearer"
			}
			answer.has("RateLimit-Limit", row.counted, "Retry-After", retry, "WWW-Authenticate", challenge, "X-Request-ID", "01JCXN3Z8G5Q", "X-Response-Cached", "")
		}
	}
	third, _ := s.both(expired)
	third.is(http.StatusUnauthorized, `{"errors":[{"code":"00103","title":"Jeton expiré","detail":"Votre token est expiré. Vous devez refaire une demande","source":{"parameter":"token"},"meta":{}}]}`)
	if asked := s.received(); len(asked) != 0 {
		t.Errorf("asked for nobody: %v", asked)
	}
}

// The table of §7.4, the rows of parameters: « v3 lists all faults in one 422, v2 the first
// as 400 ».
func TestParametersAreRefusedAsTheTableSays(t *testing.T) {
	s := set(t, nil)
	for _, row := range []struct {
		name, text string
		code       string
		reason     string
	}{
		{"recipient", "123", "00210", "Le paramètre recipient n'est pas un siret valide"},
		{"annee", "2023", "00356", "L'année demandée doit être l'année en cours (N), N-1 ou N-2."},
		{"mois", "12", "00354", "Le mois demandé est incorrect ou est dans le futur."},
		{"sexeEtatCivil", "absent", "00427", "Le sexe de l'état civil est manquant"},
		{"codeCogInseeCommuneNaissance", "SAINVILLE", "00365", "Le lieu de naissance n'est pas correctement formaté"},
		{"codeCogInseePaysNaissance", "absent", "00400", "Le pays de naissance"},
		{"anneeDateNaissance", "0", "00363", "La date de naissance"},
		{"prenoms[]", "", "00367", "Le ou les prénoms sont manquants"},
		{"nomNaissance", "absent", "00420", "Le nom de naissance est manquant"},
		{"codeCogInseeDepartementNaissance", "9|2", "00428", "Le département de naissance"},
		{"nomUsage", "A\x00", "00366", "Un ou plusieurs paramètres de civilité"},
	} {
		third, second := s.both(whole, row.name, row.text)
		third.refuses(http.StatusUnprocessableEntity, row.code)
		second.refusesV2(http.StatusBadRequest, "bad_request", row.reason)
	}
	third, second := s.both(whole, "mois", "13", "sexeEtatCivil", "X", "nomNaissance", "2")
	third.is(http.StatusUnprocessableEntity, `{"errors":[`+
		`{"code":"00420","title":"Entité non traitable","detail":"Le nom de naissance est manquant","source":null,"meta":{}},`+
		`{"code":"00427","title":"Entité non traitable","detail":"Le sexe de l'état civil est manquant","source":null,"meta":{}},`+
		`{"code":"00354","title":"Entité non traitable","detail":"Le mois demandé est incorrect ou est dans le futur.","source":null,"meta":{}}]}`)
	second.is(http.StatusBadRequest, `{"error":"bad_request","reason":"Le nom de naissance est manquant","message":"Le nom de naissance est manquant"}`)
	// « recipient 422 → params 422 »: a wrong recipient alone is told first.
	third, _ = s.both(whole, "recipient", "absent", "nomNaissance", "absent")
	third.is(http.StatusUnprocessableEntity, `{"errors":[{"code":"00210","title":"Entité non traitable","detail":"Le paramètre recipient n'est pas un siret valide","source":{"parameter":"recipient"},"meta":{}}]}`)
	if asked := s.received(); len(asked) != 0 {
		t.Errorf("asked although refused: %v", asked)
	}
}

// « v3 required, v2 defaults to the habilitation's SIRET … another → 403 00100 (v2 401
// access_denied) unless the switch is "log" »
func TestTheRecipientIsTheTownOfTheToken(t *testing.T) {
	s := set(t, nil)
	if _, second := s.both(whole, "recipient", "absent"); second.status != http.StatusOK {
		t.Errorf("v2 without recipient: %d %s", second.status, second.body)
	}
	third, second := s.both(whole, "recipient", otherTown)
	third.refuses(http.StatusForbidden, "00100")
	second.refusesV2(http.StatusUnauthorized, "access_denied", "Votre token est valide mais vos privilèges sont insuffisants")
	if asked := s.received(); len(asked) != 1 || !strings.Contains(asked[0], "recipient="+town.String()) {
		t.Errorf("asked: %v", asked)
	}
	s.handler.ForeignRecipients = true
	third, second = s.both(whole, "recipient", otherTown)
	if third.status != http.StatusOK || second.status != http.StatusOK {
		t.Errorf("noted and not answered: %d, %d", third.status, second.status)
	}
	asked := s.received()
	if len(asked) != 3 || !strings.Contains(asked[1], "recipient="+otherTown) {
		t.Errorf("the provider's trace does not name who receives: %v", asked)
	}
	if noted := strings.Count(s.log.String(), `"call for another recipient","request_id":"01JCXN3Z8G5Q","token":"id-of-apip_test_tout","habilitation":"21040107100019","recipient":"13002526500013"`); noted != 2 {
		t.Errorf("noted %d times:\n%s", noted, s.log)
	}
}

// What API Particulier does, and what the caller is told (§7.4).
func TestAnUpstreamThatFailsIsToldAsTheTableSays(t *testing.T) {
	for _, row := range []struct {
		order    string
		status   int
		code     string
		statusV2 int
		word     string
		reason   string
	}{
		{`{"mode":"status","status":500}`, 502, "35999", 503, "provider_unknown_error", "La réponse retournée par le fournisseur de données est invalide"},
		{`{"mode":"garbage"}`, 502, "35999", 503, "provider_unknown_error", "La réponse retournée"},
		{`{"mode":"status","status":401}`, 502, "35999", 503, "provider_unknown_error", "La réponse retournée"},
		{`{"mode":"status","status":403}`, 502, "35999", 503, "provider_unknown_error", "La réponse retournée"},
		{`{"mode":"status","status":429}`, 502, "35008", 503, "provider_error", "Erreur de fournisseur de donnée : Trop de requêtes"},
		{`{"mode":"status","status":409}`, 409, "00015", 409, "conflict_error", "Une requête associé à votre jeton est déjà en cours"},
		{`{"mode":"status","status":503}`, 502, "35001", 503, "provider_unavailable_error", "Service du fournisseur de données temporairement indisponible"},
		{`{"mode":"status","status":504}`, 504, "35002", 504, "timeout_error", "Temps d’attente d’une réponse du fournisseur de données écoulé."},
		{`{"mode":"down"}`, 502, "00501", 502, "network_error", "Problème de connexion au serveur distant."},
	} {
		s := set(t, nil)
		s.play(row.order)
		third, second := s.both(whole)
		third.refuses(row.status, row.code)
		second.refusesV2(row.statusV2, row.word, row.reason)
	}
	s := set(t, nil)
	s.play(`{"mode":"down"}`)
	third, _ := s.both(whole)
	if !strings.Contains(third.body, `"meta":{"retry_in":10}`) {
		t.Errorf("meta.retry_in: %s", third.body)
	}
	began := time.Now()
	for range 3 {
		s.both(whole)
	}
	third, _ = s.both(whole)
	third.refuses(http.StatusBadGateway, "35001")
	if !strings.Contains(third.body, `"meta":{"provider":"CNAF & MSA"}`) {
		t.Errorf("meta.provider: %s", third.body)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("told after %v", took)
	}
}

// « upstream 401/403 = OUR token is bad → 502, never 401, error logged »
func TestThatOurOwnTokenIsRefusedIsNoFaultOfTheTown(t *testing.T) {
	s := set(t, func(o *simulator.Options) { o.Tokens[0].Expired = true })
	third, second := s.both(whole)
	third.refuses(http.StatusBadGateway, "35999")
	second.refusesV2(http.StatusServiceUnavailable, "provider_unknown_error", "La réponse")
	if !strings.Contains(s.log.String(), `"level":"ERROR","msg":"API Particulier did not answer"`) || !strings.Contains(s.log.String(), "our own token is refused, code 00103") {
		t.Errorf("nobody is told:\n%s", s.log)
	}
}

// « same params + same token in progress 409 »; and 10.4: « identical request refused 409 for
// one minute after a 422 », not copied.
func TestTheSameQuestionWaitsForTheFirst(t *testing.T) {
	s := set(t, func(o *simulator.Options) { o.ProviderDelay = 600 * time.Millisecond })
	third, second := helene()
	first := make(chan answer)
	go func() { first <- s.ask(http.MethodGet, third, "X-Api-Key", whole) }()
	for deadline := time.Now().Add(5 * time.Second); s.underway() == 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	s.ask(http.MethodGet, third+"&x=1", "X-Api-Key", whole).refuses(http.StatusConflict, "00015")
	others := make(chan answer)
	for _, other := range [][2]string{{second, whole}, {third, childs}} { // another version, another token
		go func() { others <- s.ask(http.MethodGet, other[0], "X-Api-Key", other[1]) }()
	}
	for range 2 {
		// The simulator knows us by one token: it may find the second alike, never the gateway.
		if other := <-others; other.status != http.StatusOK && other.status != http.StatusConflict {
			t.Errorf("another question: %d %s", other.status, other.body)
		}
	}
	if answered := <-first; answered.status != http.StatusOK {
		t.Errorf("the first: %d %s", answered.status, answered.body)
	}
	s.ask(http.MethodGet, third, "X-Api-Key", whole).has("X-Response-Cached", "false")
	for range 2 {
		refused, _ := s.both(whole, "recipient", "1")
		refused.refuses(http.StatusUnprocessableEntity, "00210")
		refused, _ = s.both(whole, "nomNaissance", "absent")
		refused.refuses(http.StatusUnprocessableEntity, "00420")
	}
	if left := s.underway(); left != 0 {
		t.Errorf("%d questions are left in progress", left)
	}
}

// A 409 of the second version.
func TestAQuestionInProgressIsToldInTheSecondVersion(t *testing.T) {
	s := set(t, nil)
	_, second := helene()
	_, raw, _ := strings.Cut(second, "?")
	query, _ := inquiry.Read(inquiry.V2, raw)
	s.handler.underway.begin(query.Key("id-of-" + whole))
	s.ask(http.MethodGet, second, "X-Api-Key", whole).refusesV2(http.StatusConflict, "conflict_error", "Une requête associé à votre jeton est déjà en cours de traitement")
}

// « for each call one slog line without anything personal … and Tally.Note ». A token that opened
// is in a software, whatever it was answered.
func TestACallIsTracedWithoutThePerson(t *testing.T) {
	s := set(t, nil)
	s.both(whole)
	s.both(whole, "annee", "2020")
	s.both(expired)
	s.both("inconnu")
	s.both(whole, "nomNaissance", "INCONNUE")
	s.both(whole, "recipient", otherTown)
	s.both(nothing)
	s.both(hurried)
	if err := s.handler.Tally.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, use := range *s.tallied {
		got[use.TokenID+" "+use.Outcome] += use.Count
		refused := strings.HasPrefix(use.TokenID, "id-of-apip_test_expire") || strings.HasPrefix(use.Outcome, "429")
		if use.Accepted == refused || use.Served() != (use.Outcome == "200") || use.Day != "2026-11-24" {
			t.Errorf("%+v", use)
		}
	}
	for outcome, want := range map[string]int64{
		"id-of-apip_test_tout 200": 2, "id-of-apip_test_tout 422 00356": 1, "id-of-apip_test_tout 400 00356": 1, "id-of-apip_test_expire 401 00103": 2,
		"id-of-apip_test_tout 404 37003": 1, "id-of-apip_test_tout 404": 1, "id-of-apip_test_tout 403 00100": 1, "id-of-apip_test_tout 401 00100": 1,
		"id-of-" + nothing + " 403 00100": 1, "id-of-" + nothing + " 401 00100": 1, "id-of-" + hurried + " 429 00429": 2,
	} {
		if got[outcome] != want {
			t.Errorf("%s: %d, want %d", outcome, got[outcome], want)
		}
		delete(got, outcome)
	}
	if len(got) != 0 {
		t.Errorf("counted besides: %v", got)
	}
	written := s.log.String()
	if calls := strings.Count(written, `"token":`); calls != 16 {
		t.Errorf("%d calls traced", calls)
	}
	if !strings.Contains(written, `"token":"id-of-apip_test_tout","code":"","recipient":"21040107100019"`) {
		t.Errorf("not traced as it should:\n%s", written)
	}
	for _, personal := range []string{"Orvault", "ORVAULT", "HÉLÈNE", "INCONNUE", "99351", "nomNaissance", whole + `"`, ours, "Bearer"} {
		if strings.Contains(strings.ReplaceAll(written, "id-of-"+whole, "id"), personal) {
			t.Errorf("%q is in the log:\n%s", personal, written)
		}
	}
}

// « Listez vos privilèges sur /api/introspect » (00100): as API Particulier tells them (§7.1),
// also of a token that opens nothing; the use of a token is not noted.
func TestASoftwareReadsWhatItsTokenOpens(t *testing.T) {
	s := set(t, nil)
	for token, want := range map[string]string{
		childs:  `{"_id":"id-of-` + childs + `","name":"","scopes":["cnaf_enfants","dgfip_revenu"]}`,
		nothing: `{"_id":"id-of-` + nothing + `","name":"","scopes":["dgfip_revenu"]}`,
	} {
		for _, header := range [][2]string{{"X-Api-Key", token}, {"Authorization", "Bearer " + token}} {
			got := s.ask(http.MethodGet, RouteIntrospect, header[0], header[1]).has("Content-Type", "application/json; charset=utf-8").has("Ratelimit-Limit", "20")
			if got.status != http.StatusOK || got.body != want {
				t.Errorf("%d %s", got.status, got.body)
			}
		}
	}
	if err := s.handler.Tally.Write(t.Context()); err != nil || len(*s.tallied) != 0 {
		t.Errorf("counted: %+v, %v", *s.tallied, err)
	}
	s.ask(http.MethodGet, RouteIntrospect).refusesV2(http.StatusUnauthorized, "access_denied", "Votre token")
	s.ask(http.MethodGet, RouteIntrospect+"?token="+whole, "X-Api-Key", whole).refusesV2(http.StatusUnauthorized, "access_denied", "Votre token")
	for token, status := range map[string]int{"inconnu": 401, expired: 401, barred: 401, hurried: 429, absent: 503} {
		if got := s.ask(http.MethodGet, RouteIntrospect, "X-Api-Key", token); got.status != status || strings.Contains(got.body, "scopes") {
			t.Errorf("%s: %d %s", token, got.status, got.body)
		}
	}
	if asked := s.received(); len(asked) != 0 {
		t.Errorf("asked: %v", asked)
	}
}

// Every code has its row, and every row its sentences.
func TestEveryCodeHasItsRowAndItsSentence(t *testing.T) {
	s := set(t, nil)
	for code, row := range lines {
		if s.handler.told[string(code)] == "" || s.handler.told["title."+row.title] == "" || row.status == 0 || row.statusV2 == 0 {
			t.Errorf("%s: %+v", code, row)
		}
	}
	for code := range refusedTokens {
		if _, known := lines[refusedTokens[code]]; !known {
			t.Errorf("%s has no row", code)
		}
	}
	for ending := inquiry.Rejected; ending <= inquiry.Slow; ending++ {
		if endings[ending].status == 0 || endings[ending].statusV2 == 0 {
			t.Errorf("ending %d has no status", ending)
		}
	}
}
