package mail

import (
	"encoding/json"
	"fmt"

	"portail-qf/internal/domain/notice"
)

// Catalogue lists every automatic mail, rendered from its sample.
func (s *Sender) Catalogue() []notice.Sample { return s.catalogue }

// Preview writes the mail of a notice as it would leave now, for whoever is about to have it
// sent. Name and When are empty.
func (s *Sender) Preview(n notice.Notice) (notice.Sample, error) {
	known, found := s.kinds[n.Kind()]
	if !found {
		return notice.Sample{}, fmt.Errorf("preview mail: no kind %q", n.Kind())
	}
	plain, err := json.Marshal(n)
	if err != nil {
		return notice.Sample{}, fmt.Errorf("write preview of %s: %w", n.Kind(), err)
	}
	recipients := n.Recipients().Distinct()
	if len(recipients.To) == 0 {
		return notice.Sample{}, fmt.Errorf("preview %s: %w", n.Kind(), notice.ErrIncomplete)
	}
	text, err := s.leaving(known, plain, recipients.To[0])
	if err != nil {
		return notice.Sample{}, err
	}
	return notice.Sample{
		Kind: n.Kind(), To: recipients.To, CC: recipients.CC, Subject: text.Subject, Text: text.Text, HTML: text.HTML,
	}, nil
}

func (s *Sender) renderSamples(w *wording) ([]notice.Sample, error) {
	samples := make([]notice.Sample, 0, len(registry))
	for _, listed := range registry {
		example := listed.exampleNotice()
		plain, err := json.Marshal(example)
		if err != nil {
			return nil, fmt.Errorf("write sample of %s: %w", example.Kind(), err)
		}
		read, err := listed.read(plain)
		if err != nil {
			return nil, err
		}
		text, err := listed.write(s.kinds[example.Kind()].texts, read, example.Recipients().To[0])
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
