package guides

import (
	"io/fs"
	"regexp"
	"slices"
	"testing"

	"portail-qf/internal/domain/inquiry"
	"portail-qf/templates"
)

// « causes of failure in words with code and what to do »: whatever the gateway refuses has
// its line.
func TestEveryRefusalOfTheGatewayIsExplained(t *testing.T) {
	said, err := fs.ReadFile(templates.FS, "messages/gateway.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var explained []string
	for _, cause := range causes {
		explained = append(explained, cause.Codes...)
	}
	codes := regexp.MustCompile(`"gateway\.(\d{5})"`).FindAllSubmatch(said, -1)
	if len(codes) < 20 {
		t.Fatalf("%d codes read", len(codes))
	}
	for _, code := range codes {
		if !slices.Contains(explained, string(code[1])) {
			t.Errorf("%s is explained nowhere", code[1])
		}
	}
	slices.Sort(explained)
	if len(slices.Compact(slices.Clone(explained))) != len(explained) {
		t.Errorf("a code is explained twice: %v", explained)
	}
}

// The gateway reads each parameter of the guide, under its name in each version.
func TestTheGatewayReadsEveryParameterOfTheGuide(t *testing.T) {
	isRead := func(version inquiry.Version, name string) bool {
		without, _ := inquiry.Read(version, "")
		with, ok := inquiry.Read(version, name+"=1")
		return ok && with.Key("id") != without.Key("id")
	}
	for _, p := range parameters {
		second := p.V2
		if second == "" {
			second = p.V3
		}
		if !isRead(inquiry.V3, p.V3) || !isRead(inquiry.V2, second) {
			t.Errorf("%s, %s is not read", p.V3, second)
		}
	}
	if isRead(inquiry.V3, "sexe") || isRead(inquiry.V2, "sexeEtatCivil") {
		t.Error("a name of the other version is read")
	}
}
