-- Which tenants have dispatches to send, and when: so that a thousand idle tenants cost nothing to look after.
CREATE TABLE due_work (
  id     uuid PRIMARY KEY,
  tenant text NOT NULL,
  due_at timestamptz NOT NULL
);
CREATE INDEX due_work_due_at ON due_work (due_at);
GRANT INSERT ON due_work TO {{tenants}};
GRANT INSERT, SELECT, DELETE ON due_work TO {{login}};
