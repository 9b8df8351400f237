-- A person as this service counts them. Placing a hold and clearing an erasure lock the same row, so that they cannot
-- pass each other; the version orders what agents are told about the person by retention.
CREATE TABLE person (
  ref     text PRIMARY KEY,
  version bigint NOT NULL
);

-- A legal hold: nothing of this person may be destroyed until it is released.
CREATE TABLE hold (
  id                  uuid PRIMARY KEY,
  ref                 text NOT NULL,
  aliases             text[] NOT NULL DEFAULT '{}',
  -- `"all"` or a list of data categories.
  categories          jsonb NOT NULL,
  -- What the officer wrote, sealed: matters carry people's names.
  matter              bytea NOT NULL,
  reason              bytea NOT NULL,
  dispatch_id         text NOT NULL,
  placed_at           timestamptz NOT NULL,
  placed_by           text NOT NULL,
  released_at         timestamptz,
  released_by         text,
  release_note        bytea,
  release_dispatch_id text
);
CREATE INDEX hold_standing_ref ON hold (ref) WHERE released_at IS NULL;
CREATE INDEX hold_standing_aliases ON hold USING gin (aliases) WHERE released_at IS NULL;

-- Every answer that was given to somebody who wanted to destroy.
CREATE TABLE clearance (
  id          uuid PRIMARY KEY,
  dispatch_id text NOT NULL,
  attempt     int NOT NULL,
  ref         text NOT NULL,
  -- Standing holds that said no; none means yes.
  hold_ids    uuid[] NOT NULL,
  expires_at  timestamptz,
  answered_at timestamptz NOT NULL
);
CREATE INDEX clearance_dispatch ON clearance (dispatch_id);
REVOKE UPDATE, DELETE, TRUNCATE ON clearance FROM {{role}};
