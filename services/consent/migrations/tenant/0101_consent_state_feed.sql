-- What the consent-state topic tells SDKs. Nothing is published of a tenant whose platform team never asked for the key.
CREATE TABLE state_feed (
  one            boolean PRIMARY KEY DEFAULT true CHECK (one),
  active         boolean NOT NULL DEFAULT false,
  -- Which state key people are found by on the topic.
  epoch          int NOT NULL DEFAULT 0,
  -- The newest publication of everybody that was begun, by the milliseconds of its beginning, and the newest that was finished.
  build          bigint NOT NULL DEFAULT 0,
  complete       bigint NOT NULL DEFAULT 0,
  -- How far the one under way has come.
  after_ref      text NOT NULL DEFAULT '',
  people         bigint NOT NULL DEFAULT 0,
  requested      text CHECK (requested IN ('same_key', 'new_key')),
  -- The policy as the topic has it, and the newest that was heard of.
  policy_version int NOT NULL DEFAULT 0,
  policy_heard   int NOT NULL DEFAULT 0,
  begun_at       timestamptz,
  completed_at   timestamptz
);
INSERT INTO state_feed DEFAULT VALUES;

-- By what an identifier is found on the topic, so that publishing opens nothing that is sealed.
ALTER TABLE identifier ADD COLUMN state_key bytea, ADD COLUMN state_epoch int NOT NULL DEFAULT 0;
