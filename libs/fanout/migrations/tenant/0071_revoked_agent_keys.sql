-- Keys of agents that count no more: nothing is sealed to them, nothing that they signed is believed.
CREATE TABLE revoked_agent_key (
  data_store text NOT NULL,
  kid        text NOT NULL,
  revoked_at timestamptz NOT NULL,
  PRIMARY KEY (data_store, kid)
);
