package hubee

import "fmt"

// Policy is the answer to a question that HubEE's documents leave open.
type Policy string

// The two policies.
const (
	Accept Policy = "accept"
	Refuse Policy = "refuse"
)

// Settings are the switches of the simulator, in Options and by PUT /_sim/settings. The
// zero value is the documented behaviour; each switch is an inference marked [I] in
// reference/hubee.md, or a test of the client's robustness.
type Settings struct {
	// DuplicateExternalID: a folder with an external id already used by the same OSL
	// (default Refuse, §16 question 5).
	DuplicateExternalID Policy `json:"duplicate_external_id"`
	// Activation: a PUT that makes a subscription Actif (default Accept, §10.1).
	Activation Policy `json:"activation"`
	// UnknownEditor: a delegation to an EDT organisation unknown to HubEE (default
	// Refuse, §10.2).
	UnknownEditor Policy `json:"unknown_editor"`
	// CompletionDelayMS separates HUBEE_COMPLETED from HUBEE_NOTIFIED, in milliseconds
	// (§5.3; the real hub takes up to ten minutes).
	CompletionDelayMS int `json:"completion_delay_ms"`
	// AutoDeleteOnReceived: acknowledging an event deletes one's own notification (§6.2).
	AutoDeleteOnReceived bool `json:"auto_delete_on_received"`
	// StrictTransitions refuses that a town moves a case backwards (§6.1).
	StrictTransitions bool `json:"strict_transitions"`
	// Gzip compresses JSON answers for clients that accept it (§2).
	Gzip bool `json:"gzip"`
	// RequirePartnerHeaders makes editorName, applicationName and softwareVersion
	// mandatory (§2).
	RequirePartnerHeaders bool `json:"require_partner_headers"`
	// JSONTokenBody accepts a JSON body at the token endpoint (§1).
	JSONTokenBody bool `json:"json_token_body"`
}

func (s Settings) withDefaults() Settings {
	for _, choice := range []struct {
		policy *Policy
		usual  Policy
	}{{&s.DuplicateExternalID, Refuse}, {&s.Activation, Accept}, {&s.UnknownEditor, Refuse}} {
		if *choice.policy == "" {
			*choice.policy = choice.usual
		}
	}
	return s
}

func (s Settings) check() error {
	for _, policy := range []Policy{s.DuplicateExternalID, s.Activation, s.UnknownEditor} {
		if policy != Accept && policy != Refuse {
			return fmt.Errorf("policy %q is neither accept nor refuse", policy)
		}
	}
	if s.CompletionDelayMS < 0 {
		return fmt.Errorf("completion_delay_ms is negative")
	}
	return nil
}
