-- Signed certificates as they were issued; a later one may take the place of an earlier about the same thing.
CREATE TABLE issued_certificate (
  id        uuid PRIMARY KEY,
  seq       bigint GENERATED ALWAYS AS IDENTITY,
  kind      text NOT NULL,
  -- The request, withdrawal, consent record or notice that it is about.
  about     uuid NOT NULL,
  -- The ledger entry that holds its fingerprint.
  entry_id  uuid NOT NULL,
  -- The acts that it speaks of: what their ledger entries hold, and when they were recorded.
  acts      jsonb NOT NULL,
  -- As it was written: in the order in which it is read.
  document  json NOT NULL,
  issued_at timestamptz NOT NULL
);
CREATE INDEX issued_certificate_about ON issued_certificate (kind, about, seq DESC);
REVOKE UPDATE, DELETE, TRUNCATE ON issued_certificate FROM {{role}};

-- The proof that the ledger has it, once it has: kept, so that it outlives the pruning of the ledger's records.
CREATE TABLE certificate_evidence (
  certificate_id uuid PRIMARY KEY REFERENCES issued_certificate (id),
  evidence       json NOT NULL,
  attached_at    timestamptz NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON certificate_evidence FROM {{role}};

-- Certificates whose evidence is not kept yet.
CREATE TABLE certificate_awaiting_evidence (
  certificate_id uuid PRIMARY KEY REFERENCES issued_certificate (id)
);
