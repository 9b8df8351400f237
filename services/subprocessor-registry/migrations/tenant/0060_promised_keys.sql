-- The policy that became active before the service kept what it asks of its keys.
INSERT INTO heed.promised_keys (id, tenant, kek, rotation)
SELECT gen_random_uuid(), substr(current_schema(), 3), v.pack #>> '{security,keyEncryptionKey,value}', v.pack #>> '{security,keyRotation,value}'
FROM policy_version v JOIN policy_state s USING (version)
WHERE s.state = 'active' AND v.pack #>> '{security,keyEncryptionKey,value}' IS NOT NULL AND v.pack #>> '{security,keyRotation,value}' IS NOT NULL;
