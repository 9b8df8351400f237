-- Those that are old enough to be forgotten.
CREATE INDEX handed_mail_time ON handed_mail (handed_at);
