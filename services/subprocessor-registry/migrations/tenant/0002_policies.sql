-- The lock under which versions are published and activated, so that they come and take effect in order.
CREATE TABLE policy_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
INSERT INTO policy_head DEFAULT VALUES;

-- What was published, for ever: nobody edits a version (AJU-57), not even this service.
CREATE TABLE policy_version (
  version      int PRIMARY KEY,
  hash         text NOT NULL,
  pack         jsonb NOT NULL,
  -- Against the version before; null for the first.
  diff         jsonb,
  -- Null where nothing changes that people were promised.
  notice_id    uuid UNIQUE,
  -- The version in force when this one was published: its promises say who is told, and how long before.
  rule_version int,
  -- The date that was asked for.
  announced_for timestamptz NOT NULL,
  published_by text NOT NULL,
  published_at timestamptz NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON policy_version FROM {{role}};

CREATE TABLE policy_state (
  version             int PRIMARY KEY REFERENCES policy_version (version),
  state               text NOT NULL CHECK (state IN ('announced', 'active', 'superseded')),
  effective_from      timestamptz NOT NULL,
  activated_at        timestamptz,
  notice_recipients   int NOT NULL DEFAULT 0,
  notice_delivered    int NOT NULL DEFAULT 0,
  notice_delivered_at timestamptz,
  notice_published_at timestamptz
);
CREATE UNIQUE INDEX policy_state_active ON policy_state (state) WHERE state = 'active';

CREATE TABLE notice_delivery (
  notice_id    uuid NOT NULL,
  recipient_id uuid NOT NULL,
  delivered_at timestamptz NOT NULL,
  PRIMARY KEY (notice_id, recipient_id)
);
REVOKE UPDATE, DELETE, TRUNCATE ON notice_delivery FROM {{role}};
