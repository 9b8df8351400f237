-- Dates of policies are kept with the reminders of all jobs.
INSERT INTO reminder (id, work, tenant, due_at) SELECT id, 'policies', tenant, due_at FROM due_policy;
DROP TABLE due_policy;
