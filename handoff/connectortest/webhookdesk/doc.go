// Package webhookdesk is a receiver of the generic webhook contract: it takes establish,
// chat and close, holds them strictly to the contract, and calls back what its agents do.
//
// Tests of the webhook connector and of whole sessions use it as a [vendor.Desk];
// `zhida simulate` serves it to people who build the other side. There is no published
// schema: the checks are the contract's own words (docs/connectors/webhook.md).
package webhookdesk
