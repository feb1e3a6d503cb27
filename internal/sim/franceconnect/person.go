package franceconnect

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// person is who signs in: claims by name, passed on as they are.
type person map[string]any

// subjectSalt stands for the secret from which the real server derives subjects. It never
// changes: a person keeps the same sub from one run of the demo to the next.
const subjectSalt = "simulateur"

// subject is the person's sub for one entity: pairwise, 64 hexadecimal digits and "v1"
// (§1.5), unless the order gives one.
func (p person) subject(entity string) any {
	if given, found := p["sub"]; found {
		return given
	}
	return p.pairwise(entity)
}

// pairwise derives a subject that nobody can relate to another entity's.
func (p person) pairwise(entity string) string {
	digest := sha256.New()
	fmt.Fprintf(digest, "%q", entity)
	for _, name := range append([]string{"sub"}, pivot...) {
		// What cannot be encoded cannot be sent either: sealing the claims tells it.
		value, _ := json.Marshal(p[name])
		fmt.Fprintf(digest, "%q", value)
	}
	digest.Write([]byte(subjectSalt))
	return hex.EncodeToString(digest.Sum(nil)) + "v1"
}
