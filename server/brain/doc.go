// Package brain answers a visitor's message when no human does: it finds which stored
// answer fits (kind match), or asks the platform's own bot (kind http).
//
// # Match
//
// A [Matcher] holds the questions of a bot's published answers. A message that equals a
// question, once width, case, white space and punctuation are out of the way, is
// answered by that answer; of several, by the one that was published last. Otherwise the
// full-text index (bleve, in memory, with its analyser for Chinese, Japanese and Korean)
// names the questions that share words with the message, and these are compared with
// [Similarity], a number from 0 to 1 that an operator can reason about; what an index
// scores depends on how many questions there are. The best at or above the threshold
// answers.
//
// # HTTP
//
// [Ask] posts the message to the platform with Standard Webhooks headers and reads what
// it decides: a stored answer, an answer of its own, or a human. It tries at most twice,
// with the same webhook-id, in five seconds each.
//
// The package keeps nothing and renders nothing: who calls it stores one reply for each
// message.
package brain
