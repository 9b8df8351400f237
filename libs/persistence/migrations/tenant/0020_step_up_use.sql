-- Which proofs of presence were used, and for what: each counts once. Written in the transaction of the act. A used one
-- cannot be made unused.
CREATE TABLE step_up_use (
  id         uuid PRIMARY KEY,
  act        text NOT NULL,
  resource   text NOT NULL,
  actor      text NOT NULL,
  method     text NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at    timestamptz NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON step_up_use FROM {{role}};
