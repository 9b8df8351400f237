-- What is known of a person's age, and only of those who may be children: the highest of the ages that the laws and the
-- policy name which they have reached. No birthday, no number of years; who is grown up has no row.
CREATE TABLE person_age (
  ref           text PRIMARY KEY REFERENCES subject (ref),
  -- stated: by the person or the caller; suspected: something says child, nothing says how old; verified: somebody looked.
  standing      text NOT NULL CHECK (standing IN ('stated', 'suspected', 'verified')),
  at_least      smallint CHECK (at_least BETWEEN 0 AND 130),
  -- A higher age that is stated before this moment is not believed: nobody grows up within a minute.
  believed_from timestamptz,
  -- How a parent's consent was verified; names nobody.
  parental      jsonb,
  -- The case that a person looks at.
  opened_at     timestamptz,
  reason        text CHECK (reason IN ('age_stated', 'child_signal')),
  channel       text,
  resolved_at   timestamptz,
  resolved_by   text,
  outcome       text CHECK (outcome IN ('adult', 'child', 'parental_consent')),
  CHECK ((standing = 'suspected') = (at_least IS NULL))
);
CREATE INDEX person_age_case ON person_age (opened_at, ref) WHERE opened_at IS NOT NULL;
