-- Every key that an agent of the tenant has signed with: what it answered is checked for years after the key was exchanged.
CREATE TABLE agent_signing_key (
  data_store text NOT NULL,
  kid        text NOT NULL,
  key        jsonb NOT NULL,
  PRIMARY KEY (data_store, kid)
);
REVOKE UPDATE, DELETE, TRUNCATE ON agent_signing_key FROM {{role}};
INSERT INTO agent_signing_key (data_store, kid, key)
SELECT s->>'id', s#>>'{agent,signingKey,kid}', s#>'{agent,signingKey}' FROM data_map, jsonb_array_elements(stores) AS s ON CONFLICT DO NOTHING;
