-- Which TLS version each tenant's active policy asks for, newest row last. The service's login may read no tenant's
-- tables, and it needs the strictest of all before a caller has said for whom it calls.
CREATE TABLE promised_tls (
  id      uuid PRIMARY KEY,
  seq     bigint GENERATED ALWAYS AS IDENTITY,
  tenant  text NOT NULL,
  tls_min text NOT NULL CHECK (tls_min IN ('1.2', '1.3'))
);
CREATE INDEX promised_tls_newest ON promised_tls (tenant, seq DESC);
GRANT INSERT ON promised_tls TO {{tenants}};
GRANT SELECT ON promised_tls TO {{login}};

-- A tenant may ask for more on its own behalf, and for nobody else for less.
ALTER TABLE promised_tls ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_promise ON promised_tls FOR INSERT TO {{tenants}} WITH CHECK (current_user = current_database() || '_t_' || tenant);
CREATE POLICY read_all ON promised_tls FOR SELECT TO {{login}} USING (true);
