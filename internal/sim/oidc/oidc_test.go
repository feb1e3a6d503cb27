package oidc

import (
	"errors"
	"net/url"
	"strconv"
	"testing"
	"time"
)

func TestAShelfKeepsAValueForItsLifeOnly(t *testing.T) {
	now := time.Date(2026, time.March, 29, 12, 0, 0, 0, time.UTC)
	start := now
	shelf := NewShelf[string](time.Minute, func() time.Time { return now })
	shelf.Put("code", "valeur")
	now = start.Add(time.Minute - 1)
	if value, found := shelf.Find("code"); !found || value != "valeur" {
		t.Errorf("before its end: %q, %t", value, found)
	}
	now = start.Add(time.Minute)
	if _, found := shelf.Find("code"); found {
		t.Error("found at its end")
	}
	now = start
	if _, found := shelf.Take("code"); !found {
		t.Error("not taken")
	}
	if _, found := shelf.Take("code"); found {
		t.Error("taken twice")
	}
	t.Run("renewed, it lives as long again", func(t *testing.T) {
		key := shelf.Add("valeur")
		now = start.Add(time.Minute - 1)
		if value, found := shelf.renew(key); !found || value != "valeur" {
			t.Errorf("renewed: %q, %t", value, found)
		}
		now = start.Add(2*time.Minute - 2)
		if _, found := shelf.Find(key); !found {
			t.Error("not found in its second life")
		}
		now = start.Add(2*time.Minute - 1)
		if _, found := shelf.renew(key); found {
			t.Error("renewed after its end")
		}
	})
}

func TestAShelfThrowsAwayWhatHasExpiredAndIsBounded(t *testing.T) {
	now := time.Date(2026, time.March, 29, 12, 0, 0, 0, time.UTC)
	shelf := NewShelf[int](30*time.Second, func() time.Time { return now })
	for i := range shelfSize + 10 {
		shelf.Put(strconv.Itoa(i), i)
	}
	if len(shelf.items) != shelfSize {
		t.Errorf("%d values kept", len(shelf.items))
	}
	now = now.Add(2 * time.Minute)
	shelf.Put("frais", 1)
	if len(shelf.items) != 1 {
		t.Errorf("%d values kept, all but one expired", len(shelf.items))
	}
}

func TestAWhitelistRefusesUnknownRepeatedMissingAndEmpty(t *testing.T) {
	list := Whitelist{Code: "Y1", Required: []string{"state"}, Optional: []string{"prompt"}}
	for query, right := range map[string]bool{
		"state=a": true, "state=a&prompt=": true,
		"": false, "state=": false, "state=a&state=b": false, "state=a&max_age=0": false, "state=a&prompt=x&prompt=x": false,
	} {
		parameters, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		err = list.check(parameters)
		var page PageRefusal
		switch {
		case right && err != nil:
			t.Errorf("%s: %v", query, err)
		case !right && (!errors.As(err, &page) || page.Code != "Y1"):
			t.Errorf("%s: %v, want a page with the code", query, err)
		}
	}
}
