ALTER TABLE run_events ADD COLUMN packed BLOB;
