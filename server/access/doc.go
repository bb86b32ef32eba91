// Package access is who may come in and what they did: keys, the audit, repeated requests,
// console sessions and the rate of each key. It decides; server/store remembers ([Store]),
// and the server speaks HTTP.
//
// # Keys
//
// A key is shown once, when it is made, and stored as its SHA-256. It reads
//
//	zhida_admin_7dJm0Z…_0Xk3Pq
//
// that is: a prefix by which people and scanners know it, its scope, 24 random characters
// of 0-9A-Za-z (142 bits), and a checksum as GitHub's tokens have it: the CRC-32 (IEEE) of
// all that stands before the last underscore, as six digits of base 62, most significant
// first. A scanner finds
//
//	zhida_(relay|render|edit|operate|admin)_[0-9A-Za-z]{24}_[0-9A-Za-z]{6}
//
// and knows by the checksum, without asking anybody, that it is no accident ([Genuine]). The
// server takes any key whose hash it knows: those of a config file may look otherwise.
//
// # The audit
//
// What a key changes is written down with the change, in its transaction: the server puts a
// [Note] into the context (who, what, which ids; never contents), and the store adds the
// entry as the last thing before the commit. So there is no change without an entry and no
// entry without a change. Each [Entry] holds the hash of the one before and its own over
// all its members; [Verify] finds an entry that was changed, taken out or put in between.
// Whoever can rewrite the whole table can rewrite the chain: keep the last hash elsewhere to
// see that too.
//
// # Repeated requests
//
// A POST that creates takes an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).
// With the same key and the same request again the stored reply comes back; with another
// request it is refused ([ErrReused], 422); while the first is still being served, or when
// it was served but its reply is lost, too ([ErrRunning], [ErrReplyLost], 409). Replies are
// kept [KeepReplies], sealed, since some hold secrets; keys of one API key say nothing to
// another. What failed for the server's own reasons is forgotten, so that it can be tried
// again.
//
// # Sessions
//
// The console signs in with a key and holds a cookie ([Sessions]): the key's id and the end,
// signed with a secret of the database, so that it works on all nodes and after a restart,
// and ends at once when its key is revoked.
//
// # Rates
//
// [Limiter] is a token bucket in one atomic word, asked on every request.
package access
