-- How far the mailbox of the privacy address was read. What came before Heed first looked is people's.
CREATE TABLE mailbox_position (
  mailbox      text PRIMARY KEY,
  uid_validity bigint NOT NULL,
  last_uid     bigint NOT NULL,
  since        timestamptz NOT NULL
);

-- Mails that were handed over, by a hash of their own id: a mailbox that is numbered anew withdraws nothing twice.
CREATE TABLE handed_mail (
  id        uuid PRIMARY KEY,
  handed_at timestamptz NOT NULL
);
