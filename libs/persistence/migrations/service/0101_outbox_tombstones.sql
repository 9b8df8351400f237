-- A row without a value is a tombstone: it takes a key off a compacted topic.
ALTER TABLE outbox ALTER COLUMN value DROP NOT NULL;
