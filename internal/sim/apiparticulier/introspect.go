package apiparticulier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// answerLimit bounds what is read of FranceConnect's answers, in bytes.
const answerLimit = 1 << 20

// keyAlgorithm is how FranceConnect encrypts its answers for our RSA key
// (reference/identity.md §1.8).
const keyAlgorithm = jose.RSA_OAEP_256

// holder is the person whom a FranceConnect token stands for.
type holder struct {
	scopes   []string
	identity Params
}

// introspection is the payload of the signed answer.
type introspection struct {
	Issuer   string   `json:"iss"`
	Audience audience `json:"aud"`
	Token    struct {
		Active         bool     `json:"active"`
		Scope          string   `json:"scope"`
		Expires        int64    `json:"exp"`
		FamilyName     string   `json:"family_name"`
		GivenName      string   `json:"given_name"`
		GivenNameArray []string `json:"given_name_array"`
		Gender         string   `json:"gender"`
		Birthdate      string   `json:"birthdate"`
		Birthplace     string   `json:"birthplace"`
		Birthcountry   string   `json:"birthcountry"`
	} `json:"token_introspection"`
}

// audience is one client id or several (RFC 7519 §4.1.3).
type audience []string

// UnmarshalJSON reads either form.
func (a *audience) UnmarshalJSON(written []byte) error {
	var one string
	if json.Unmarshal(written, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(written, (*[]string)(a))
}

// errRefusedToken is FranceConnect's refusal to read the token, by its error code.
type errRefusedToken struct{ code string }

func (e errRefusedToken) Error() string { return "checktoken refused: " + e.code }

// errUnreachable is FranceConnect out of reach.
var errUnreachable = errors.New("franceconnect is out of reach")

// introspect reads a FranceConnect token at the issuer, or says why it is refused.
func (s *Server) introspect(ctx context.Context, token string) (holder, *problem) {
	read, err := s.checkToken(ctx, token)
	var refused errRefusedToken
	var refusal problem
	switch {
	case errors.As(err, &refused) && refused.code == "invalid_request":
		refusal = citizenTokenMalformed()
	case errors.As(err, &refused) && refused.code == "invalid_client":
		refusal = citizenTokenUnknown()
	case errors.Is(err, errUnreachable):
		refusal = franceConnectDown()
	case err != nil:
		refusal = franceConnectGarbled()
	case !read.Token.Active, read.Token.Expires != 0 && !s.now().Before(time.Unix(read.Token.Expires, 0)):
		refusal = citizenTokenUnknown()
	case !read.holdsPivot():
		refusal = citizenTokenWithoutPivot()
	default:
		return holder{strings.Fields(read.Token.Scope), read.params()}, nil
	}
	return holder{}, &refusal
}

// holdsPivot tells whether the pivot identity is whole. A birth abroad has an empty commune,
// and a gender may be "unspecified".
func (i introspection) holdsPivot() bool {
	required := []string{i.Token.FamilyName, i.Token.Gender, i.Token.Birthdate, i.Token.Birthcountry}
	named := i.Token.GivenName != "" || len(i.Token.GivenNameArray) > 0
	return named && !slices.Contains(required, "")
}

// params is the pivot identity as the parameters of a request.
func (i introspection) params() Params {
	date := strings.Split(i.Token.Birthdate+"--", "-")
	p := Params{
		BirthName: i.Token.FamilyName, FirstNames: i.Token.GivenNameArray,
		BirthYear: date[0], BirthMonth: date[1], BirthDay: date[2],
		Sex:     map[string]string{"male": "M", "female": "F"}[i.Token.Gender],
		Country: i.Token.Birthcountry, Commune: i.Token.Birthplace,
	}
	if len(p.FirstNames) == 0 {
		p.FirstNames = strings.Fields(i.Token.GivenName)
	}
	return p
}

// checkToken calls POST {issuer}/checktoken and opens its answer.
func (s *Server) checkToken(ctx context.Context, token string) (introspection, error) {
	form := url.Values{"client_id": {s.clientID}, "client_secret": {s.clientSecret}, "token": {token}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.issuer+"/checktoken", strings.NewReader(form.Encode()))
	if err != nil {
		return introspection{}, fmt.Errorf("prepare checktoken: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, contentType, body, err := s.fetch(request)
	if err != nil {
		return introspection{}, err
	}
	if status != http.StatusOK {
		var refusal struct {
			Error string `json:"error"`
		}
		if err := json.Unmarshal(body, &refusal); err != nil {
			return introspection{}, fmt.Errorf("read checktoken refusal %d: %w", status, err)
		}
		return introspection{}, errRefusedToken{refusal.Error}
	}
	if contentType != "application/token-introspection+jwt" {
		return introspection{}, fmt.Errorf("checktoken answered %q", contentType)
	}
	return s.open(ctx, string(body))
}

// open decrypts the JWE, verifies the JWS inside with the issuer's keys and reads it.
func (s *Server) open(ctx context.Context, answer string) (introspection, error) {
	encrypted, err := jose.ParseEncryptedCompact(answer, []jose.KeyAlgorithm{keyAlgorithm}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return introspection{}, fmt.Errorf("parse JWE: %w", err)
	}
	inside, err := encrypted.Decrypt(s.key)
	if err != nil {
		return introspection{}, fmt.Errorf("decrypt JWE: %w", err)
	}
	signed, err := jose.ParseSignedCompact(string(inside), []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return introspection{}, fmt.Errorf("parse JWS: %w", err)
	}
	keys, err := s.issuerKeys(ctx)
	if err != nil {
		return introspection{}, err
	}
	payload, err := signed.Verify(keys)
	if err != nil {
		return introspection{}, fmt.Errorf("verify JWS: %w", err)
	}
	var read introspection
	if err := json.Unmarshal(payload, &read); err != nil {
		return introspection{}, fmt.Errorf("read introspection: %w", err)
	}
	// The envelope is RFC 9701's; what it says must be true, should it say it.
	if read.Issuer != "" && read.Issuer != s.issuer {
		return introspection{}, errors.New("introspection of another issuer")
	}
	if read.Audience != nil && !slices.Contains(read.Audience, s.clientID) {
		return introspection{}, errors.New("introspection for another data provider")
	}
	return read, nil
}

// issuerKeys fetches the issuer's signing keys, each time: they may change under our feet.
func (s *Server) issuerKeys(ctx context.Context) (*jose.JSONWebKeySet, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.issuer+"/jwks", nil)
	if err != nil {
		return nil, fmt.Errorf("prepare jwks: %w", err)
	}
	status, _, body, err := s.fetch(request)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("jwks answered %d", status)
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(body, &keys); err != nil {
		return nil, fmt.Errorf("read jwks: %w", err)
	}
	return &keys, nil
}

// fetch sends a request and reads its answer; errUnreachable when there is none.
func (s *Server) fetch(request *http.Request) (status int, contentType string, body []byte, err error) {
	response, err := s.client.Do(request)
	if err != nil {
		return 0, "", nil, errors.Join(errUnreachable, err)
	}
	defer response.Body.Close()
	if body, err = io.ReadAll(io.LimitReader(response.Body, answerLimit)); err != nil {
		return 0, "", nil, errors.Join(errUnreachable, err)
	}
	contentType, _, err = mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		contentType = ""
	}
	return response.StatusCode, contentType, body, nil
}
