import { lookAtDue, remind } from '@heed/persistence';
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

async function attachEvidence(database: Database, unitOfWork: UnitOfWork, register: CertificateRegister): Promise<void> {
  while (await lookAtDue(database, EVIDENCE, (tenant) => unitOfWork.run(tenant, (tx) => attachSome(tx, register))));
}

/** @returns whether there is more to do at once */
async function attachSome(tx: Tx, register: CertificateRegister): Promise<boolean> {
  const rows = await tx.query<{ id: string }>(`SELECT certificate_id AS id FROM certificate_awaiting_evidence ORDER BY certificate_id LIMIT ${BATCH}`);
  let pending = false;
  for (const { id } of rows) pending = (await register.evidenced(tx, id)) === undefined || pending;
  if (pending) await remind(tx, { work: EVIDENCE, at: new Date(tx.clock.now().getTime() + EVERY_MS) });
  return rows.length === BATCH && !pending;
}
