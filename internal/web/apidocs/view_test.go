package apidocs

import (
	"testing"

	"portail-qf/internal/web"
)

// What several calls of a subject answer is said once: a status with two texts would say nothing.
func TestACommonAnswerIsSaidOnce(t *testing.T) {
	d, err := Read(sampleURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range d.Tags {
		said := map[string]bool{}
		for _, answer := range newSubjectPage(web.ProPage{}, d, subject).Common {
			if said[answer.Status] {
				t.Errorf("%s: %q comes twice", subject.Name, answer.Status)
			}
			said[answer.Status] = true
		}
	}
}
