ALTER TABLE tokens DROP COLUMN sources;

--bun:split

DROP TABLE resets;
