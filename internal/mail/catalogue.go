package mail

import (
	"encoding/json"
	"fmt"

	"portail-qf/internal/domain/notice"
)

// Catalogue lists every automatic mail, rendered from its sample.
func (s *Sender) Catalogue() []notice.Sample { return s.catalogue }

func (s *Sender) renderSamples(w *wording) ([]notice.Sample, error) {
	samples := make([]notice.Sample, 0, len(registry))
	for _, listed := range registry {
		example := listed.exampleNotice()
		plain, err := json.Marshal(example)
		if err != nil {
			return nil, fmt.Errorf("write sample of %s: %w", example.Kind(), err)
		}
		text, err := listed.write(s.kinds[example.Kind()].texts, plain, example.Recipients().To[0])
		if err != nil {
			return nil, err
		}
		sample := notice.Sample{
			Kind: example.Kind(), To: example.Recipients().To, CC: example.Recipients().CC,
			Subject: text.Subject, Text: text.Text, HTML: text.HTML,
		}
		if sample.Name, err = w.say("mail."+string(example.Kind())+".name", nil); err != nil {
			return nil, err
		}
		if sample.When, err = w.say("mail."+string(example.Kind())+".when", nil); err != nil {
			return nil, err
		}
		samples = append(samples, sample)
	}
	return samples, nil
}
