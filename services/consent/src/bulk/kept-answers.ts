import type { Tx } from '@heed/persistence';
import type { BulkLine } from './bulk-line.js';
import type { KeptAnswer } from './line-result.js';

export interface Earlier {
  readonly fingerprint: string;
  readonly answer: KeptAnswer;
}

/** What was answered to these lines before, by their ids. */
export async function earlierLines(tx: Tx, lines: readonly BulkLine[]): Promise<ReadonlyMap<string, Earlier>> {
  const rows = await tx.query<Earlier & { key: string }>('SELECT key, fingerprint, answer FROM idempotency WHERE key = ANY($1)', [
    lines.map(({ key }) => key),
  ]);
  const kept = new Map(rows.map(({ key, fingerprint, answer }) => [key, { fingerprint, answer }]));
  return new Map(lines.flatMap(({ id, key }) => { const answer = kept.get(key); return answer ? [[id, answer] as const] : []; }));
}

/** Kept in the transaction of what they answer: either both are there or neither. */
export async function keepLines(tx: Tx, answers: readonly (readonly [BulkLine, KeptAnswer])[]): Promise<void> {
  if (answers.length === 0) return;
  await tx.query(
    `INSERT INTO idempotency (key, fingerprint, status, answer) SELECT k, f, 200, a::jsonb FROM unnest($1::text[], $2::text[], $3::text[]) AS i(k, f, a)`,
    [
      answers.map(([{ key }]) => key),
      answers.map(([{ fingerprint }]) => fingerprint),
      answers.map(([, { ref, records, dispatchIds }]) => JSON.stringify({ ref, records, dispatchIds })),
    ],
  );
}
