// Package score holds a receiver of the webhook contract to it: it plays the bot platform,
// with good calls and bad ones, and says which checks the receiver passes. `zhida
// connector test` is its command line.
//
//	report, err := score.Run(ctx, score.Config{URL: url, Client: guarded, Now: time.Now, ID: newID})
//
// The checks are one table ([Checks]): each has an id, a title in both languages, and
// whether the contract demands it or only advises it. What a check needs and has not been
// given is skipped, with the reason. A receiver is told apart from a broken network:
// where it cannot be reached at all the other checks are skipped.
//
// The calls make real conversations at the receiver. Their conversation_id begins with
// "zhida-test-", and all of them are closed at the end.
package score
