-- Two refs that were found to be one person: the later one leads to the other, under which all is decided from then on.
ALTER TABLE subject
  ADD COLUMN person   text REFERENCES subject (ref),
  -- Nothing but a cookie or a device was known of it: it belongs to the person without being named.
  ADD COLUMN absorbed boolean NOT NULL DEFAULT false;
CREATE INDEX subject_person ON subject (person) WHERE person IS NOT NULL;

-- An identifier that came with another ref stays sealed as that one's, and goes back to it when they part.
ALTER TABLE identifier
  ADD COLUMN origin text REFERENCES subject (ref),
  -- By this the history names it; its value stands nowhere else.
  ADD COLUMN id     uuid;
CREATE INDEX identifier_origin ON identifier (origin) WHERE origin IS NOT NULL;

-- Who was found to be whom, when, by whom and why: refs and types only.
CREATE TABLE identity_change (
  seq             bigint GENERATED ALWAYS AS IDENTITY,
  id              uuid PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('linked', 'moved', 'unlinked', 'merged', 'joined', 'split')),
  ref             text NOT NULL REFERENCES subject (ref),
  -- The other person of it: merged, split off, or whom an identifier was taken from.
  other           text REFERENCES subject (ref),
  -- Refs that had been merged with the other one before.
  members         text[] NOT NULL DEFAULT '{}',
  identifier_id   uuid,
  identifier_type text,
  reason          text NOT NULL,
  actor           text NOT NULL,
  changed_at      timestamptz NOT NULL,
  -- The versions of both just before: what each had decided alone ends there.
  version         bigint,
  other_version   bigint
);
CREATE INDEX identity_change_ref ON identity_change (ref, id);
CREATE INDEX identity_change_other ON identity_change (other, id) WHERE other IS NOT NULL;
REVOKE UPDATE, DELETE, TRUNCATE ON identity_change FROM {{role}};
