-- Dispatches that were opened before their deadlines had reminders.
INSERT INTO heed.reminder (id, work, tenant, due_at)
SELECT gen_random_uuid(), 'dispatch-deadlines', substr(current_schema(), 3), due_at
  FROM (SELECT DISTINCT due_at FROM dispatch WHERE state NOT IN ('done', 'cancelled')) AS open;
