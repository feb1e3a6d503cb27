package value

import (
	"errors"
	"net/netip"
	"strings"
)

// ErrNetwork says that a text is neither an address of a network nor a range of them.
var ErrNetwork = errors.New("not an IP address nor a range such as 203.0.113.0/24")

// ParseNetwork reads an address (203.0.113.7, 2001:db8::1) as the range of it alone, or a
// range by its length (203.0.113.0/24), which it gives from its first address on. The whole of
// IPv4 or of IPv6 is no range: it says nothing.
func ParseNetwork(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		address, err := netip.ParseAddr(text)
		if err != nil || address.Zone() != "" {
			return netip.Prefix{}, ErrNetwork
		}
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil || network.Bits() == 0 || network.Addr().Is4In6() {
		return netip.Prefix{}, ErrNetwork
	}
	return network.Masked(), nil
}

// DisplayNetwork writes a range as ParseNetwork reads it: an address alone without length.
func DisplayNetwork(network netip.Prefix) string {
	if network.IsSingleIP() {
		return network.Addr().String()
	}
	return network.String()
}
