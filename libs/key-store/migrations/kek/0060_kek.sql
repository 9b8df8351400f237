-- One row for each tenant's key-encryption key, which all services share: whoever finds it due makes the new version, and
-- all of them wrap their keys under it. The key itself is with its provider.
CREATE TABLE kek (
  tenant     text PRIMARY KEY,
  version    int NOT NULL,
  rotated_at timestamptz NOT NULL,
  -- Somebody wants a new version now.
  asked_at   timestamptz
);
