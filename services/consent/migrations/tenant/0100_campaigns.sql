-- Asking again those whose consent rests on an older notice.
CREATE TABLE campaign (
  id             uuid PRIMARY KEY,
  notice_id      text NOT NULL,
  notice_version text NOT NULL,
  -- Versions of the notice from which this one differs in what people agree to.
  older          text[] NOT NULL,
  purposes       text[] NOT NULL,
  deadline       timestamptz,
  on_no_answer   text NOT NULL CHECK (on_no_answer IN ('keep', 'expire')),
  -- gathering: the people are being found; asking: until the deadline; expiring: those who did not answer; closed.
  state          text NOT NULL CHECK (state IN ('gathering', 'asking', 'expiring', 'closed')),
  -- How far the gathering is.
  after_ref      text NOT NULL DEFAULT '',
  created_at     timestamptz NOT NULL,
  created_by     text NOT NULL,
  closed_at      timestamptz,
  CHECK (on_no_answer = 'keep' OR deadline IS NOT NULL)
);
CREATE UNIQUE INDEX campaign_open ON campaign (notice_id, notice_version) WHERE state <> 'closed';

-- One question of a campaign to one person. What was answered stands in the register.
CREATE TABLE campaign_question (
  campaign_id uuid NOT NULL REFERENCES campaign (id),
  ref         text NOT NULL REFERENCES subject (ref),
  purpose     text NOT NULL,
  domain      text NOT NULL DEFAULT '',
  standing    text NOT NULL CHECK (standing IN ('to_ask', 'asked', 'expired', 'skipped')),
  reason      text,
  -- The decision that stood when the question was put on the list.
  record_id   uuid NOT NULL,
  asked_at    timestamptz,
  PRIMARY KEY (campaign_id, ref, purpose, domain)
);
CREATE INDEX campaign_question_open ON campaign_question (campaign_id, standing, ref) WHERE standing IN ('to_ask', 'asked');
