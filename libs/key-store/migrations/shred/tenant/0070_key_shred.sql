-- Data keys whose destruction was ordered, with what they sealed: no row of this list is ever deleted, for it is applied
-- again where an older copy of the keys database is put in its place.
CREATE TABLE key_shred (
  key_id     uuid PRIMARY KEY,
  -- The person, where one is meant.
  ref        text,
  reason     text NOT NULL,
  ordered_at timestamptz NOT NULL,
  done_at    timestamptz
);
CREATE INDEX key_shred_open ON key_shred (ordered_at) WHERE done_at IS NULL;
REVOKE DELETE, TRUNCATE ON key_shred FROM {{role}};
