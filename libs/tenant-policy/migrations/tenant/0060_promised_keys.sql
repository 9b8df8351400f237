-- Versions that became active before the service kept what they ask of its keys.
INSERT INTO heed.promised_keys (id, tenant, kek, rotation)
SELECT gen_random_uuid(), substr(current_schema(), 3), pack #>> '{security,keyEncryptionKey,value}', pack #>> '{security,keyRotation,value}'
FROM policy_version
WHERE pack #>> '{security,keyEncryptionKey,value}' IS NOT NULL AND pack #>> '{security,keyRotation,value}' IS NOT NULL
ORDER BY version DESC LIMIT 1;
