ALTER TABLE workflows DROP COLUMN published_version;
