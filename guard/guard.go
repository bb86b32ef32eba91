package guard

import (
	"net/netip"

	"code.dny.dev/ssrf"
)

// Space is a set of kinds of address.
type Space uint8

// The spaces.
const (
	Public   Space = 1 << iota // an address of the internet
	Private                    // of an organisation's own network
	Loopback                   // of this machine
)

// Guard tells to which space an address belongs. It is an allow-list: what is
// in none of its spaces is dialled for nobody. It is safe for concurrent use.
type Guard struct {
	internet *ssrf.Guardian
	denied   []netip.Prefix
	private  []netip.Prefix
}

// New takes the IANA special-purpose registries from ssrf (IPv4 without
// the special nets, IPv6 2000::/3 without them) and adds what a registry
// cannot know.
func New() *Guard {
	return &Guard{
		internet: ssrf.New(ssrf.WithAnyNetwork(), ssrf.WithAnyPort()),
		denied: prefixes(
			"168.63.129.16/32",   // Azure's WireServer: a public address that every machine there serves its secrets on
			"100.100.100.200/32", // Alibaba Cloud's metadata, inside of what an operator may open as private
			"fd00:ec2::/32",      // AWS metadata and its neighbours, likewise
			"fd20:ce::254/128",   // Google Cloud's metadata, likewise
			"3ffe::/16",          // 6bone, returned by RFC 3701 and routed by nobody since
		),
		private: prefixes(
			"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // RFC 1918
			"100.64.0.0/10", // RFC 6598: carriers, and the overlay networks of several vendors
			"fc00::/7",      // RFC 4193
		),
	}
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// SpaceOf gives the one space of an address, 0 for none. IPv4-mapped addresses
// are in none: unmap what a resolver gave first.
func (g *Guard) SpaceOf(a netip.Addr) Space {
	if !a.IsValid() || a.Zone() != "" || a.Is4In6() || contains(g.denied, a) || isISATAP(a) {
		return 0
	}
	switch {
	case a.IsLoopback():
		return Loopback
	case contains(g.private, a):
		return Private
	case g.internet.SafeAddr(a) == nil:
		return Public
	}
	return 0
}

func contains(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// isISATAP knows the interface identifiers of RFC 5214, behind which an IPv4
// address hides in any prefix: 0000:5efe or, with the universal bit, 0200:5efe.
func isISATAP(a netip.Addr) bool {
	if !a.Is6() {
		return false
	}
	b := a.As16()
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}
