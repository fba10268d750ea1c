DROP TABLE cached_results;

--bun:split

ALTER TABLE runs DROP COLUMN reasons;

--bun:split

ALTER TABLE runs DROP COLUMN cache;
