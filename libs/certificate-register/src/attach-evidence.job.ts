import { isHeedError } from '@heed/kernel';
import { lookAtDue } from '@heed/persistence';
import type { Database, Tx, UnitOfWork } from '@heed/persistence';
import type { Job, Platform } from '@heed/runtime';
import type { INestApplication } from '@nestjs/common';
import { CertificateRegister, EVIDENCE } from './certificate-register.js';

const EVERY_MS = 1_000;
const BATCH = 50;

/**
 * Keeps the evidence of certificates that nobody has asked for yet: records are pruned after their time, and what proved
 * them then is gone with them. Two instances at once do the work twice and keep it once.
 */
export function certificateJob(app: INestApplication, { database, unitOfWork }: Platform): Job {
  return { name: EVIDENCE, everyMs: EVERY_MS, run: () => attachEvidence(database, unitOfWork, app.get(CertificateRegister)) };
}

/** A tenant whose ledger has not come to all of it keeps its reminder, and is looked at again in the job's next turn. */
export async function attachEvidence(database: Database, unitOfWork: UnitOfWork, register: CertificateRegister): Promise<void> {
  await lookAtDue(database, EVIDENCE, async (tenant) => {
    let left: Left;
    do left = await unitOfWork.run(tenant, (tx) => attachSome(tx, register));
    while (left === 'more');
    return left === 'pending';
  });
}

type Left = 'nothing' | 'more' | 'pending';

async function attachSome(tx: Tx, register: CertificateRegister): Promise<Left> {
  const rows = await tx.query<{ id: string }>(`SELECT certificate_id AS id FROM certificate_awaiting_evidence ORDER BY certificate_id LIMIT ${BATCH}`);
  let pending = false;
  for (const { id } of rows) pending = !(await attached(tx, register, id)) || pending;
  if (pending) return 'pending';
  return rows.length === BATCH ? 'more' : 'nothing';
}

/** @returns false while the ledger has not come to it */
async function attached(tx: Tx, register: CertificateRegister, id: string): Promise<boolean> {
  try {
    return (await register.evidenced(tx, id)) !== undefined;
  } catch (error) {
    if (!isHeedError(error) || error.code !== 'not_found') throw error;
    // Its record was pruned before anybody came to prove it: it is not waited for any longer.
    await tx.query('DELETE FROM certificate_awaiting_evidence WHERE certificate_id = $1', [id]);
    return true;
  }
}
