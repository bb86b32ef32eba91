-- +goose Up
-- Keys of the API; sum is the SHA-256 of the key, which itself is nowhere.
CREATE TABLE keys (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	scope      TEXT NOT NULL,
	bot        TEXT NOT NULL,
	rate       INTEGER NOT NULL,
	sum        BLOB NOT NULL UNIQUE,
	created_at INTEGER NOT NULL,
	revoked_at INTEGER
);
CREATE INDEX keys_bot ON keys (bot, id);

-- version rises with every change of the keys.
CREATE TABLE key_state (
	id      INTEGER PRIMARY KEY CHECK (id = 1),
	version INTEGER NOT NULL
);
INSERT INTO key_state (id, version) VALUES (1, 1);

-- Who changed what; each entry holds the hash of the one before.
CREATE TABLE audit (
	seq      INTEGER PRIMARY KEY,
	at       INTEGER NOT NULL,
	key_id   TEXT NOT NULL,
	key_name TEXT NOT NULL,
	action   TEXT NOT NULL,
	bot      TEXT NOT NULL,
	object   TEXT NOT NULL,
	previous BLOB NOT NULL,
	hash     BLOB NOT NULL
);
CREATE INDEX audit_bot ON audit (bot, seq);

-- The end of the chain.
CREATE TABLE audit_state (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	seq  INTEGER NOT NULL,
	hash BLOB NOT NULL
);
INSERT INTO audit_state (id, seq, hash) VALUES (1, 0, zeroblob(32));

-- Requests under an Idempotency-Key. done: their writes are committed; reply is sealed.
CREATE TABLE idempotency (
	key_id      TEXT NOT NULL,
	key         TEXT NOT NULL,
	fingerprint BLOB NOT NULL,
	serial      TEXT NOT NULL,
	done        INTEGER NOT NULL,
	reply       BLOB,
	at          INTEGER NOT NULL,
	PRIMARY KEY (key_id, key)
);
CREATE INDEX idempotency_at ON idempotency (at);

-- Secrets that all nodes share, by name, sealed.
CREATE TABLE secrets (
	name   TEXT PRIMARY KEY,
	sealed BLOB NOT NULL
);
