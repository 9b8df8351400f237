-- Authenticators of people who do privileged acts. `subject` is the access token's. The public key and the credential's
-- id are no secrets; the counter shows a copied authenticator.
CREATE TABLE authenticator (
  id            uuid PRIMARY KEY,
  subject       text NOT NULL,
  credential_id text NOT NULL UNIQUE,
  public_key    bytea NOT NULL,
  counter       bigint NOT NULL,
  aaguid        uuid NOT NULL,
  method        text NOT NULL CHECK (method IN ('fido2_hardware', 'webauthn', 'software_local')),
  transports    text[] NOT NULL,
  registered_at timestamptz NOT NULL,
  last_used_at  timestamptz,
  revoked_at    timestamptz,
  revoked_by    text,
  -- Its counter went back: there may be a copy of it. It is not taken any more.
  suspect_at    timestamptz
);
CREATE INDEX authenticator_subject ON authenticator (subject);

-- One-time codes that let a person enrol an authenticator. Only the hash is kept.
CREATE TABLE enrolment_code (
  id         uuid PRIMARY KEY,
  code_hash  bytea NOT NULL UNIQUE,
  subject    text NOT NULL,
  -- The token's subject of who issued it, or `operator`.
  issued_by  text NOT NULL,
  issued_at  timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at    timestamptz
);

-- What an authenticator is asked to sign: once, by one person, for one act on one thing.
CREATE TABLE webauthn_challenge (
  id           uuid PRIMARY KEY,
  subject      text NOT NULL,
  challenge    text NOT NULL,
  enrolment_id uuid REFERENCES enrolment_code (id),
  act          text,
  resource     text,
  expires_at   timestamptz NOT NULL,
  used_at      timestamptz,
  CHECK ((enrolment_id IS NULL) = (act IS NOT NULL AND resource IS NOT NULL))
);
CREATE INDEX webauthn_challenge_expires_at ON webauthn_challenge (expires_at);
