DROP INDEX idempotency_keys_ends;

--bun:split

ALTER TABLE idempotency_keys DROP COLUMN ends_at;

--bun:split

DELETE FROM secrets WHERE hook_id IS NOT NULL;

--bun:split

DROP INDEX secrets_hook;

--bun:split

ALTER TABLE secrets DROP COLUMN hook_id;

--bun:split

DROP TABLE hooks;
