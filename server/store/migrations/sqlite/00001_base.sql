-- +goose Up
-- What the master key is checked against at start.
CREATE TABLE master_check (
	id     INTEGER PRIMARY KEY CHECK (id = 1),
	sealed BLOB NOT NULL
);

-- The feed of changes for caches; seq rises in the order of commits.
CREATE TABLE changes (
	seq  INTEGER PRIMARY KEY,
	kind TEXT NOT NULL,
	bot  TEXT NOT NULL,
	id   TEXT NOT NULL,
	at   INTEGER NOT NULL
);

-- last is the latest seq, pruned the latest that is no longer kept.
CREATE TABLE change_state (
	id     INTEGER PRIMARY KEY CHECK (id = 1),
	last   INTEGER NOT NULL,
	pruned INTEGER NOT NULL
);
INSERT INTO change_state (id, last, pruned) VALUES (1, 0, 0);
