package value

import "testing"

// « IP list (addresses and CIDR, v4/v6) »
func TestANetworkIsReadAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "203.0.113.0/24": "203.0.113.0/24", "203.0.113.7/24": "203.0.113.0/24", "203.0.113.7/32": "203.0.113.7",
		"2001:DB8:0::1": "2001:db8::1", "2001:db8::/48": "2001:db8::/48", "::ffff:203.0.113.7": "203.0.113.7", "10.0.0.0/8": "10.0.0.0/8",
	} {
		network, err := ParseNetwork(text)
		if err != nil || DisplayNetwork(network) != want {
			t.Errorf("%q reads as %v, %v, want %s", text, network, err, want)
		}
	}
	for _, text := range []string{
		"", " 203.0.113.7", "203.0.113", "203.0.113.256", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/", "/24", "0.0.0.0/0", "::/0", "fe80::1%eth0",
		"fe80::%eth0/64", "::ffff:203.0.113.0/120", "exemple.fr", "203.0.113.7:443", "0313.0.113.7", "203.0.113.0/024", "*", "' OR 1=1",
	} {
		if network, err := ParseNetwork(text); err == nil {
			t.Errorf("%q reads as %v", text, network)
		}
	}
}
