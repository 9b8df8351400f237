-- When consent forgot the person: what was written in their cases goes, at once where a case is over, else when it closes.
ALTER TABLE person ADD COLUMN forgotten_at timestamptz;
-- A person's cases are found by their other refs too.
CREATE INDEX request_aliases ON request USING gin (aliases);
