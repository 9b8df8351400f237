-- The newest version of the tenant's data map and the one that every owner holds. Its one row is the lock under which
-- stores are registered and versions are confirmed.
CREATE TABLE map_head (
  one            boolean PRIMARY KEY DEFAULT true CHECK (one),
  map_version    int NOT NULL DEFAULT 0,
  active_version int NOT NULL DEFAULT 0 CHECK (active_version <= map_version)
);
INSERT INTO map_head DEFAULT VALUES;

CREATE TABLE data_store (
  id            text PRIMARY KEY,
  -- The token subject that registered it first; nobody else may change its keys.
  owner         text NOT NULL,
  definition    jsonb NOT NULL,
  -- The map version that this definition came with.
  map_version   int NOT NULL,
  registered_at timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL
);

CREATE TABLE map_version (
  version      int PRIMARY KEY,
  store_ids    text[] NOT NULL,
  proposed_by  text NOT NULL,
  proposed_at  timestamptz NOT NULL,
  activated_at timestamptz
);

-- The latest version that each owner of dispatches holds; it holds all earlier ones too.
CREATE TABLE map_confirmation (
  owner        text PRIMARY KEY,
  map_version  int NOT NULL,
  confirmed_at timestamptz NOT NULL
);
