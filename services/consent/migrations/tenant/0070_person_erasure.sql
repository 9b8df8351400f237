-- When consent forgot who this is; the records of what they decided stay under the ref.
ALTER TABLE subject ADD COLUMN erased_at timestamptz;

-- Erasures that every store has answered: consent itself is next, once the person has been told.
CREATE TABLE erasure_task (
  request_id  uuid PRIMARY KEY,
  -- Null while only the mail's outcome has come: the two arrive by different ways.
  ref         text,
  aliases     text[] NOT NULL DEFAULT '{}',
  as_of       timestamptz,
  closed_at   timestamptz,
  -- When the closing mail was taken over, or given up.
  told_at     timestamptz,
  due_at      timestamptz,
  state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'held', 'erased', 'kept')),
  finished_at timestamptz
);
CREATE INDEX erasure_task_due ON erasure_task (due_at) WHERE state = 'waiting' AND ref IS NOT NULL;

-- Legal holds that stand: who they protect is not forgotten either.
CREATE TABLE person_hold (
  hold_id uuid PRIMARY KEY,
  ref     text NOT NULL
);
CREATE INDEX person_hold_ref ON person_hold (ref);
