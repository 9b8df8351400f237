-- What each tenant's active policy asks of its keys, newest row last: which kind of module holds the key-encryption key, and
-- how often keys are changed. The service's login may read no tenant's tables, and whoever opens a tenant's keys needs it.
CREATE TABLE promised_keys (
  id       uuid PRIMARY KEY,
  seq      bigint GENERATED ALWAYS AS IDENTITY,
  tenant   text NOT NULL,
  kek      text NOT NULL,
  rotation text NOT NULL,
  promise  text
);
CREATE INDEX promised_keys_newest ON promised_keys (tenant, seq DESC);
GRANT INSERT ON promised_keys TO {{tenants}};
GRANT SELECT ON promised_keys TO {{login}};

ALTER TABLE promised_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_promise ON promised_keys FOR INSERT TO {{tenants}} WITH CHECK (current_user = current_database() || '_t_' || tenant);
CREATE POLICY read_all ON promised_keys FOR SELECT TO {{login}} USING (true);
