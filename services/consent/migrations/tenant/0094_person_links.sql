-- Links that open a page without a login. The token itself is nowhere: who reads this table opens nobody's page.
CREATE TABLE person_link (
  hash         bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  kind         text NOT NULL CHECK (kind IN ('unsubscribe', 'preferences')),
  ref          text NOT NULL REFERENCES subject (ref),
  -- What the mail that carries an unsubscribe link was sent for; null: any marketing.
  purpose      text,
  -- Whose law applies to the person, where whoever asked for the link knew it.
  jurisdiction text,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL
);
-- For the person's erasure, and for taking out what has expired.
CREATE INDEX person_link_ref ON person_link (ref);
CREATE INDEX person_link_expiry ON person_link (expires_at);
