-- A recipient can be erased; what was sent to them stays under their id alone.
ALTER TABLE message DROP CONSTRAINT message_recipient_id_fkey;
-- What was written into a mail to a person (the way to their status page, a refusal's reason) is of no use once the mail has gone or has failed.
UPDATE message SET params = '{}' WHERE kind = 'request' AND state IN ('sent', 'failed');
