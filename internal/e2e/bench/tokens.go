package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	"portail-qf/internal/sim/apiparticulier"
	"portail-qf/internal/sim/stage"
)

const (
	tokenRate        = 2000 // checks a second (PRODUCT.md §7)
	leastTokenRatio  = 0.7
	overheadCalls    = 200
	gatewayPath      = "/v3/dss/quotient_familial/identite"
	introspectPath   = "/oauth/introspect"
	bareTokenPath    = "/jeton"
	maxGatewayAnswer = 1 << 16
)

// tokens is what the checks of tokens cost.
type tokens struct {
	gateway, introspection pages
	gatewayDuel            duel
	introspectionDuel      duel
	direct, through        measure // whole calls, one after the other
}

// fillTokens gives every town that was filled a token.
func (s *scene) fillTokens(ctx context.Context, db *postgres.DB) (err error) {
	ring, err := seal.Parse(s.keys)
	if err != nil {
		return err
	}
	pepper, err := seal.ParsePepper(s.pepper)
	if err != nil {
		return err
	}
	mint := &credential.Mint{Sealer: ring, Pepper: pepper, Prefix: credential.TestPrefix}
	s.tokens, err = postgres.FillTokens(ctx, db, mint, s.towns, time.Now())
	return err
}

// measureTokens asks the gateway with tokens of many towns, for no recipient: everything is checked before, and API Particulier
// is not asked. Introspection tells what a token opens.
func (s *scene) measureTokens(ctx context.Context, found *tokens) (err error) {
	if found.gateway, err = s.measurePages(ctx, "passerelle.pprof", tokenRate/4, s.showAt(s.portal.url)); err != nil {
		return err
	}
	if found.introspection, err = s.measurePages(ctx, "introspection.pprof", tokenRate/4, s.introspectAt(s.portal.url)); err != nil {
		return err
	}
	return s.measureOverhead(ctx, found)
}

// token is that of a town; the numbers go round.
func (s *scene) token(number int) value.Secret { return s.tokens[number%len(s.tokens)] }

// showAt shows a token to the gateway, which checks all that comes before the parameters.
func (s *scene) showAt(address string) act {
	return func(ctx context.Context, number int) error {
		return s.callWith(ctx, address+gatewayPath, s.token(number), http.StatusUnprocessableEntity)
	}
}

// bareAt shows a token to the bare handler.
func (s *scene) bareAt(address string) act {
	return func(ctx context.Context, number int) error {
		return s.callWith(ctx, address+bareTokenPath, s.token(number), http.StatusOK)
	}
}

func (s *scene) introspectAt(address string) act {
	return func(ctx context.Context, number int) error {
		form := url.Values{"token": {s.token(number).Reveal()}}.Encode()
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+introspectPath, strings.NewReader(form))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.SetBasicAuth(stage.IntrospectionID, stage.IntrospectionSecret)
		body, err := s.answered(request, http.StatusOK)
		if err == nil && !strings.Contains(body, `"active":true`) {
			err = errors.New("a token is not active")
		}
		return err
	}
}

func (s *scene) callWith(ctx context.Context, address string, token value.Secret, status int) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token.Reveal())
	_, err = s.answered(request, status)
	return err
}

func (s *scene) answered(request *http.Request, status int) (string, error) {
	response, err := s.client.Do(request)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxGatewayAnswer))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return "", err
	}
	if response.StatusCode != status {
		return "", fmt.Errorf("%s answers %d, not %d: %.200s", request.URL.Path, response.StatusCode, status, body)
	}
	return string(body), nil
}

// measureOverhead asks for one family again and again, in turns at API Particulier itself and through the gateway.
func (s *scene) measureOverhead(ctx context.Context, found *tokens) error {
	query := url.Values{}
	for _, family := range s.stage.APIParticulier.Families() {
		if family.Route == apiparticulier.RouteV3Identity && family.Status == http.StatusOK {
			query = family.Params.Query(family.Route)
			break
		}
	}
	var direct, through notebook
	began := time.Now()
	for number := range overheadCalls {
		query.Set("recipient", filledTown(1+number).String())
		for _, call := range []struct {
			notes   *notebook
			address string
			token   value.Secret
		}{{&direct, s.apiURL, stage.APIParticulierToken}, {&through, s.portal.url, s.token(number)}} {
			from := time.Now()
			err := s.callWith(ctx, call.address+gatewayPath+"?"+query.Encode(), call.token, http.StatusOK)
			call.notes.note(time.Since(from), err)
		}
	}
	found.direct, found.through = direct.close(began), through.close(began)
	return errors.Join(found.direct.failure, found.through.failure)
}

// compareTokens lets the checks meet a bare handler that reads the token by its index and hash. Every software has called once
// before: that a token is used for the first time is written down, which happens once in eighteen months.
func (s *scene) compareTokens(ctx context.Context, found *tokens, handler *process) {
	withoutPause(ctx, duelists, upTo(len(s.tokens)), s.showAt(s.portal.url))
	found.gatewayDuel = fight(ctx, s.rounds, s.checks, s.showAt(s.portal.url), s.bareAt(handler.url))
	found.introspectionDuel = fight(ctx, s.rounds, s.checks, s.introspectAt(s.portal.url), s.bareAt(handler.url))
}

// sqlBareToken finds a token by its index, with what decides whether it opens.
const sqlBareToken = `SELECT siret, scopes::text, expires_at, revoked_at IS NULL FROM tokens WHERE public_id = $1 AND digest = $2`

// showToken hashes the secret, does the one SELECT, and answers as little as possible.
func (b bare) showToken(w http.ResponseWriter, r *http.Request) {
	text, err := credential.ParseTokenText(value.Secret(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
	if err != nil {
		fail(w, err)
		return
	}
	digest, _ := b.pepper.Digest(text.Secret)
	var siret, scopes string
	var expires time.Time
	var open bool
	if err := b.token.QueryRowContext(r.Context(), text.PublicID, digest).Scan(&siret, &scopes, &expires, &open); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{}")) // the visitor left: nobody is there to be told
}

func (t tokens) measures() []measure {
	return []measure{t.gateway.steady, t.gateway.crowded, t.introspection.steady, t.introspection.crowded, t.direct, t.through}
}

func (t tokens) lines() []line {
	overhead := t.through.percentile(50) - t.direct.percentile(50)
	aim := fmt.Sprintf("%d/s", tokenRate)
	return []line{
		{fmt.Sprintf("Jetons vérifiés par la passerelle, %d logiciels sans pause", crowd), perSecond(t.gateway.crowded), aim, t.gateway.crowded.rate() >= tokenRate},
		{"  temps de réponse", times(t.gateway.crowded), "", true},
		{"  processeur du portail", milliseconds(t.gateway.cost) + " par vérification", "", true},
		{fmt.Sprintf("Jetons vérifiés par introspection, %d logiciels sans pause", crowd), perSecond(t.introspection.crowded), aim, t.introspection.crowded.rate() >= tokenRate},
		{"  temps de réponse", times(t.introspection.crowded), "", true},
		{"Appel complet par la passerelle", times(t.through) + ", soit " + milliseconds(overhead) + " de plus qu’un appel direct", "", true},
		{"Passerelle, rapport au gestionnaire nu", t.gatewayDuel.String(), "≥ " + decimal(leastTokenRatio, 1), t.gatewayDuel.ratio() >= leastTokenRatio},
		{"Introspection, rapport au gestionnaire nu", t.introspectionDuel.String(), "≥ " + decimal(leastTokenRatio, 1), t.introspectionDuel.ratio() >= leastTokenRatio},
	}
}
