-- A person as this service counts them: the version orders what agents are told about them by dsar.
CREATE TABLE person (
  ref     text PRIMARY KEY,
  version bigint NOT NULL
);

-- A case: what a person asked for, by when it is due, and where it stands.
CREATE TABLE request (
  id                  uuid PRIMARY KEY,
  type                text NOT NULL,
  state               text NOT NULL CHECK (state IN ('awaiting_verification', 'verified', 'in_progress', 'held', 'closed', 'refused')),
  -- The ingress event it came with: the same event opens one case, also after the inbox has forgotten it.
  origin              text UNIQUE,
  -- Null until consent has said who it is.
  ref                 text,
  aliases             text[] NOT NULL DEFAULT '{}',
  jurisdiction        text,
  channel             text NOT NULL,
  opened_by           text NOT NULL,
  policy_version      int NOT NULL,
  -- The person's own words, sealed; gone when the case is closed.
  message             bytea,
  received_at         timestamptz NOT NULL,
  acknowledge_by      timestamptz,
  acknowledge_source  text,
  due                 timestamptz NOT NULL,
  due_source          text NOT NULL,
  acknowledged_at     timestamptz,
  extensions          int NOT NULL DEFAULT 0,
  verified_at         timestamptz,
  verified_by         text,
  verification_method text,
  approved_at         timestamptz,
  approved_by         text,
  closed_at           timestamptz,
  dispatch_ids        text[] NOT NULL DEFAULT '{}',
  certificate_id      uuid,
  -- The status page's token: found by its hash, told again from its sealed form.
  status_hash         bytea NOT NULL UNIQUE,
  status_token        bytea NOT NULL,
  -- Set once, when a deadline has passed unkept.
  acknowledge_missed  timestamptz,
  due_missed          timestamptz
);
CREATE INDEX request_ref ON request (ref);
CREATE INDEX request_open_due ON request (due) WHERE state NOT IN ('closed', 'refused') AND due_missed IS NULL;
CREATE INDEX request_open_acknowledge ON request (acknowledge_by)
  WHERE acknowledged_at IS NULL AND acknowledge_missed IS NULL AND state NOT IN ('closed', 'refused');

-- Who it is, sealed, while consent could not be asked; deleted once it could.
CREATE TABLE unresolved_person (
  request_id uuid PRIMARY KEY REFERENCES request (id),
  sealed     bytea NOT NULL,
  -- Consent cannot make a person of it; somebody has to look.
  unusable   boolean NOT NULL DEFAULT false
);

-- What happened to a case, in order.
CREATE TABLE request_event (
  seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request_id uuid NOT NULL REFERENCES request (id),
  kind       text NOT NULL,
  at         timestamptz NOT NULL,
  actor      text NOT NULL,
  data       jsonb NOT NULL,
  -- What a case worker wrote, sealed.
  note       bytea
);
CREATE INDEX request_event_request ON request_event (request_id, seq);
REVOKE UPDATE, DELETE, TRUNCATE ON request_event FROM {{role}};

-- Signed certificates as they were issued; a later one may take the place of an earlier.
CREATE TABLE certificate (
  id         uuid PRIMARY KEY,
  request_id uuid NOT NULL REFERENCES request (id),
  issued_at  timestamptz NOT NULL,
  document   jsonb NOT NULL
);
CREATE INDEX certificate_request ON certificate (request_id);
REVOKE UPDATE, DELETE, TRUNCATE ON certificate FROM {{role}};

-- Holds that are over: a release may reach us before the answer that it ends.
CREATE TABLE released_hold (
  hold_id     uuid PRIMARY KEY,
  released_at timestamptz NOT NULL
);
CREATE INDEX request_dispatch_ids ON request USING gin (dispatch_ids);
