-- Cases that were opened before their deadlines had reminders.
INSERT INTO heed.reminder (id, work, tenant, due_at)
SELECT gen_random_uuid(), 'request-deadlines', substr(current_schema(), 3), deadline
  FROM (SELECT acknowledge_by AS deadline FROM request WHERE acknowledged_at IS NULL AND acknowledge_missed IS NULL AND state NOT IN ('closed', 'refused')
        UNION
        SELECT due FROM request WHERE due_missed IS NULL AND state NOT IN ('closed', 'refused')) AS open
 WHERE deadline IS NOT NULL;
