-- What heartbeats of the consent-state topics say beside the time, the newest of a tenant last. Tenant roles only insert.
CREATE TABLE state_feed_change (
  seq            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant         text NOT NULL,
  epoch          int NOT NULL,
  -- The newest finished publication of everybody; 0: none under this key.
  build          bigint NOT NULL,
  policy_version int NOT NULL,
  at             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX state_feed_change_tenant ON state_feed_change (tenant, seq);
GRANT INSERT ON state_feed_change TO {{tenants}};
GRANT INSERT, SELECT, DELETE ON state_feed_change TO {{login}};

-- The last look for what is not published yet: when, and which transactions were under way, since when.
CREATE TABLE state_beat (
  one        boolean PRIMARY KEY DEFAULT true CHECK (one),
  looked_at  timestamptz NOT NULL DEFAULT '-infinity',
  under_way  jsonb NOT NULL DEFAULT '{}'
);
INSERT INTO state_beat DEFAULT VALUES;
GRANT SELECT, UPDATE ON state_beat TO {{login}};

-- What of these topics waits, found without reading the whole outbox.
CREATE INDEX outbox_consent_state ON outbox (topic, created_at) WHERE topic LIKE '%.consent-state.v1';
