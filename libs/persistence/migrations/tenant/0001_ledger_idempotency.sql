-- Written in the unit of work, in the same transaction as the effect; a sequencer turns rows into leaves after commit.
CREATE TABLE ledger_entry (
  id          uuid PRIMARY KEY,
  kind        text NOT NULL,
  subject_ref text,
  data        jsonb NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entry FROM {{role}};

-- Answers to POSTs with an Idempotency-Key, kept 7 days.
CREATE TABLE idempotency (
  key         text PRIMARY KEY,
  fingerprint text NOT NULL,
  status      smallint NOT NULL,
  answer      jsonb NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_created_at ON idempotency (created_at);
