// Package outboundtest gives tests the guarded client, as the product hands it to
// connectors with the operator's --allow-private-connector-hosts: fakes are on loopback.
package outboundtest
