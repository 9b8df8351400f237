-- Which key's hashes are written: the truth for all instances, whatever each has in memory. Who writes hashes holds the
-- shared advisory lock (70, schema) from the look-up to the commit; who moves the epoch on holds it alone.
CREATE TABLE blind_index (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch int NOT NULL
);
INSERT INTO blind_index (epoch) VALUES (1);

ALTER TABLE identifier ADD COLUMN epoch int NOT NULL DEFAULT 1;
CREATE INDEX identifier_epoch ON identifier (epoch);
