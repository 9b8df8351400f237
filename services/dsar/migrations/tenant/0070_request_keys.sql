-- The data key of a case: what the person wrote, what was noted, and who they are until consent has said it. It goes when the
-- person was erased and told; the case stays.
ALTER TABLE request ADD COLUMN key_id uuid;
