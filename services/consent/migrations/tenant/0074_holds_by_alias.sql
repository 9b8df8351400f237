-- A hold protects a person under every ref of theirs.
ALTER TABLE person_hold DROP CONSTRAINT person_hold_pkey, ADD PRIMARY KEY (hold_id, ref);
