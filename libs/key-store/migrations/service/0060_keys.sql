-- The keys of one service. Nothing here can be read without the tenant's key-encryption key, which no database holds.

-- Wrapped by the tenant's key-encryption key; the newest epoch wraps what is made from now on.
CREATE TABLE intermediate_key (
  tenant      text NOT NULL,
  epoch       int NOT NULL CHECK (epoch > 0),
  kek_version int NOT NULL,
  wrapped     bytea NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant, epoch)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON intermediate_key TO {{login}};

-- Wrapped by an intermediate key: one per person, per request, per use. Ids are time-ordered, so keys that are made
-- together lie together.
CREATE TABLE data_key (
  tenant  text NOT NULL,
  id      uuid NOT NULL,
  epoch   int NOT NULL,
  wrapped bytea NOT NULL,
  PRIMARY KEY (tenant, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
GRANT SELECT, INSERT, UPDATE, DELETE ON data_key TO {{login}};

-- Keys that belong to a tenant and a use instead of a row.
CREATE TABLE use_key (
  tenant text NOT NULL,
  use    text NOT NULL,
  period text NOT NULL,
  key_id uuid NOT NULL,
  PRIMARY KEY (tenant, use, period)
);
GRANT SELECT, INSERT, DELETE ON use_key TO {{login}};

-- Keys of blind indexes. `joining` is looked up and not written yet, `current` is written, `leaving` is looked up until
-- every row has moved.
CREATE TABLE index_key (
  tenant     text NOT NULL,
  epoch      int NOT NULL CHECK (epoch > 0),
  ik_epoch   int NOT NULL,
  wrapped    bytea NOT NULL,
  state      text NOT NULL CHECK (state IN ('joining', 'current', 'leaving')),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, epoch)
);
CREATE UNIQUE INDEX index_key_current ON index_key (tenant) WHERE state = 'current';
GRANT SELECT, INSERT, UPDATE, DELETE ON index_key TO {{login}};

-- Keys that were destroyed, by id alone. It is never shortened: were an older copy of this database put in its place, the
-- count would tell, and the service's list would be applied again.
CREATE TABLE destroyed_key (
  tenant       text NOT NULL,
  id           uuid NOT NULL,
  destroyed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);
GRANT SELECT, INSERT ON destroyed_key TO {{login}};

-- How many that are, without counting them.
CREATE TABLE destroyed_count (
  tenant text PRIMARY KEY,
  keys   bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON destroyed_count TO {{login}};

-- Tenants that were dropped: no key is made for one again, whatever still runs.
CREATE TABLE dropped_tenant (
  tenant text PRIMARY KEY
);
GRANT SELECT ON dropped_tenant TO {{login}};

-- Work on keys that is under way, or was: one row for each level of each tenant.
CREATE TABLE rotation (
  tenant       text NOT NULL,
  level        text NOT NULL CHECK (level IN ('kek', 'ik', 'data', 'index')),
  requested_at timestamptz NOT NULL,
  reason       text NOT NULL CHECK (reason IN ('asked', 'due')),
  step         text,
  done         bigint NOT NULL DEFAULT 0,
  total        bigint,
  finished_at  timestamptz,
  PRIMARY KEY (tenant, level)
);
GRANT SELECT, INSERT, UPDATE ON rotation TO {{login}};
