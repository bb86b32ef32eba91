-- +goose Up
-- What the master key is checked against at start.
CREATE TABLE master_check (
	id     INTEGER PRIMARY KEY CHECK (id = 1),
	sealed BYTEA NOT NULL
);

-- The feed of changes for caches; seq rises in the order of commits.
CREATE TABLE changes (
	seq  BIGINT PRIMARY KEY,
	kind TEXT NOT NULL,
	bot  TEXT NOT NULL,
	id   TEXT NOT NULL,
	at   BIGINT NOT NULL
);

-- last is not used here: the sequence numbers, under an advisory lock held to the commit.
-- pruned is the latest seq that is no longer kept.
CREATE TABLE change_state (
	id     INTEGER PRIMARY KEY CHECK (id = 1),
	last   BIGINT NOT NULL,
	pruned BIGINT NOT NULL
);
INSERT INTO change_state (id, last, pruned) VALUES (1, 0, 0);
CREATE SEQUENCE change_seq;
