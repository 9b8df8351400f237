-- Events of one transaction for one topic and lane may share a row: fewer rows to write, read and delete.
ALTER TABLE outbox ADD COLUMN packed boolean NOT NULL DEFAULT false;
