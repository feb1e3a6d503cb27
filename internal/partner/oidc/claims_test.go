package oidc

import (
	"encoding/json"
	"testing"
	"time"
)

// auth_time tells how old a proof is: what is not a time of now is none.
func TestATimeIsReadOrIsNone(t *testing.T) {
	for written, want := range map[string]int64{
		"1764100000": 1764100000, "1764100000.9": 1764100000, "1.7641e9": 1764100000,
		"0": 0, "-5": 0, "null": 0, `"1764100000"`: 0, "[1764100000]": 0, "true": 0, "1e300": 0, "": 0,
	} {
		read := Claims{"auth_time": json.RawMessage(written)}.Time("auth_time")
		if want == 0 && !read.IsZero() || want != 0 && !read.Equal(time.Unix(want, 0)) {
			t.Errorf("%s is read as %s", written, read)
		}
	}
}
