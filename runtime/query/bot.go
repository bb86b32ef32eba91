package query

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/zhida-kb/zhida/runtime/dataurl"
)

// Bot is what one bot's settings say about its data calls. The zero value but
// for an ID may call nothing, for it has no token.
type Bot struct {
	ID    string // whose breakers, connections and cached replies these are
	Token string // of the signature; empty: every call ends as no_token

	// AllowedHosts are "host" (ports 80 and 443) or "host:port" (that port). Empty:
	// every public host on ports 80 and 443. Not empty: these only. An
	// IPv6 address stands in brackets when a port follows. A private or loopback
	// address, of the entry itself or found by name, counts only where
	// Config.AllowPrivate says so.
	AllowedHosts []string

	// OpenHosts, of the same form, are an operator's own: they are reachable
	// beside what AllowedHosts says, whether their address is public, private or
	// loopback. They come from a command line, never from an editor.
	OpenHosts []string

	// WebhookSecret adds a Standard Webhooks signature ("whsec_…"); see SignWebhook.
	WebhookSecret string

	// NoCache keeps the calls from the reply cache, in both directions: preview.
	NoCache bool
}

// Validate lists everything wrong with the hosts and the webhook secret, nil
// when nothing is. [Client.For] takes such a Bot all the same: a bad entry
// opens nothing, a bad secret lets every call end as no_token.
func (b Bot) Validate() error {
	var faults []error
	for _, list := range [][]string{b.AllowedHosts, b.OpenHosts} {
		for _, entry := range list {
			if _, _, err := parseEntry(entry); err != nil {
				faults = append(faults, err)
			}
		}
	}
	if b.WebhookSecret != "" {
		if _, err := webhookKey(b.WebhookSecret); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// String gives the id: a Bot holds secrets, and none of its printed forms shows them.
func (b Bot) String() string { return "bot " + b.ID }

// GoString is String for %#v.
func (b Bot) GoString() string { return b.String() }

// LogValue is String for slog.
func (b Bot) LogValue() slog.Value { return slog.StringValue(b.ID) }

// hostPort is a place to call. Addresses stand in their canonical text form.
type hostPort struct {
	host string
	port uint16
}

// parseEntry reads an entry of a list of hosts. No port means 80 and 443.
func parseEntry(entry string) (host string, ports []uint16, err error) {
	fault := fmt.Errorf("%q is not a host or host:port", entry)
	form := entry
	if a, err := netip.ParseAddr(entry); err == nil && a.Is6() {
		form = "[" + entry + "]" // a bare IPv6 address has no port
	}
	t, ok := dataurl.Split("https://" + form)
	if !ok || t.Request != "" || strings.Contains(form, "#") {
		return "", nil, fault
	}
	if named, ok := dataurl.Split("http://" + form); ok && named.Port == t.Port {
		ports = []uint16{t.Port}
	} else {
		ports = []uint16{80, 443}
	}
	return placeOf(t).host, ports, nil
}

// placeOf is where a URL points.
func placeOf(t dataurl.Target) hostPort {
	if t.Addr.Is6() { // of which there are many spellings; those of IPv4 are canonical
		return hostPort{t.Addr.String(), t.Port}
	}
	return hostPort{t.Host, t.Port}
}

// policy is a Bot's lists and the operator's settings, ready for use.
type policy struct {
	places map[hostPort]space // what the lists open
	listed bool               // AllowedHosts is not empty
	dev    bool               // loopback is open, any port
}

func newPolicy(b Bot, allowPrivate, dev bool) *policy {
	p := &policy{places: map[hostPort]space{}, listed: len(b.AllowedHosts) > 0, dev: dev}
	open := func(list []string, to space) {
		for _, entry := range list {
			host, ports, err := parseEntry(entry)
			if err != nil {
				continue // opens nothing; Validate tells
			}
			for _, port := range ports {
				p.places[hostPort{host, port}] |= to
			}
		}
	}
	allowed := public
	if allowPrivate {
		allowed |= private | loopback
	}
	open(b.AllowedHosts, allowed)
	open(b.OpenHosts, public|private|loopback)
	return p
}

// spaces gives the spaces in which the host of a URL may be found, 0 when it
// may not be called at all.
func (p *policy) spaces(t dataurl.Target) space {
	s := p.places[placeOf(t)]
	if !p.listed && (t.Port == 80 || t.Port == 443) {
		s |= public
	}
	if p.dev && (t.Addr.IsLoopback() || t.Host == "localhost" || strings.HasSuffix(t.Host, ".localhost")) {
		s |= loopback
	}
	return s
}
