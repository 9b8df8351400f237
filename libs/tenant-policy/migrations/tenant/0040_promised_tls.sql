-- Versions that became active before the service kept what they ask of its connections.
INSERT INTO heed.promised_tls (id, tenant, tls_min)
SELECT gen_random_uuid(), substr(current_schema(), 3), pack #>> '{security,tlsMin,value}'
FROM policy_version
WHERE pack #>> '{security,tlsMin,value}' IS NOT NULL
ORDER BY version DESC LIMIT 1;
