// Package knowledge keeps bots and their answers: drafts, revisions, publishing, import
// and export, search. It decides; server/store remembers, and the server speaks HTTP.
//
// # An answer's life
//
//	PutAnswer   makes a draft: revision 1, 2, 3 … A revision never changes and its number
//	            is never used again. The same content again makes none.
//	Publish     lets visitors see the draft, once it was checked with the bot's own words
//	            and its examiners have nothing to say (or the publisher forces it).
//	Rollback    makes a new revision with the content of an old one; of a published
//	            answer it is published at once, for what is live is what has to be mended.
//	Unpublish   takes it away from visitors, Archive also out of the lists. Nothing is
//	            lost: a PutAnswer brings an archived answer back as a draft.
//
// # Who may write over whom
//
// Bots and answers have a version that every write changes; a [Precondition] compares it
// with what the writer has seen. All writes of one bot go one after the other
// ([Tx.Lock]): numbers of revisions have no gaps and no doubles, on one node or many.
//
// Checking an answer takes longer than a transaction should. So a publish reads, checks
// outside of any transaction, and then writes only if the bot's settings and the answer
// are still what was checked; else it begins again. A change of the settings is checked
// against all published answers in the same way ([Tx.Lock] tells of publishes between).
//
// # What is declared here and implemented elsewhere
//
// [Store] and [Tx] by server/store; [Language], which judges settings and answers, by the
// server with the runtime; [Examiner], which may object to a publish, by [CaseExaminer]: the
// saved examples of an answer ([Case]), which a [CaseRunner] of the server renders.
package knowledge
