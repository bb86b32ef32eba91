// Package seal keeps secrets unreadable at rest: whoever has the database or a backup of
// it, but not the master key, reads none of them.
//
// A Sealer holds the master keyset (Tink, AES-256-GCM). It seals a value for the place
// where it is stored: the bot and the name of the field are authenticated with it, so a
// sealed value that is copied to another row does not open there.
//
//	sealed, err := sealer.Seal([]byte(token), bot, "bots.data_token")
//	plain, err := sealer.Open(sealed, bot, "bots.data_token")
//
// What must be erasable is sealed under a data key of its own (NewDataKey): 32 random
// bytes, themselves sealed under the master key and stored in one row. When that row is
// gone, so is everything that the key sealed, in every copy that the database, its log or
// an index still has. DataKey opens a stored one; opened keys are cached, and Forget
// drops one from the cache.
//
// The master keyset (master.go) comes from the file master.key in the data dir, which is
// made at the first start, or from the environment; it may itself be sealed by a KMS
// (package kms), which is asked once at start. Rotation (Rotated, Sole) makes a
// keyset with a new primary that still opens the old values; when all rows are sealed
// anew, the old keys are dropped.
package seal
