DROP TABLE answers;

--bun:split

ALTER TABLE runs DROP COLUMN resumed_at;

--bun:split

ALTER TABLE runs DROP COLUMN answered;

--bun:split

ALTER TABLE runs DROP COLUMN wake_at;
