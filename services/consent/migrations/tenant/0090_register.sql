-- The register in the states of ISO/IEC TS 27560, with objections (GDPR 21), where somebody lives, until when a yes holds,
-- and on which branded domain a cookie choice was made ('' is everywhere).
ALTER TABLE consent_record DROP CONSTRAINT consent_record_state_check, ADD CONSTRAINT consent_record_state_check CHECK (state IN (
  'given', 'renewed_given', 'refused', 'withdrawn', 'objected', 'expired', 'invalidated', 'requested', 'request_deferred', 'terminated'));
ALTER TABLE consent_record
  ADD COLUMN jurisdiction text,
  ADD COLUMN basis        text,
  ADD COLUMN valid_until  timestamptz,
  ADD COLUMN domain       text NOT NULL DEFAULT '',
  -- From which network, never from which address: a whole one is refused (AJU-07, AUR-03).
  ADD COLUMN network      cidr CONSTRAINT network_truncated CHECK (masklen(network) <= CASE family(network) WHEN 4 THEN 24 ELSE 48 END),
  -- What else proves it, e.g. a parent's consent; names nobody.
  ADD COLUMN detail       jsonb;

ALTER TABLE consent_state
  ADD COLUMN domain         text NOT NULL DEFAULT '',
  ADD COLUMN valid_until    timestamptz,
  ADD COLUMN notice_id      text,
  ADD COLUMN notice_version text;
ALTER TABLE consent_state DROP CONSTRAINT consent_state_pkey, ADD PRIMARY KEY (ref, purpose, domain);
-- What runs out next.
CREATE INDEX consent_state_expiry ON consent_state (valid_until) WHERE state = 'given' AND valid_until IS NOT NULL;
