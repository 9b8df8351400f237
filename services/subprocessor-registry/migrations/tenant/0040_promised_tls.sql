-- The policy that became active before the service kept what it asks of its connections.
INSERT INTO heed.promised_tls (id, tenant, tls_min)
SELECT gen_random_uuid(), substr(current_schema(), 3), v.pack #>> '{security,tlsMin,value}'
FROM policy_version v JOIN policy_state s USING (version)
WHERE s.state = 'active' AND v.pack #>> '{security,tlsMin,value}' IS NOT NULL;
