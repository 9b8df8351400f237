-- Which tenants have mail to send, and when: a thousand idle tenants cost nothing to look after.
CREATE TABLE due_message (
  id     uuid PRIMARY KEY,
  tenant text NOT NULL,
  due_at timestamptz NOT NULL
);
CREATE INDEX due_message_due_at ON due_message (due_at);
GRANT INSERT ON due_message TO {{tenants}};
GRANT INSERT, SELECT, DELETE ON due_message TO {{login}};
