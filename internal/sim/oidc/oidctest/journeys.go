package oidctest

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

func manyJourneys(t *testing.T, b *Bench) {
	const workers, journeys = 4, 15
	for range workers * journeys {
		b.Order(b.signIn(""))
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			client := b.NewBrowser()
			for range journeys {
				if err := b.journey(client); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Go(func() { b.Server.RotateKeys(); b.Advance(time.Second) })
	group.Wait()
}

// Benchmark measures journeys: the simulator stands in a benchmark of the portal and must not
// be what it measures.
func Benchmark(t *testing.B, provider Provider) {
	b := NewBench(t, provider)
	for t.Loop() {
		b.Order(b.signIn(""))
		if err := b.journey(b.Browser); err != nil {
			t.Fatal(err)
		}
	}
}

// journey is one whole sign-in, on any goroutine.
func (b *Bench) journey(client *http.Client) error {
	response, err := client.Get(b.Issuer + "/authorize?" + b.Parameters().Encode())
	if err != nil {
		return err
	}
	response.Body.Close()
	location, err := response.Location()
	if err != nil {
		return err
	}
	response, err = client.PostForm(b.Issuer+"/token", ExchangeForm(location.Query().Get("code")))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var got Tokens
	if err := json.Unmarshal(body, &got); err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodGet, b.Issuer+"/userinfo", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+got.AccessToken)
	answered, err := client.Do(request)
	if err != nil {
		return err
	}
	return answered.Body.Close()
}
