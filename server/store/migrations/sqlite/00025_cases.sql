-- +goose Up
-- The saved examples of an answer, as JSON, all in one row: they are written and run together.
CREATE TABLE answer_cases (
	bot        TEXT NOT NULL,
	answer     TEXT NOT NULL,
	cases      TEXT NOT NULL,
	version    INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	updated_by TEXT NOT NULL,
	PRIMARY KEY (bot, answer)
);
