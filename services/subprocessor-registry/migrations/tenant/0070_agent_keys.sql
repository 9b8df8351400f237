-- The keys of stores' agents through time: a pair is registered together, exchanged together and revoked together.
CREATE TABLE agent_key (
  data_store     text NOT NULL REFERENCES data_store (id),
  signing_kid    text NOT NULL,
  encryption_kid text NOT NULL,
  valid_from     timestamptz NOT NULL,
  -- When another pair took its place.
  valid_until    timestamptz,
  revoked_at     timestamptz,
  revoked_by     text,
  PRIMARY KEY (data_store, signing_kid, encryption_kid)
);
INSERT INTO agent_key (data_store, signing_kid, encryption_kid, valid_from)
SELECT id, definition#>>'{agent,signingKey,kid}', definition#>>'{agent,encryptionKey,kid}', changed_at FROM data_store;
