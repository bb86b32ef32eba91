-- +goose Up
-- Keys of the API; sum is the SHA-256 of the key, which itself is nowhere.
CREATE TABLE keys (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	scope      TEXT NOT NULL,
	bot        TEXT NOT NULL,
	rate       BIGINT NOT NULL,
	sum        BYTEA NOT NULL UNIQUE,
	created_at BIGINT NOT NULL,
	revoked_at BIGINT
);
CREATE INDEX keys_bot ON keys (bot, id);

-- version rises with every change of the keys.
CREATE TABLE key_state (
	id      INTEGER PRIMARY KEY CHECK (id = 1),
	version BIGINT NOT NULL
);
INSERT INTO key_state (id, version) VALUES (1, 1);

-- Who changed what; each entry holds the hash of the one before.
CREATE TABLE audit (
	seq      BIGINT PRIMARY KEY,
	at       BIGINT NOT NULL,
	key_id   TEXT NOT NULL,
	key_name TEXT NOT NULL,
	action   TEXT NOT NULL,
	bot      TEXT NOT NULL,
	object   TEXT NOT NULL,
	previous BYTEA NOT NULL,
	hash     BYTEA NOT NULL
);
CREATE INDEX audit_bot ON audit (bot, seq);

-- The end of the chain.
CREATE TABLE audit_state (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	seq  BIGINT NOT NULL,
	hash BYTEA NOT NULL
);
INSERT INTO audit_state (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

-- Requests under an Idempotency-Key. done: their writes are committed; reply is sealed.
CREATE TABLE idempotency (
	key_id      TEXT NOT NULL,
	key         TEXT NOT NULL,
	fingerprint BYTEA NOT NULL,
	serial      TEXT NOT NULL,
	done        INTEGER NOT NULL,
	reply       BYTEA,
	at          BIGINT NOT NULL,
	PRIMARY KEY (key_id, key)
);
CREATE INDEX idempotency_at ON idempotency (at);

-- Secrets that all nodes share, by name, sealed.
CREATE TABLE secrets (
	name   TEXT PRIMARY KEY,
	sealed BYTEA NOT NULL
);
