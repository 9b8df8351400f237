-- Which files a tenant's schema has (`set/file`), so that a service can tell with one statement whether one is behind; the
-- row per file in the schema itself stays the truth.
ALTER TABLE tenant ADD COLUMN applied text[] NOT NULL DEFAULT '{}';

-- active → closing (served as before, until drop_after) → closed (served no more, being dropped) → dropped. The row of a
-- dropped tenant stays as a tombstone: its id is not given to somebody else.
ALTER TABLE tenant ADD COLUMN drop_after timestamptz;
ALTER TABLE tenant DROP CONSTRAINT tenant_state_check;
ALTER TABLE tenant ADD CONSTRAINT tenant_state_check CHECK (state IN ('active', 'closing', 'closed', 'dropped'));
