-- Who was seen with which role, from the tokens that services verified. No names: the identity provider has those.
CREATE TABLE role_holder (
  holder_id uuid NOT NULL,
  subject   text NOT NULL,
  role      text NOT NULL,
  since     timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  PRIMARY KEY (holder_id, role)
);

-- Programs that tokens were given to.
CREATE TABLE application (
  id         uuid PRIMARY KEY,
  client     text NOT NULL,
  roles      text[] NOT NULL,
  first_seen timestamptz NOT NULL,
  last_seen  timestamptz NOT NULL
);

CREATE TABLE session (
  id             uuid PRIMARY KEY,
  holder_id      uuid NOT NULL,
  subject        text NOT NULL,
  application_id uuid NOT NULL,
  client         text NOT NULL,
  -- The identity provider has sessions of its own, and this is one.
  is_own         boolean NOT NULL,
  first_seen     timestamptz NOT NULL,
  last_seen      timestamptz NOT NULL,
  -- When the last token that was seen ends.
  expires_at     timestamptz NOT NULL
);
CREATE INDEX session_holder ON session (holder_id);
CREATE INDEX session_last_seen ON session (last_seen);

-- Calls that were refused, by minute, route, reason and caller.
CREATE TABLE refusal (
  id        uuid PRIMARY KEY,
  minute    timestamptz NOT NULL,
  service   text NOT NULL,
  route     text NOT NULL,
  code      text NOT NULL,
  holder_id uuid,
  count     int NOT NULL CHECK (count > 0)
);
REVOKE UPDATE, DELETE, TRUNCATE ON refusal FROM {{role}};

-- Since when the tenant's access is to be reviewed; its one row is the lock under which reviews are opened and closed.
CREATE TABLE access_review_head (
  one        boolean PRIMARY KEY DEFAULT true CHECK (one),
  started_at timestamptz NOT NULL
);

CREATE TABLE access_review (
  id         uuid PRIMARY KEY,
  opened_at  timestamptz NOT NULL,
  due_at     timestamptz NOT NULL,
  -- What the policy promised when it was opened.
  every      text NOT NULL,
  promise    text NOT NULL,
  overdue_at timestamptz,
  closed_at  timestamptz
);
CREATE UNIQUE INDEX access_review_open ON access_review ((true)) WHERE closed_at IS NULL;

CREATE TABLE access_review_entry (
  id         uuid PRIMARY KEY,
  review_id  uuid NOT NULL REFERENCES access_review (id),
  holder_id  uuid NOT NULL,
  subject    text NOT NULL,
  role       text NOT NULL,
  since      timestamptz NOT NULL,
  last_seen  timestamptz NOT NULL,
  decision   text CHECK (decision IN ('keep', 'revoke')),
  decided_by text,
  decided_at timestamptz,
  note       text,
  CHECK ((decision IS NULL) = (decided_at IS NULL))
);
CREATE INDEX access_review_entry_review ON access_review_entry (review_id, id);
