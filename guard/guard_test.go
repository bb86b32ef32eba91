package guard

import (
	_ "embed"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// badAddresses are addresses that nobody may reach, most of them first, last or
// tricky members of a special net. The list stands in a file so that it can be
// read against the registries.
//
//go:embed testdata/bad-addresses.txt
var badAddressesFile string

// specialNets are the IANA special-purpose registries and the multicast and reserved space.
//
//go:embed testdata/special-nets.txt
var specialNetsFile string

// lines gives the first word of each line that is no comment.
func lines(file string) (out []string) {
	for line := range strings.Lines(file) {
		if word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word != "" && word != "#" {
			out = append(out, word)
		}
	}
	return out
}

// goodAddresses are public controls: a guard that refuses everything fails.
var goodAddresses = []string{
	"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0", "114.114.114.114", "126.255.255.255", "128.0.0.0",
	"168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.114.0", "223.255.255.255",
	"2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1", "2003::1", "2400:3200::1", "2606:4700:4700::1111", "2620:4f:8001::1", "2a00:1450::1", "3ffd::1", "3fff:1000::1",
	"2606:4700::fe:0:1", "2606:4700::5e00:0:1", "2606:4700::1:5efe:0:1", "2606:4700::100:5efe:0:1", // nearly RFC 5214
}

func TestSpaceOf(t *testing.T) {
	g := New()
	bad := lines(badAddressesFile)
	if len(bad) < 105 {
		t.Fatalf("%d bad addresses, want 105", len(bad))
	}
	for _, s := range bad {
		if g.SpaceOf(netip.MustParseAddr(s)) == Public {
			t.Errorf("%s counts as public", s)
		}
	}
	for _, s := range goodAddresses {
		if g.SpaceOf(netip.MustParseAddr(s)) != Public {
			t.Errorf("%s does not count as public", s)
		}
	}
	for s, want := range map[string]Space{
		"127.0.0.1": Loopback, "127.255.255.255": Loopback, "::1": Loopback,
		"10.0.0.1": Private, "172.16.0.1": Private, "192.168.0.1": Private, "100.64.0.1": Private, "fd00::1": Private, "fc00::1": Private,
		"100.100.100.199": Private, "fd00:ec1::1": Private, "fd00:ec3::1": Private, "fd20:ce::253": Private, "fd20:ce::255": Private, // beside metadata
		"169.254.169.254": 0, "100.100.100.200": 0, "fd00:ec2::254": 0, "fd20:ce::254": 0, "168.63.129.16": 0, "0.0.0.0": 0, "::": 0, "fe80::1": 0, "::ffff:127.0.0.1": 0,
		"::ffff:10.0.0.1": 0, "224.0.0.1": 0, "255.255.255.255": 0, "fd00::1%eth0": 0, "::127.0.0.1": 0, "64:ff9b::127.0.0.1": 0,
	} {
		if got := g.SpaceOf(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s is in %d, want %d", s, got, want)
		}
	}
	if g.SpaceOf(netip.Addr{}) != 0 {
		t.Error("no address has a space")
	}
}

// TestPublicIsOutsideOfTheRegistries holds the guard against the registries over
// drawn addresses and over the borders of every net.
func TestPublicIsOutsideOfTheRegistries(t *testing.T) {
	g := New()
	var nets []netip.Prefix
	for _, s := range lines(specialNetsFile) {
		nets = append(nets, netip.MustParsePrefix(s))
	}
	want := func(a netip.Addr) bool {
		if a.Is6() && !netip.MustParsePrefix("2000::/3").Contains(a) {
			return false
		}
		return !contains(nets, a)
	}
	check := func(a netip.Addr) {
		if got := g.SpaceOf(a) == Public; got != want(a) && !isISATAP(a) {
			t.Errorf("%v is public: %v", a, got)
		}
	}
	for _, n := range nets {
		last := n.Addr().AsSlice()
		for bit := n.Bits(); bit < len(last)*8; bit++ {
			last[bit/8] |= 0x80 >> (bit % 8)
		}
		end, _ := netip.AddrFromSlice(last)
		for _, a := range []netip.Addr{n.Addr(), n.Addr().Prev(), end, end.Next()} {
			if a.IsValid() {
				check(a)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if rapid.Bool().Draw(t, "four") {
			var b [4]byte
			copy(b[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "bytes"))
			check(netip.AddrFrom4(b))
			return
		}
		var b [16]byte
		copy(b[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
		b[0] = 0x20 | b[0]&0x1f // the interesting part
		check(netip.AddrFrom16(b))
	})
}
