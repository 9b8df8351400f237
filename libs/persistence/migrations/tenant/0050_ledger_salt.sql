-- What hides a record behind its leaf: without its salt nobody can tell by trying what a leaf commits to. The default is
-- for rows that are inserted without one (a version before this one, during its roll-out): 122 random bits.
-- And under which transaction a row was written, so that the sequencer finds what is new without touching the row: every
-- transaction below the oldest that still runs has ended, and adds no row any more.
ALTER TABLE ledger_entry
  ADD COLUMN salt bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) CHECK (length(salt) = 16),
  ADD COLUMN written_by xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX ledger_entry_written ON ledger_entry (written_by, id);
