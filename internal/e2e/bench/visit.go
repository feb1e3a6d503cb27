package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"portail-qf/internal/domain/value"
)

const (
	visitTimeout = 30 * time.Second // of one request
	connections  = 256              // at most, to one program
	pageLimit    = 1 << 20          // bytes
)

// newClient makes the client of every visitor. It keeps its connections, as the reverse proxy of production does.
func newClient() *http.Client {
	return &http.Client{
		Timeout: visitTimeout,
		Transport: &http.Transport{
			MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// visit is one person's browser, without JavaScript. It sends the portal's Secure cookies over http, as browsers do on the
// loopback.
type visit struct {
	client  *http.Client
	portal  string            // address
	cookies map[string]string // of the portal, by name
}

// page is an answer, read whole.
type page struct {
	location string // absolute; "" without redirection
	body     []byte
}

func (v *visit) get(ctx context.Context, address string, status int) (page, error) {
	return v.ask(ctx, http.MethodGet, address, nil, status)
}

func (v *visit) post(ctx context.Context, address string, fields url.Values) (page, error) {
	return v.ask(ctx, http.MethodPost, address, fields, http.StatusSeeOther)
}

// ask fails on any other status than the one expected. Its errors name a path of ours, never what an address carries.
func (v *visit) ask(ctx context.Context, method, address string, fields url.Values, status int) (page, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(fields.Encode()))
	if err != nil {
		return page{}, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	atPortal := strings.HasPrefix(address, v.portal)
	if atPortal {
		for name, value := range v.cookies {
			request.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	response, err := v.client.Do(request)
	if err != nil {
		return page{}, fmt.Errorf("%s %s: %w", method, request.URL.Path, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, pageLimit))
	if err != nil {
		return page{}, fmt.Errorf("read %s: %w", request.URL.Path, err)
	}
	if response.StatusCode != status {
		return page{}, fmt.Errorf("%s %s answered %d instead of %d", method, request.URL.Path, response.StatusCode, status)
	}
	if atPortal {
		v.keep(response.Cookies())
	}
	answer := page{body: body}
	if to := response.Header.Get("Location"); to != "" {
		absolute, err := request.URL.Parse(to)
		if err != nil {
			return page{}, fmt.Errorf("read where %s leads: %w", request.URL.Path, err)
		}
		answer.location = absolute.String()
	}
	return answer, nil
}

// keep does with cookies what a browser does.
func (v *visit) keep(cookies []*http.Cookie) {
	for _, cookie := range cookies {
		if v.cookies == nil {
			v.cookies = map[string]string{}
		}
		v.cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 {
			delete(v.cookies, cookie.Name)
		}
	}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// field is what the page carries for the next one.
func (p page) field(name string) (string, error) {
	for _, found := range hiddenField.FindAllSubmatch(p.body, -1) {
		if string(found[1]) == name {
			return html.UnescapeString(string(found[2])), nil
		}
	}
	return "", fmt.Errorf("a page has no field %q", name)
}

// transmission is what a citizen asks for.
type transmission struct {
	town       value.Siret
	externalID string // of the town's software, in its link
	person     string // key of who signs in
	issuer     string // address of FranceConnect
}

// signIn goes from the link of the town's software to the page to review.
func (v *visit) signIn(ctx context.Context, t transmission) (review page, err error) {
	form := v.portal + "/collectivites/" + t.town.String()
	cleaned, err := v.get(ctx, form+"?external_id="+url.QueryEscape(t.externalID), http.StatusSeeOther)
	if err != nil {
		return page{}, err
	}
	shown, err := v.get(ctx, cleaned.location, http.StatusOK)
	if err != nil {
		return page{}, err
	}
	link, err := shown.field("lien")
	if err != nil {
		return page{}, err
	}
	started, err := v.post(ctx, form+"/demarrer", url.Values{"lien": {link}})
	if err != nil {
		return page{}, err
	}
	if err := v.choose(ctx, t.issuer, t.person); err != nil {
		return page{}, err
	}
	back, err := v.get(ctx, started.location, http.StatusSeeOther)
	if err != nil {
		return page{}, err
	}
	identified, err := v.get(ctx, back.location, http.StatusSeeOther)
	if err != nil {
		return page{}, err
	}
	if identified.location != form+"/verification" {
		return page{}, errors.New("the sign-in did not lead to the review")
	}
	return v.get(ctx, identified.location, http.StatusOK)
}

// choose says at the simulator of an identity provider who signs in next; all visitors of a moment being the same person, whose
// turn it is matters little.
func (v *visit) choose(ctx context.Context, issuer, person string) error {
	address := strings.TrimSuffix(issuer, issuerPath) + "/_sim/next"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(`{"key":"`+person+`"}`))
	if err != nil {
		return err
	}
	response, err := v.client.Do(request)
	if err != nil {
		return fmt.Errorf("choose who signs in: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, pageLimit)); err != nil {
		return fmt.Errorf("choose who signs in: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("choose who signs in: status %d", response.StatusCode)
	}
	return nil
}

// record sends the POST that records a reviewed attempt, and gives the address of its confirmation.
func (v *visit) record(ctx context.Context, town value.Siret, attempt string) (confirmation string, err error) {
	sent, err := v.post(ctx, v.portal+"/collectivites/"+town.String()+"/transmettre", url.Values{"demarche": {attempt}})
	return sent.location, err
}

// transmit is a complete submission. recording is the time of the POST that records.
func (v *visit) transmit(ctx context.Context, t transmission) (reference value.Reference, recording time.Duration, err error) {
	review, err := v.signIn(ctx, t)
	if err != nil {
		return "", 0, err
	}
	attempt, err := review.field("demarche")
	if err != nil {
		return "", 0, err
	}
	began := time.Now()
	confirmation, err := v.record(ctx, t.town, attempt)
	recording = time.Since(began)
	if err != nil {
		return "", 0, err
	}
	if reference, err = referenceIn(confirmation); err != nil {
		return "", 0, err
	}
	shown, err := v.get(ctx, confirmation, http.StatusOK)
	if err != nil {
		return "", 0, err
	}
	if !bytes.Contains(shown.body, []byte(reference.Display())) {
		return "", 0, errors.New("the confirmation does not show its identifier")
	}
	return reference, recording, nil
}

// referenceIn reads the identifier at the end of the address of a confirmation.
func referenceIn(confirmation string) (value.Reference, error) {
	reference, err := value.ParseReference(path.Base(confirmation))
	if err != nil {
		return "", errors.New("the transmission did not lead to a confirmation")
	}
	return reference, nil
}
