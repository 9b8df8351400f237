import { quote } from '../sql.js';
import type { Queryable } from '../sql.js';

const OPEN = `('received','erasing','erased')`;

/** What may be forgotten; the index below answers it. */
export const OVER = `state = 'acknowledged' AND outcome IN ('done','nothing_found','superseded') AND verify_again_at IS NULL
  AND (kind <> 'erasure' OR row_count = 0)`;

/** What the agent keeps inside the store: its inbox and journal, the last version per purpose, holds. Append new versions. */
const VERSIONS: readonly ((schema: string) => string)[] = [
  (s) => `
CREATE SEQUENCE ${s}.topic_order;
CREATE TABLE ${s}.journal (
  dispatch_id text PRIMARY KEY,
  position bigint NOT NULL,            -- order of the topic
  command_id uuid NOT NULL,
  kind text NOT NULL,
  urgent boolean NOT NULL,
  owner text NOT NULL,
  ref text NOT NULL,
  aliases text[] NOT NULL,
  version bigint NOT NULL,
  issued_at timestamptz NOT NULL,
  correlation_id text NOT NULL,
  traceparent text,
  command text,                        -- gone once nothing needs the sealed identifiers any more
  state text NOT NULL DEFAULT 'received'
    CHECK (state IN ('received','erasing','erased','verified','settled','acknowledged')),
  large boolean NOT NULL DEFAULT false,
  tables text NOT NULL DEFAULT '[]',
  trail text,
  row_count bigint NOT NULL DEFAULT 0,
  outcome text,
  assurance text,
  reason text,
  already_erased boolean NOT NULL DEFAULT false,
  journal_position bigint,
  completed_at timestamptz,
  verify_again_at timestamptz,
  acknowledgement text
);
CREATE INDEX journal_todo ON ${s}.journal (urgent, position) WHERE state IN ('received','erasing');
CREATE INDEX journal_open ON ${s}.journal (ref, position) WHERE state IN ${OPEN};
CREATE INDEX journal_open_alias ON ${s}.journal USING gin (aliases) WHERE state IN ${OPEN} AND aliases <> '{}';
CREATE INDEX journal_unverified ON ${s}.journal (position) WHERE state = 'erased';
CREATE INDEX journal_verify_again ON ${s}.journal (verify_again_at) WHERE verify_again_at IS NOT NULL;
CREATE INDEX journal_unsent ON ${s}.journal (journal_position) WHERE state IN ('verified','settled');
CREATE INDEX journal_erased ON ${s}.journal (ref) WHERE kind = 'erasure';
CREATE INDEX journal_erased_alias ON ${s}.journal USING gin (aliases) WHERE kind = 'erasure' AND aliases <> '{}';
CREATE TABLE ${s}.journal_head (one boolean PRIMARY KEY DEFAULT true CHECK (one), position bigint NOT NULL);
INSERT INTO ${s}.journal_head (position) VALUES (0);
CREATE TABLE ${s}.purpose_state (
  ref text, purpose text, version bigint NOT NULL, is_on boolean NOT NULL, dispatch_id text NOT NULL,
  PRIMARY KEY (ref, purpose)
);
CREATE TABLE ${s}.hold (
  hold_id uuid, ref text, released boolean NOT NULL DEFAULT false,
  PRIMARY KEY (hold_id, ref)
);
CREATE INDEX hold_active ON ${s}.hold (ref) WHERE NOT released;`,
  (s) => `CREATE INDEX journal_over ON ${s}.journal (completed_at) WHERE ${OVER};`,
];

/** Makes or upgrades the journal. One process at a time does it; the others wait and find it done. */
export async function migrateJournal(db: Queryable, schema: string): Promise<void> {
  const s = quote(schema);
  await db.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`heed journal ${schema}`]);
  // CREATE SCHEMA IF NOT EXISTS asks for CREATE on the database even where a DBA has made the schema already.
  const [exists] = await db.query<{ found: boolean }>('SELECT to_regnamespace($1) IS NOT NULL AS found', [s]);
  if (exists?.found !== true) await db.query(`CREATE SCHEMA ${s}`);
  const [table] = await db.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [`${s}.migration`]);
  if (table?.found !== true) await db.query(`CREATE TABLE ${s}.migration (version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`);
  const done = await db.query<{ version: number }>(`SELECT version FROM ${s}.migration`);
  for (const [index, statements] of VERSIONS.entries()) {
    const version = index + 1;
    if (done.some((row) => row.version === version)) continue;
    await db.query(statements(s));
    await db.query(`INSERT INTO ${s}.migration (version) VALUES ($1)`, [version]);
  }
}
