-- +goose Up
-- What a bot has beside its settings. last_seq numbers the entries of all its
-- conversations in the order of their commits; pepper keys what is looked up by its hash.
CREATE TABLE handoff_bots (
	bot      TEXT PRIMARY KEY,
	last_seq INTEGER NOT NULL,
	pepper   BLOB NOT NULL,
	settings TEXT
);

CREATE TABLE handoff_accounts (
	bot           TEXT NOT NULL,
	kind          TEXT NOT NULL,
	version       INTEGER NOT NULL,
	sealed        BLOB NOT NULL,
	status        INTEGER NOT NULL,
	problem       TEXT NOT NULL,
	checked_at    INTEGER NOT NULL,
	failing_since INTEGER NOT NULL,
	PRIMARY KEY (bot, kind)
) WITHOUT ROWID;

-- What connectors keep of an account: tokens that were refreshed. A table of its own,
-- because its row stays locked while a connector asks its vendor.
CREATE TABLE handoff_account_states (
	bot    TEXT NOT NULL,
	kind   TEXT NOT NULL,
	sealed BLOB,
	PRIMARY KEY (bot, kind)
) WITHOUT ROWID;

-- data_key seals all that is personal in the rows of the conversation, in all tables.
-- visitor is a keyed hash of the visitor's id. due is by the timers' clock, and may be
-- earlier than the session's first timer: then it is set again when it comes. record is
-- the newest session's, always up to date.
CREATE TABLE handoff_conversations (
	bot        TEXT NOT NULL,
	id         TEXT NOT NULL,
	data_key   BLOB NOT NULL,
	visitor    BLOB,
	created_at INTEGER NOT NULL,
	last_at    INTEGER NOT NULL,
	last_seq   INTEGER NOT NULL,
	last_n     INTEGER NOT NULL,
	rate_from  INTEGER NOT NULL,
	rate_count INTEGER NOT NULL,
	session    TEXT NOT NULL,
	state      INTEGER NOT NULL,
	due        INTEGER,
	erased     INTEGER NOT NULL,
	profile    BLOB NOT NULL,
	record     BLOB,
	PRIMARY KEY (bot, id)
) WITHOUT ROWID;
CREATE INDEX handoff_conversations_id ON handoff_conversations (id);
CREATE INDEX handoff_conversations_visitor ON handoff_conversations (bot, visitor) WHERE visitor IS NOT NULL;
CREATE INDEX handoff_conversations_due ON handoff_conversations (due) WHERE due IS NOT NULL;

-- The record of the newest session of a conversation is up to date in the conversation's
-- row alone, which every message changes anyway; that of an older one here.
CREATE TABLE handoff_sessions (
	bot          TEXT NOT NULL,
	id           TEXT NOT NULL,
	conversation TEXT NOT NULL,
	connector    TEXT NOT NULL,
	state        INTEGER NOT NULL,
	opening      INTEGER NOT NULL,
	record       BLOB NOT NULL,
	asked        BLOB,
	PRIMARY KEY (bot, id)
) WITHOUT ROWID;
CREATE INDEX handoff_sessions_conversation ON handoff_sessions (bot, conversation);
CREATE INDEX handoff_sessions_state ON handoff_sessions (bot, connector, state, id);

-- By what inbound calls name a session, beside its id.
CREATE TABLE handoff_refs (
	bot          TEXT NOT NULL,
	connector    TEXT NOT NULL,
	ref          TEXT NOT NULL,
	conversation TEXT NOT NULL,
	session      TEXT NOT NULL,
	PRIMARY KEY (bot, connector, ref)
) WITHOUT ROWID;
CREATE INDEX handoff_refs_session ON handoff_refs (bot, session);

CREATE TABLE handoff_entries (
	bot          TEXT NOT NULL,
	conversation TEXT NOT NULL,
	seq          INTEGER NOT NULL,
	bot_seq      INTEGER NOT NULL,
	at           INTEGER NOT NULL,
	kind         TEXT NOT NULL,
	failed       INTEGER NOT NULL,
	body         BLOB NOT NULL,
	PRIMARY KEY (bot, conversation, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX handoff_entries_bot_seq ON handoff_entries (bot, bot_seq);

-- What has been seen, by hash: vendors' ids, clients' ids, messages that have a reply.
CREATE TABLE handoff_seen (
	bot          TEXT NOT NULL,
	conversation TEXT NOT NULL,
	hash         BLOB NOT NULL,
	seq          INTEGER NOT NULL,
	digest       BLOB NOT NULL,
	PRIMARY KEY (bot, conversation, hash)
) WITHOUT ROWID;

-- state 0 waits, 1 is being made by owner, 2 is a dead letter. head: the first of its
-- conversation that waits or is being made.
CREATE TABLE handoff_outbox (
	bot          TEXT NOT NULL,
	conversation TEXT NOT NULL,
	n            INTEGER NOT NULL,
	id           TEXT NOT NULL,
	session      TEXT NOT NULL,
	state        INTEGER NOT NULL,
	head         INTEGER NOT NULL,
	owner        TEXT NOT NULL,
	due          INTEGER NOT NULL,
	give_up      INTEGER NOT NULL,
	attempts     INTEGER NOT NULL,
	flags        INTEGER NOT NULL,
	message      TEXT NOT NULL,
	body         BLOB NOT NULL,
	trace        BLOB,
	progress     BLOB,
	PRIMARY KEY (bot, conversation, n)
) WITHOUT ROWID;
CREATE INDEX handoff_outbox_due ON handoff_outbox (due) WHERE state = 0 AND head = 1;
CREATE INDEX handoff_outbox_owner ON handoff_outbox (owner) WHERE state = 1;
CREATE INDEX handoff_outbox_dead ON handoff_outbox (bot, id) WHERE state = 2;

CREATE TABLE handoff_nodes (
	node TEXT PRIMARY KEY,
	seen INTEGER NOT NULL
);

-- The timers' clock of an embedded store is the time of day plus ahead, in milliseconds.
CREATE TABLE handoff_clock (
	id    INTEGER PRIMARY KEY CHECK (id = 1),
	ahead INTEGER NOT NULL
);
INSERT INTO handoff_clock (id, ahead) VALUES (1, 0);

CREATE TABLE handoff_notes (
	bot          TEXT NOT NULL,
	conversation TEXT NOT NULL,
	id           TEXT NOT NULL,
	session      TEXT NOT NULL,
	at           INTEGER NOT NULL,
	body         BLOB NOT NULL,
	PRIMARY KEY (bot, conversation, id)
) WITHOUT ROWID;

CREATE TABLE handoff_left (
	bot          TEXT NOT NULL,
	id           TEXT NOT NULL,
	conversation TEXT NOT NULL,
	at           INTEGER NOT NULL,
	done         INTEGER NOT NULL,
	body         BLOB NOT NULL,
	PRIMARY KEY (bot, id)
) WITHOUT ROWID;
CREATE INDEX handoff_left_conversation ON handoff_left (bot, conversation);
