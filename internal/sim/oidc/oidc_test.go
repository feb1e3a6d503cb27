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
	var shelf Shelf[string]
	shelf.Put("code", "valeur", now, time.Minute)
	if value, found := shelf.Find("code", now.Add(time.Minute-1)); !found || value != "valeur" {
		t.Errorf("before its end: %q, %t", value, found)
	}
	if _, found := shelf.Find("code", now.Add(time.Minute)); found {
		t.Error("found at its end")
	}
	if _, found := shelf.Take("code", now); !found {
		t.Error("not taken")
	}
	if _, found := shelf.Take("code", now); found {
		t.Error("taken twice")
	}
}

func TestAShelfThrowsAwayWhatHasExpiredAndIsBounded(t *testing.T) {
	now := time.Date(2026, time.March, 29, 12, 0, 0, 0, time.UTC)
	var shelf Shelf[int]
	for i := range shelfSize + 10 {
		shelf.Put(strconv.Itoa(i), i, now, 30*time.Second)
	}
	if len(shelf.items) != shelfSize {
		t.Errorf("%d values kept", len(shelf.items))
	}
	shelf.Put("frais", 1, now.Add(2*time.Minute), time.Second)
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
		err = list.Check(parameters)
		var page PageRefusal
		switch {
		case right && err != nil:
			t.Errorf("%s: %v", query, err)
		case !right && (!errors.As(err, &page) || page.Code != "Y1"):
			t.Errorf("%s: %v, want a page with the code", query, err)
		}
	}
}
