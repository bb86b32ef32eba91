// Package intercomdesk is a fake of Intercom: contacts, conversations, replies, notes and
// closes of version 2.16 of its REST API, and the webhooks that its app sends.
//
// Every request is held to Intercom's own OpenAPI document, operation by operation (the
// document as a whole has schemas that no validator takes); testdata says where it comes
// from. Answers are held to it as well, so that the fake does not invent members.
//
// What the document does not say is made as Intercom is known to behave: 409 with the
// id of the contact that is there, 410 with a Link to the survivor of a merge, a search
// that lags, replies of bots that arrive as conversation.admin.replied.
package intercomdesk
