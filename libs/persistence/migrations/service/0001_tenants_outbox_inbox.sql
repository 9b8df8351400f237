-- What all tenants of a service share. Tenant roles may only INSERT here (through {{tenants}}, which they inherit):
-- ids are made by the client, because a role with INSERT alone can use neither RETURNING nor ON CONFLICT.

CREATE TABLE tenant (
  id         text PRIMARY KEY,
  isolation  text NOT NULL CHECK (isolation IN ('role', 'login')),
  state      text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'closed')),
  created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON tenant TO {{login}};

-- Events that wait to be published. The key's lane keeps one person's events in order.
CREATE TABLE outbox (
  seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lane       smallint NOT NULL,
  topic      text NOT NULL,
  key        text NOT NULL,
  headers    jsonb NOT NULL,
  value      text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000);
GRANT INSERT ON outbox TO {{tenants}};
GRANT INSERT, SELECT, DELETE ON outbox TO {{login}};

-- A lane is leased by one relay at a time; its epoch fences off a relay that lost the lease without noticing.
CREATE TABLE outbox_lane (
  lane       smallint PRIMARY KEY,
  owner      uuid,
  epoch      bigint NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO outbox_lane (lane) SELECT generate_series(0, 7);
GRANT SELECT, UPDATE ON outbox_lane TO {{login}};

-- Which events a consumer group has handled; dropped by day after the topics' retention.
CREATE TABLE inbox (
  day        date NOT NULL,
  consumer   text NOT NULL,
  event_key  text NOT NULL,
  PRIMARY KEY (consumer, event_key, day)
) PARTITION BY RANGE (day);
CREATE TABLE inbox_rest PARTITION OF inbox DEFAULT;
GRANT INSERT ON inbox TO {{tenants}};
GRANT INSERT, SELECT, DELETE ON inbox TO {{login}};
