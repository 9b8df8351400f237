-- Mails to administrators about something that waits for them; no person's request and no notice of a policy.
ALTER TABLE message DROP CONSTRAINT message_kind_check;
ALTER TABLE message ADD CONSTRAINT message_kind_check CHECK (kind IN ('request', 'notice', 'reminder'));
ALTER TABLE message DROP CONSTRAINT message_check;
ALTER TABLE message ADD CONSTRAINT message_check CHECK (
  (kind = 'request' AND ref IS NOT NULL) OR (kind = 'notice' AND notice_id IS NOT NULL AND recipient_id IS NOT NULL)
  OR (kind = 'reminder' AND recipient_id IS NOT NULL));
