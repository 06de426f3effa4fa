package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the networks of the reverse proxies before the desk, whose word of where a request comes from counts.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks, parted by commas.
func ParseProxies(text string) (Proxies, error) {
	var list Proxies
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if ip, err := netip.ParseAddr(part); err == nil {
			list = append(list, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, err
		}
		list = append(list, network.Masked())
	}
	return list, nil
}

func (p Proxies) have(ip netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// ClientAddress is where a request comes from: the other end of the connection, or, where that is a proxy of ours, the last
// address in X-Forwarded-For that is none. What stands before it anybody can have written.
func (p Proxies) ClientAddress(r *http.Request) netip.Addr {
	end, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip := end.Addr().Unmap().WithZone("")
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && p.have(ip); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if err != nil {
			break
		}
		ip = next.Unmap().WithZone("")
	}
	return ip
}

// Network is what one household or office shares: an IPv4 address, or an IPv6 network of 64 bits (RFC 6177).
func Network(ip netip.Addr) string {
	if ip.Is6() {
		if n, err := ip.Prefix(64); err == nil {
			return n.String()
		}
	}
	return ip.String()
}
