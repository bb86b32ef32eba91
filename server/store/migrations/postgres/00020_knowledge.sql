-- +goose Up
-- Bots as they are stored; those of the config file are not here. settings is JSON; the
-- secrets are sealed. Ids compare by bytes, as in SQLite.
CREATE TABLE bots (
	bot             TEXT COLLATE "C" PRIMARY KEY,
	settings        TEXT NOT NULL,
	data_token      BYTEA,
	identity_secret BYTEA,
	webhook_secret  BYTEA,
	brain_secret    BYTEA,
	version         BIGINT NOT NULL,
	created_at      BIGINT NOT NULL,
	updated_at      BIGINT NOT NULL
);

-- A row for each bot that has or had answers, also of the config file. Its lock lets the
-- writes of a bot go one after the other.
CREATE TABLE knowledge_state (
	bot       TEXT COLLATE "C" PRIMARY KEY,
	publishes BIGINT NOT NULL
);

-- draft and published are numbers of revisions; published 0 is not published.
CREATE TABLE answers (
	bot          TEXT COLLATE "C" NOT NULL,
	id           TEXT COLLATE "C" NOT NULL,
	draft        INTEGER NOT NULL,
	published    INTEGER NOT NULL,
	published_at BIGINT NOT NULL,
	published_by TEXT NOT NULL,
	forced       BOOLEAN NOT NULL,
	archived_at  BIGINT NOT NULL,
	created_at   BIGINT NOT NULL,
	updated_at   BIGINT NOT NULL,
	version      BIGINT NOT NULL,
	PRIMARY KEY (bot, id)
);

-- What answers are found by: title, questions, keywords and text of the draft, folded.
-- grams finds candidates by hashes of its characters and pairs of characters.
CREATE TABLE answer_search (
	bot      TEXT COLLATE "C" NOT NULL,
	id       TEXT COLLATE "C" NOT NULL,
	doc      TEXT NOT NULL,
	grams    INTEGER[] NOT NULL,
	archived BOOLEAN NOT NULL,
	PRIMARY KEY (bot, id)
);
-- What is written waits in a list, which is merged when it has grown to 16 MiB, by autovacuum,
-- or at the end of an import: merged in larger pieces it is done sooner.
CREATE INDEX answer_grams ON answer_search USING gin (grams) WITH (gin_pending_list_limit = 16384);

-- Revisions never change. questions and keywords are JSON; origin is the number of the
-- revision that a rollback took the content from.
CREATE TABLE revisions (
	bot       TEXT COLLATE "C" NOT NULL,
	answer    TEXT COLLATE "C" NOT NULL,
	number    INTEGER NOT NULL,
	title     TEXT NOT NULL,
	questions TEXT NOT NULL,
	keywords  TEXT NOT NULL,
	format    TEXT NOT NULL,
	body      TEXT NOT NULL,
	origin    INTEGER NOT NULL,
	made_by   TEXT NOT NULL,
	made_at   BIGINT NOT NULL,
	PRIMARY KEY (bot, answer, number)
);
