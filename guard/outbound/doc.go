// Package outbound is the guarded net/http client that connectors of human-service
// systems are handed, and whatever else calls an address that an operator typed into a
// form.
//
//	client, err := outbound.New(outbound.Config{AllowPrivate: flag})
//	all := connectors.All(connectors.Config{Client: client})
//
// # What it will not do
//
//   - Call anything but http and https, a URL with user info, or a host that is not
//     written canonically (dataurl.ParseHost): no numbers in disguise, no trailing dot.
//     An international name goes out in its A-label form. Any port.
//   - Dial an address that is not public. Every address of a name must be, else none is
//     dialled; the socket's control function asks once more right before the connect, and
//     the address that was checked is the one that is dialled. With AllowPrivate (the
//     operator's --allow-private-connector-hosts, implied by --dev) private networks and
//     this machine are open too; metadata services and all else that is special never are.
//   - Follow a redirect: the 3xx is the response. Use a proxy, whatever the environment
//     says. Decompress. Speak HTTP/2.
//
// A connect, name look-up and TLS included, takes ConnectTimeout at most. The whole call
// is bounded by the caller's context, the body by the caller's reading: handoff/connectors/call
// does both.
package outbound
