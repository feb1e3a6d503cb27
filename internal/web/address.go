package web

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// Address is from where a request comes: what our own proxies say of it, and nothing that
// anybody else says. It is not valid where that cannot be known.
//
// X-Forwarded-For grows to the right, each proxy adding whom it heard: read from there, the
// first address that is not a proxy of ours is the caller's, and what is left of it was written
// by the caller.
func (r *Router) Address(c *gin.Context) netip.Addr {
	from := readAddress(c.Request.RemoteAddr)
	if !r.isProxy(from) {
		return from
	}
	said := strings.Split(strings.Join(c.Request.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(said) {
		if text = strings.TrimSpace(text); text == "" && len(said) == 1 {
			return from // the proxy itself asks: whether we live
		}
		if from = readAddress(text); !r.isProxy(from) {
			return from
		}
	}
	return from
}

func (r *Router) isProxy(address netip.Addr) bool {
	return slices.ContainsFunc(r.config.TrustedProxies, func(n netip.Prefix) bool { return n.Contains(address) })
}

// readAddress reads an address with its port or without.
func readAddress(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}
