-- The keys that were destroyed, where the service can read them for all tenants at once: before it serves, it looks whether
-- the keys database still knows the latest of them.
CREATE TABLE key_shred_done (
  tenant  text NOT NULL,
  done_at timestamptz NOT NULL,
  key_id  uuid NOT NULL,
  PRIMARY KEY (tenant, done_at, key_id)
);
GRANT INSERT ON key_shred_done TO {{tenants}};
GRANT SELECT ON key_shred_done TO {{login}};
