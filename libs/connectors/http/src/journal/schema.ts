/** What may be forgotten; the index below answers it. */
export const OVER = `state = 'acknowledged' AND outcome IN ('done','nothing_found','superseded') AND verify_again_at IS NULL
  AND (kind <> 'erasure' OR row_count = 0)`;

/** The journal beside the agent, for stores that cannot hold one. Append new versions; `user_version` counts them. */
export const VERSIONS: readonly string[] = [
  `
CREATE TABLE journal (
  dispatch_id TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  command_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  urgent INTEGER NOT NULL,
  owner TEXT NOT NULL,
  ref TEXT NOT NULL,
  version INTEGER NOT NULL,
  issued_at INTEGER NOT NULL,
  correlation_id TEXT NOT NULL,
  traceparent TEXT,
  command TEXT,
  state TEXT NOT NULL DEFAULT 'received',
  tables TEXT NOT NULL DEFAULT '[]',
  trail TEXT,
  row_count INTEGER NOT NULL DEFAULT 0,
  outcome TEXT, assurance TEXT, reason TEXT,
  already_erased INTEGER NOT NULL DEFAULT 0,
  journal_position INTEGER,
  completed_at INTEGER,
  verify_again_at INTEGER,
  acknowledgement TEXT
) STRICT;
CREATE INDEX journal_state ON journal (state, urgent, position);
CREATE INDEX journal_verify_again ON journal (verify_again_at) WHERE verify_again_at IS NOT NULL;
CREATE TABLE journal_ref (ref TEXT NOT NULL, dispatch_id TEXT NOT NULL, PRIMARY KEY (ref, dispatch_id)) STRICT, WITHOUT ROWID;
CREATE INDEX journal_ref_dispatch ON journal_ref (dispatch_id);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES ('topic_order', 0), ('head', 0);
CREATE TABLE purpose_state (ref TEXT NOT NULL, purpose TEXT NOT NULL, version INTEGER NOT NULL, is_on INTEGER NOT NULL, PRIMARY KEY (ref, purpose)) STRICT;
CREATE TABLE hold (hold_id TEXT NOT NULL, ref TEXT NOT NULL, released INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (hold_id, ref)) STRICT;
CREATE INDEX hold_ref ON hold (ref);`,
  `CREATE INDEX journal_over ON journal (completed_at) WHERE ${OVER};`,
  // In the order in which entries are taken: a backlog of thousands is not sorted for every hundred.
  `
DROP INDEX journal_state;
CREATE INDEX journal_todo ON journal (urgent, position) WHERE state IN ('received','erasing');
CREATE INDEX journal_erased ON journal (position) WHERE state = 'erased';
CREATE INDEX journal_unsent ON journal (journal_position) WHERE state IN ('verified','settled');
DELETE FROM journal_ref WHERE dispatch_id IN (SELECT dispatch_id FROM journal WHERE kind <> 'erasure' AND state IN ('settled','acknowledged'));`,
];
