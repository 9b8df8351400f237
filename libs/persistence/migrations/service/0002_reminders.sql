-- Which tenants have work that comes due, and when: so that a thousand idle tenants cost nothing to look after.
CREATE TABLE reminder (
  id     uuid PRIMARY KEY,
  -- Whose work it is: the name of a job of this service.
  work   text NOT NULL,
  tenant text NOT NULL,
  due_at timestamptz NOT NULL
);
CREATE INDEX reminder_due ON reminder (work, tenant, due_at);
GRANT INSERT ON reminder TO {{tenants}};
GRANT INSERT, SELECT, DELETE ON reminder TO {{login}};
