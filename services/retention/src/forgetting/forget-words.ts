import { FieldVault, orderShreds } from '@heed/key-store';
import { Database, lookAtDue, remind, UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';

/** What the job is reminded of. */
const WORK = 'hold-words';
/** A year after the release, or after the erasure where that came later: as long as somebody may still ask why a hold stood. */
const KEPT_MS = 365 * 86_400_000;
const BATCH = 100;

/** Asks for a look when words about a hold that ends now may go. */
export async function remindOfWords(tx: Tx): Promise<void> {
  await remind(tx, { work: WORK, at: new Date(tx.clock.now().getTime() + KEPT_MS) });
}

/** Takes the words about released holds of people who were erased, and their keys. A hold that stands is left alone. */
export class ForgetWords {
  constructor(private readonly deps: { readonly database: Database; readonly unitOfWork: UnitOfWork; readonly vault: FieldVault }) {}

  async run(): Promise<void> {
    const { database, unitOfWork } = this.deps;
    while (await lookAtDue(database, WORK, async (tenant) => (await unitOfWork.run(tenant, (tx) => this.forgetDue(tx))) === BATCH));
  }

  private async forgetDue(tx: Tx): Promise<number> {
    const before = new Date(tx.clock.now().getTime() - KEPT_MS);
    const rows = await tx.query<{ id: string; ref: string; words: Buffer[] }>(
      `SELECT id, ref, array_remove(ARRAY[matter, reason, release_note], NULL) AS words FROM hold h
        WHERE released_at <= $1 AND coalesce(matter, reason, release_note) IS NOT NULL
          AND EXISTS (SELECT 1 FROM erased_person e WHERE e.ref = ANY(h.aliases || h.ref) AND e.erased_at <= $1)
        ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
      [before],
    );
    if (rows.length === 0) return 0;
    await tx.query('UPDATE hold SET matter = NULL, reason = NULL, release_note = NULL WHERE id = ANY($1)', [rows.map((row) => row.id)]);
    await orderShreds(tx, rows.map(({ ref, words }) => ({ keyIds: [...new Set(words.map((one) => this.deps.vault.keyIdOf(one)))], ref, reason: 'hold_words_gone' })));
    return rows.length;
  }
}
