// Package inbound is what connectors share of the calls that vendors make to one hook
// address without paths below it: [Check] before anything is believed, [Refuse], and
// [Answer], which steers a vendor that looks at the status only.
package inbound
