import { uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { SplitPerson } from './split-person.use-case.js';

/**
 * An erasure is of whom it was asked for: a ref that was merged with one of them since, and that nobody asked to erase, parts
 * before they are forgotten, and lives on with what came with it.
 */
export class PartErased {
  constructor(private readonly splitting: SplitPerson) {}

  async part(tx: Tx, erased: readonly string[]): Promise<void> {
    if (erased.length === 0) return;
    const rows = await tx.query<{ ref: string; person: string }>(
      `SELECT ref, person FROM subject WHERE (ref = ANY($1) OR person = ANY($1)) AND person IS NOT NULL AND NOT absorbed AND erased_at IS NULL
          AND (ref = ANY($1)) <> (person = ANY($1)) ORDER BY ref`,
      [erased],
    );
    for (const { ref: other, person: ref } of rows) {
      await this.splitting.split(tx, { ref, other, reason: 'erasure_asked_before_merge', actor: 'heed', cause: tx.cause ?? { correlationId: uuidv7() } });
    }
  }
}
