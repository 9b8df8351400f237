import { NIL_UUID } from '@heed/kernel';
import type { UnitOfWork } from '@heed/persistence';
import { TOLD_COLUMNS } from '../consent-record/record-columns.js';

/** Records of one page: what is in memory at once, for as long as whoever reads takes. */
const PAGE = 2000;

/**
 * The register of a tenant, oldest first, a JSON object a line. Page by page, each in a short transaction of its own, and
 * the next only when the one before was taken: an export of any length holds nothing up.
 * @param after the last record that the reader has; undefined begins at the beginning
 */
export async function* exportRegister(unitOfWork: UnitOfWork, tenant: string, after: string | undefined): AsyncGenerator<string> {
  let last = after ?? NIL_UUID;
  for (;;) {
    const rows = await unitOfWork.run(tenant, (tx) =>
      tx.query<{ id: string }>(`SELECT ${TOLD_COLUMNS} FROM consent_record WHERE id > $1 ORDER BY id LIMIT ${PAGE}`, [last]),
    );
    if (rows.length > 0) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    last = rows.at(-1)?.id ?? last;
    if (rows.length < PAGE) return;
  }
}
