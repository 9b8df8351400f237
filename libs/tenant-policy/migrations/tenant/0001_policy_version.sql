-- The policy versions that are or were in effect, as this service heard of them.
CREATE TABLE policy_version (
  version        int PRIMARY KEY,
  hash           text NOT NULL,
  effective_from timestamptz NOT NULL,
  pack           jsonb NOT NULL
);
