import { notFound } from '@heed/kernel';
import type { UnitOfWork } from '@heed/persistence';
import { personExists, recordsAfter } from './register.store.js';
import type { RegisterRow } from './register.store.js';

/** Records in memory at once, for as long as whoever reads takes. */
const PAGE = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * The register of one person, oldest first, a JSON object a line: page by page, each in a short transaction of its own and
 * the next only when the one before was taken, so that a person with very many records takes no more memory than one with
 * few. The last line says how many there were, which tells a whole extract from one that was cut off.
 * @throws HeedError `not_found` before the first line
 */
export async function registerExtract(unitOfWork: Pick<UnitOfWork, 'run'>, tenant: string, ref: string): Promise<AsyncGenerator<string>> {
  const first = await unitOfWork.run(tenant, async (tx) => {
    const rows = await recordsAfter(tx, ref, FIRST, PAGE);
    if (rows.length === 0 && !(await personExists(tx, ref))) throw notFound('person');
    return { rows, at: tx.clock.now() };
  });
  return lines(unitOfWork, tenant, ref, first.rows, first.at);
}

async function* lines(unitOfWork: Pick<UnitOfWork, 'run'>, tenant: string, ref: string, first: readonly RegisterRow[], at: Date): AsyncGenerator<string> {
  let records = 0;
  for (let rows = first; ; ) {
    records += rows.length;
    const last = rows.at(-1);
    if (last) yield rows.map((row) => `${JSON.stringify({ record: toldOf(row) })}\n`).join('');
    if (!last || rows.length < PAGE) break;
    rows = await unitOfWork.run(tenant, (tx) => recordsAfter(tx, ref, last.id, PAGE));
  }
  yield `${JSON.stringify({ end: { ref, records, at } })}\n`;
}

const toldOf = ({ domain, ...row }: RegisterRow): object => ({ ...row, domain: domain || null });
