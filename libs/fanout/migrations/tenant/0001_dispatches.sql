-- The tenant's data map as this owner knows it: every version that was proposed, one of them active.
CREATE TABLE data_map (
  map_version int PRIMARY KEY,
  stores      jsonb NOT NULL,
  active      boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX data_map_active ON data_map (active) WHERE active;

CREATE TABLE dispatch (
  id             text PRIMARY KEY,
  kind           text NOT NULL,
  ref            text NOT NULL,
  aliases        text[] NOT NULL DEFAULT '{}',
  -- The person's version at this owner: a lower one than an agent has seen is superseded.
  version        bigint NOT NULL,
  cause          jsonb NOT NULL,
  -- What the command says beyond the common part: purposes, hold, asOf.
  body           jsonb NOT NULL,
  state          text NOT NULL CHECK (state IN ('in_progress', 'held', 'overdue', 'done', 'cancelled')),
  -- False once a later decision or a release took its place: new stores are then no targets of it.
  effective      boolean NOT NULL DEFAULT true,
  map_version    int NOT NULL,
  skipped        jsonb NOT NULL DEFAULT '[]',
  correlation_id text NOT NULL,
  traceparent    text,
  created_at     timestamptz NOT NULL,
  due_at         timestamptz NOT NULL,
  -- When to send (again); null while nothing is to be sent.
  send_at        timestamptz,
  attempt        int NOT NULL DEFAULT 0,
  clearance      text NOT NULL CHECK (clearance IN ('not_needed', 'wanted', 'asked', 'given')),
  clearance_id   uuid,
  clearance_ends timestamptz,
  closed_at      timestamptz
);
CREATE INDEX dispatch_send_at ON dispatch (send_at) WHERE send_at IS NOT NULL;
CREATE INDEX dispatch_ref ON dispatch (ref) WHERE effective;
CREATE INDEX dispatch_due ON dispatch (due_at) WHERE state IN ('in_progress', 'held');

CREATE TABLE dispatch_target (
  dispatch_id     text NOT NULL REFERENCES dispatch (id),
  data_store      text NOT NULL,
  state           text NOT NULL CHECK (state IN ('pending', 'held', 'done', 'nothing_found', 'refused', 'failed', 'overdue',
                                                 'escalated', 'cancelled', 'superseded')),
  attempts        int NOT NULL DEFAULT 0,
  rows            bigint,
  residue         bigint,
  kept            bigint,
  reason          text,
  acknowledged_at timestamptz,
  -- The signed acknowledgement as it came.
  evidence        jsonb,
  PRIMARY KEY (dispatch_id, data_store)
);
CREATE INDEX dispatch_target_open ON dispatch_target (state) WHERE state IN ('pending', 'held', 'refused', 'failed', 'overdue', 'escalated');

-- Acknowledgements that were not believed, and why.
CREATE TABLE refused_acknowledgement (
  id          uuid PRIMARY KEY,
  dispatch_id text NOT NULL,
  data_store  text NOT NULL,
  reason      text NOT NULL,
  kid         text NOT NULL,
  received_at timestamptz NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON refused_acknowledgement FROM {{role}};
