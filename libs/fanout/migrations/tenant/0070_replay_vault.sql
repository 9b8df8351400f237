-- What a store would need to erase somebody once more, were it restored from a backup of before: an envelope that only its
-- own agent can open. Nothing else is known of the person by then.
CREATE TABLE replay_vault (
  dispatch_id text NOT NULL REFERENCES dispatch (id),
  data_store  text NOT NULL,
  -- The agent's key it is sealed to.
  kid         text NOT NULL,
  envelope    jsonb NOT NULL,
  kept_at     timestamptz NOT NULL,
  -- When the store answered; until then it is kept in any case.
  erased_at   timestamptz,
  keep_until  timestamptz,
  PRIMARY KEY (dispatch_id, data_store)
);
CREATE INDEX replay_vault_keep_until ON replay_vault (keep_until) WHERE keep_until IS NOT NULL;
