-- Decisions that another system handed over, by its own name for each: a source that sends everything every night is taken at
-- its word once. Kept as long as the register, for a full export may come years later.
CREATE TABLE synced_decision (
  source      text NOT NULL,
  -- SHA-256 of the source's name for it, which is nobody's business here.
  external    bytea NOT NULL CHECK (octet_length(external) = 32),
  -- SHA-256 of what was said: another decision under the same name is a mistake of the source.
  fingerprint bytea NOT NULL,
  ref         text NOT NULL,
  -- Null where it changed nothing.
  record_id   uuid,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (source, external)
);
