package web_test

import (
	"net/http/httptest"
	"testing"

	"postdesk/admin/web"
)

// Nobody may choose the address that limits and the list of sessions go by: the header counts only where a proxy that was
// named sent it.
func TestForwardedAddressCountsFromNamedProxiesOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ proxies, remote, forwarded, want string }{
		{"", "192.0.2.7:4711", "", "192.0.2.7"},
		{"", "127.0.0.1:4711", "198.51.100.1", "127.0.0.1"},
		{"127.0.0.1", "192.0.2.7:4711", "198.51.100.1", "192.0.2.7"},
		{"127.0.0.1", "127.0.0.1:4711", "203.0.113.9, 198.51.100.1", "198.51.100.1"},
		{"127.0.0.1, 10.0.0.0/8", "127.0.0.1:4711", "203.0.113.9,198.51.100.1, 10.1.2.3", "198.51.100.1"},
		{"127.0.0.1", "127.0.0.1:4711", "nonsense", "127.0.0.1"},
		{"127.0.0.1", "127.0.0.1:4711", "", "127.0.0.1"},
		{"::1", "[::1]:4711", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"},
		{"127.0.0.1", "[::ffff:127.0.0.1]:4711", "::ffff:198.51.100.1", "198.51.100.1"},
	} {
		proxies, err := web.ParseProxies(c.proxies)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "/login", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := proxies.ClientAddress(r).String(); got != c.want {
			t.Errorf("%q %s %q: %s, want %s", c.proxies, c.remote, c.forwarded, got, c.want)
		}
	}
	for _, wrong := range []string{"proxy", "10.0.0.0/99", "127.0.0.1:80"} {
		if _, err := web.ParseProxies(wrong); err == nil {
			t.Errorf("%q names a proxy", wrong)
		}
	}
	proxies, _ := web.ParseProxies("127.0.0.1")
	r := httptest.NewRequest("POST", "/login", nil)
	r.RemoteAddr = "[2001:db8:1:2:3:4:5:6]:4711"
	if got := web.Network(proxies.ClientAddress(r)); got != "2001:db8:1:2::/64" {
		t.Errorf("network %s", got)
	}
}
