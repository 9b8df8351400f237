import type { SignedCertificate } from '@heed/certificate';
import { notFound, unavailable } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { setTimeout as pause } from 'node:timers/promises';
import { CertificateRegister } from './certificate-register.js';

/** The sequencer needs some milliseconds; who asks that early waits instead of being sent away. */
const PATIENCE_MS = 3_000;
const LOOK_EVERY_MS = 100;

/** Hands out certificates with their evidence. */
export class CertificateReader {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly register: CertificateRegister,
  ) {}

  /**
   * @param find the certificate's id, in a transaction of its own: it may issue the certificate
   * @throws HeedError `not_found`; `ledger_pending` (503) where the ledger has not come to it within three seconds
   */
  async read(tenant: string, find: (tx: Tx) => Promise<string | undefined>): Promise<SignedCertificate> {
    const id = await this.unitOfWork.run(tenant, find);
    if (id === undefined) throw notFound('certificate');
    for (let waited = 0; ; waited += LOOK_EVERY_MS) {
      const signed = await this.unitOfWork.run(tenant, (tx) => this.register.evidenced(tx, id));
      if (signed) return signed;
      if (waited >= PATIENCE_MS) throw unavailable('ledger_pending', 'The certificate is issued and is being entered in the ledger; ask again in a moment.');
      await pause(LOOK_EVERY_MS);
    }
  }
}
