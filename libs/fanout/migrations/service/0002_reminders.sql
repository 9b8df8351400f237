-- Due work is kept with the reminders of all jobs.
INSERT INTO reminder (id, work, tenant, due_at) SELECT id, 'dispatches', tenant, due_at FROM due_work;
DROP TABLE due_work;
