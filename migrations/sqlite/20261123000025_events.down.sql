ALTER TABLE run_events DROP COLUMN packed;
