-- Each decision to close the tenant, or to keep it after all; the newest counts.
CREATE TABLE tenant_closing (
  id         uuid PRIMARY KEY,
  -- From when on everything of the tenant is dropped; null where it is kept.
  drop_after timestamptz,
  decided_by text NOT NULL,
  decided_at timestamptz NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON tenant_closing FROM {{role}};
CREATE TRIGGER note_closing AFTER INSERT ON tenant_closing FOR EACH ROW EXECUTE FUNCTION heed.note_closing();
