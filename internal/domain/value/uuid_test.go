package value

import (
	"strings"
	"testing"
)

// PostgreSQL reads more writings of a UUID than one: what comes from outside is compared as text.
func TestAUUIDIsWrittenInOneWay(t *testing.T) {
	const right = "9d7d3a0e-3f0a-4d7e-8f3e-1f0f4f8a0c11"
	for _, text := range []string{right, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"} {
		if !IsUUID(text) {
			t.Errorf("%q is refused", text)
		}
	}
	wrong := []string{
		"", " " + right, right + "\n", strings.ToUpper(right), strings.ReplaceAll(right, "-", ""), "{" + right + "}", "urn:uuid:" + right,
		strings.Repeat("-", 36), strings.Repeat("a", 36), right[:34] + "é", "' OR 1=1 --",
	}
	for i := range right {
		others := []string{"", "-", "g", "A", "/", ":", "`"}
		if right[i] == '-' {
			others = []string{"", "0", "--", " "}
		}
		for _, other := range others {
			wrong = append(wrong, right[:i]+other+right[i+1:])
		}
	}
	for _, text := range wrong {
		if IsUUID(text) {
			t.Errorf("%q is taken", text)
		}
	}
}
