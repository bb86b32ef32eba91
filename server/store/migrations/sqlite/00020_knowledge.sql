-- +goose Up
-- Bots as they are stored; those of the config file are not here. settings is JSON; the
-- secrets are sealed.
CREATE TABLE bots (
	bot             TEXT PRIMARY KEY,
	settings        TEXT NOT NULL,
	data_token      BLOB,
	identity_secret BLOB,
	webhook_secret  BLOB,
	brain_secret    BLOB,
	version         INTEGER NOT NULL,
	created_at      INTEGER NOT NULL,
	updated_at      INTEGER NOT NULL
);

-- A row for each bot that has or had answers, also of the config file. Its lock lets the
-- writes of a bot go one after the other.
CREATE TABLE knowledge_state (
	bot       TEXT PRIMARY KEY,
	publishes INTEGER NOT NULL
);

-- draft and published are numbers of revisions; published 0 is not published.
CREATE TABLE answers (
	bot          TEXT NOT NULL,
	id           TEXT NOT NULL,
	draft        INTEGER NOT NULL,
	published    INTEGER NOT NULL,
	published_at INTEGER NOT NULL,
	published_by TEXT NOT NULL,
	forced       BOOLEAN NOT NULL,
	archived_at  INTEGER NOT NULL,
	created_at   INTEGER NOT NULL,
	updated_at   INTEGER NOT NULL,
	version      INTEGER NOT NULL,
	PRIMARY KEY (bot, id)
);

-- What answers are found by: title, questions, keywords and text of the draft, folded.
-- answer_grams finds candidates by hashes of its characters and pairs of characters.
CREATE TABLE answer_search (
	n        INTEGER PRIMARY KEY,
	bot      TEXT NOT NULL,
	id       TEXT NOT NULL,
	doc      TEXT NOT NULL,
	archived BOOLEAN NOT NULL,
	UNIQUE (bot, id)
);
CREATE VIRTUAL TABLE answer_grams USING fts5(grams, content='', contentless_delete=1, detail=none);

-- Revisions never change. questions and keywords are JSON; origin is the number of the
-- revision that a rollback took the content from.
CREATE TABLE revisions (
	bot       TEXT NOT NULL,
	answer    TEXT NOT NULL,
	number    INTEGER NOT NULL,
	title     TEXT NOT NULL,
	questions TEXT NOT NULL,
	keywords  TEXT NOT NULL,
	format    TEXT NOT NULL,
	body      TEXT NOT NULL,
	origin    INTEGER NOT NULL,
	made_by   TEXT NOT NULL,
	made_at   INTEGER NOT NULL,
	PRIMARY KEY (bot, answer, number)
);
