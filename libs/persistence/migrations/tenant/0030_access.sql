-- How long access tokens of this tenant may live, by the policy version in force (ASK-18).
CREATE TABLE access_rule (
  one            boolean PRIMARY KEY DEFAULT true CHECK (one),
  policy_version int NOT NULL,
  token_seconds  int NOT NULL CHECK (token_seconds > 0)
);

-- Sessions and applications whose tokens are dead, and roles that a holder has no more (AUR-08).
CREATE TABLE access_revocation (
  kind          text NOT NULL CHECK (kind IN ('session', 'application', 'role')),
  target        uuid NOT NULL,
  -- Empty where no single role is meant.
  role          text NOT NULL DEFAULT '',
  -- Only tokens issued until then are meant. Part of the key: an application may be rotated and revoked.
  is_bounded    boolean NOT NULL,
  issued_before timestamptz,
  in_force      boolean NOT NULL,
  decided_at    timestamptz NOT NULL,
  -- When no token is left that it could meet.
  expires_at    timestamptz,
  PRIMARY KEY (kind, target, role, is_bounded),
  CHECK (is_bounded = (issued_before IS NOT NULL))
);
