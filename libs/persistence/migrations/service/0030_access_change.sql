-- Says that what a tenant lets in has changed, so that every instance of the service reads it again. It says not what: a
-- row that wrong code writes for another tenant costs that tenant one read.
CREATE TABLE access_change (
  id     uuid PRIMARY KEY,
  tenant text NOT NULL,
  at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX access_change_at ON access_change (at);
GRANT INSERT ON access_change TO {{tenants}};
GRANT SELECT, DELETE ON access_change TO {{login}};
