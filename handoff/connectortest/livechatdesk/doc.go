// Package livechatdesk is a fake of LiveChat: the accounts API with its rotating refresh
// tokens, the Customer Chat API version 3.6 as far as zhida uses it, and chat webhooks.
//
// There is no published schema for the chat API. Requests are held to tables of members
// made from its reference; the webhooks that the fake sends have the members of the
// samples in testdata (from lc-sdk-go, Apache-2.0), with the names of version 3.6 where
// those differ. A test compares them.
package livechatdesk
