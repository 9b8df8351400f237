-- Due mail is kept with the reminders of all jobs.
INSERT INTO reminder (id, work, tenant, due_at) SELECT id, 'mail', tenant, due_at FROM due_message;
DROP TABLE due_message;
