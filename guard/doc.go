// Package guard knows which addresses are whose: of the internet, of an organisation's
// own network, of this machine, or of nobody that a call may reach. Both clients ask it,
// that of data calls (runtime/query) and that of connectors (guard/outbound), so that
// there is one table.
//
// The table is an allow-list. For IPv4 it is the address space without the IANA
// special-purpose registry; for IPv6, 2000::/3 without it. What looks public and is not,
// such as the metadata services of some clouds, is added by hand. testdata holds the
// registries and a list of addresses that are bad in every way we have heard of; the
// tests hold the table against both.
package guard
