-- People who are told of a change of the policy. Address and name are encrypted; the index finds a repeated address.
CREATE TABLE recipient (
  id          uuid PRIMARY KEY,
  audience    text NOT NULL,
  email_index bytea NOT NULL,
  email       bytea NOT NULL,
  name        bytea,
  added_at    timestamptz NOT NULL,
  changed_at  timestamptz NOT NULL,
  UNIQUE (audience, email_index)
);

-- The lock under which recipients and notices come, so that neither misses the other.
CREATE TABLE audience_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
INSERT INTO audience_head DEFAULT VALUES;

CREATE TABLE notice (
  id             uuid PRIMARY KEY,
  policy_version int NOT NULL UNIQUE,
  effective_from timestamptz NOT NULL,
  changes        jsonb NOT NULL,
  -- What the policy in force promised when the change was announced.
  channels       text[] NOT NULL,
  channels_needed text NOT NULL CHECK (channels_needed IN ('all', 'any')),
  audience       text[] NOT NULL,
  promise        text NOT NULL,
  announced_at   timestamptz NOT NULL,
  published_at   timestamptz,
  -- The version is in effect: nobody new needs to be told.
  ended_at       timestamptz
);

-- What is written to people. No address: it is looked up when the mail is sent.
CREATE TABLE message (
  id           uuid PRIMARY KEY,
  kind         text NOT NULL CHECK (kind IN ('request', 'notice')),
  template     text NOT NULL,
  request_id   uuid,
  ref          text,
  notice_id    uuid REFERENCES notice (id),
  recipient_id uuid REFERENCES recipient (id),
  params       jsonb NOT NULL DEFAULT '{}',
  correlation_id text NOT NULL,
  traceparent  text,
  state        text NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed')),
  attempts     int NOT NULL DEFAULT 0,
  -- Queued: when to send. Sending: when another instance may take it over.
  next_at      timestamptz NOT NULL,
  -- A process died while it was sending this: the person may have it twice.
  doubtful     boolean NOT NULL DEFAULT false,
  reason       text,
  created_at   timestamptz NOT NULL,
  -- Since when it is being tried; again from now when the address was corrected.
  queued_at    timestamptz NOT NULL,
  sent_at      timestamptz,
  UNIQUE (notice_id, recipient_id),
  CHECK ((kind = 'request' AND ref IS NOT NULL) OR (kind = 'notice' AND notice_id IS NOT NULL AND recipient_id IS NOT NULL))
);
CREATE INDEX message_next ON message (next_at) WHERE state IN ('queued', 'sending');
CREATE INDEX message_created ON message (created_at, id);
CREATE INDEX message_request ON message (request_id) WHERE request_id IS NOT NULL;
