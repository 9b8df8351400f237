-- Which tenants have a policy version whose date comes, and when: a thousand idle tenants cost nothing to look after.
CREATE TABLE due_policy (
  id     uuid PRIMARY KEY,
  tenant text NOT NULL,
  due_at timestamptz NOT NULL
);
CREATE INDEX due_policy_due_at ON due_policy (due_at);
GRANT INSERT ON due_policy TO {{tenants}};
GRANT INSERT, SELECT, DELETE ON due_policy TO {{login}};
