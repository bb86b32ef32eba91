-- +goose Up
-- The saved examples of an answer, as JSON, all in one row: they are written and run together.
CREATE TABLE answer_cases (
	bot        TEXT COLLATE "C" NOT NULL,
	answer     TEXT COLLATE "C" NOT NULL,
	cases      TEXT NOT NULL,
	version    BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	updated_by TEXT NOT NULL,
	PRIMARY KEY (bot, answer)
);
