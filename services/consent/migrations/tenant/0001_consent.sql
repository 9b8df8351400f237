-- A person: a random ref that is minted once and never recomputed.
CREATE TABLE subject (
  ref        text PRIMARY KEY,
  -- Raised under the row's lock before anything is said about the person.
  version    bigint NOT NULL,
  created_at timestamptz NOT NULL
);

-- How a person is found again: keyed hashes of normalised identifiers; the value itself only sealed.
CREATE TABLE identifier (
  type       text NOT NULL,
  blind      bytea NOT NULL,
  ref        text NOT NULL REFERENCES subject (ref),
  sealed     bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (type, blind)
);
CREATE INDEX identifier_ref ON identifier (ref);

-- Append-only register: what was decided, when, how, by whom, under which notice.
CREATE TABLE consent_record (
  id              uuid PRIMARY KEY,
  ref             text NOT NULL REFERENCES subject (ref),
  version         bigint NOT NULL,
  purpose         text NOT NULL,
  state           text NOT NULL CHECK (state IN ('given', 'refused', 'withdrawn')),
  -- False for a grant that reached us after a later withdrawal.
  took_effect     boolean NOT NULL,
  policy_version  int NOT NULL,
  notice_id       text,
  notice_version  text,
  notice_language text,
  notice_hash     text,
  method          text NOT NULL,
  actor           text NOT NULL,
  occurred_at     timestamptz NOT NULL,
  recorded_at     timestamptz NOT NULL
);
CREATE INDEX consent_record_ref ON consent_record (ref, id);
REVOKE UPDATE, DELETE, TRUNCATE ON consent_record FROM {{role}};

-- The present decision per person and purpose.
CREATE TABLE consent_state (
  ref         text NOT NULL REFERENCES subject (ref),
  purpose     text NOT NULL,
  state       text NOT NULL,
  record_id   uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (ref, purpose)
);
