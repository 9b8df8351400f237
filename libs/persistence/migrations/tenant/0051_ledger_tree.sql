-- The tenant's tree (RFC 6962) over its ledger's records. The sequencer alone adds to it, holding the row of ledger_head.

-- Which record has which place. Stays when the record itself is pruned: older proofs name it.
CREATE TABLE ledger_leaf (
  index    bigint PRIMARY KEY CHECK (index >= 0),
  entry_id uuid NOT NULL UNIQUE
);
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_leaf FROM {{role}};

-- Up to 256 hashes of 32 bytes each (C2SP tlog-tiles). They look random, so nothing is tried to compress them.
CREATE TABLE ledger_tile (
  level  smallint NOT NULL,
  index  bigint NOT NULL,
  hashes bytea STORAGE EXTERNAL NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192),
  PRIMARY KEY (level, index)
);
REVOKE DELETE, TRUNCATE ON ledger_tile FROM {{role}};

-- What was signed, and told.
CREATE TABLE ledger_checkpoint (
  size    bigint PRIMARY KEY,
  root    bytea NOT NULL,
  note    text NOT NULL,
  made_at timestamptz NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_checkpoint FROM {{role}};

CREATE TABLE ledger_head (
  one           boolean PRIMARY KEY DEFAULT true CHECK (one),
  size          bigint NOT NULL,
  root          bytea NOT NULL,
  -- The record that got its place last: what has one lies before it in the order of (written_by, id).
  last_tx       xid8 NOT NULL,
  last_id       uuid NOT NULL,
  -- Whose transaction numbers those are: a dump that is read into another server meets numbers that begin anew.
  cluster       text NOT NULL,
  -- The newest checkpoint, and when by this server's clock it was signed.
  signed_size   bigint NOT NULL,
  signed_at     timestamptz NOT NULL,
  -- Records before this place were pruned.
  pruned_to     bigint NOT NULL,
  pruned_before timestamptz,
  pruned_by     text
) WITH (fillfactor = 50);
REVOKE DELETE, TRUNCATE ON ledger_head FROM {{role}};
INSERT INTO ledger_head VALUES (true, 0, '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '0', '00000000-0000-0000-0000-000000000000', '', 0, 'epoch', 0);

-- How long records are kept by the policy in force (audit.plans): see docs/ledger-keeping.md.
CREATE TABLE ledger_retention (
  one            boolean PRIMARY KEY DEFAULT true CHECK (one),
  policy_version int NOT NULL,
  audit          jsonb NOT NULL
);

-- The one way to take records away: those before a place that a signed checkpoint covers, from before a time, and never a
-- record of the last seven days by this server's own clock, whatever the caller's says.
CREATE FUNCTION ledger_prune(up_to bigint, before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
BEGIN ATOMIC
  WITH gone AS (
    DELETE FROM ledger_entry e USING ledger_leaf l, ledger_head h
     WHERE l.entry_id = e.id AND l.index >= h.pruned_to AND l.index < least(up_to, h.signed_size)
       AND e.recorded_at < least(before, clock_timestamp() - interval '7 days')
    RETURNING 1)
  SELECT count(*) FROM gone;
END;
REVOKE ALL ON FUNCTION ledger_prune FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_prune TO {{role}};

-- Of old checkpoints the last of each hour stays: any two of them are consistent with each other, and that can be proven.
CREATE FUNCTION ledger_thin(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
BEGIN ATOMIC
  WITH gone AS (
    DELETE FROM ledger_checkpoint c
     WHERE c.made_at < least(before, clock_timestamp() - interval '7 days')
       AND EXISTS (SELECT 1 FROM ledger_checkpoint later WHERE later.size > c.size AND date_trunc('hour', later.made_at) = date_trunc('hour', c.made_at))
    RETURNING 1)
  SELECT count(*) FROM gone;
END;
REVOKE ALL ON FUNCTION ledger_thin FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_thin TO {{role}};
