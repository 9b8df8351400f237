import { notFound, uuid } from '@heed/kernel';
import { FieldVault, orderShreds } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import { Injectable } from '@nestjs/common';
import { Notices } from '../notice/notices.js';

/** Why a mail ends that was wanted for somebody who is no recipient any more. */
export const ERASED = 'recipient_erased';

interface Row {
  readonly audience: string;
  readonly email: Buffer;
  readonly name: Buffer | null;
}

/** Forgets who a recipient is: address, name and key go; what was sent to them, and when, stays under their id. */
@Injectable()
export class EraseRecipient {
  constructor(
    private readonly vault: FieldVault,
    private readonly notices: Notices,
  ) {}

  /** @returns how many mails were not sent any more @throws HeedError `not_found` */
  async run(tx: Tx, id: string): Promise<number> {
    if (!uuid.safeParse(id).success) throw notFound('recipient');
    await this.notices.lockAudiences(tx);
    const [row] = await tx.query<Row>('DELETE FROM recipient WHERE id = $1 RETURNING audience, email, name', [id]);
    if (!row) throw notFound('recipient');
    const keyIds = [row.email, row.name].flatMap((sealed) => (sealed ? [this.vault.keyIdOf(sealed)] : []));
    await orderShreds(tx, [{ keyIds, reason: ERASED }]);
    tx.record({ kind: 'recipient.erased', data: { id, audience: row.audience } });
    return this.notices.withdrawn(tx, id, ERASED);
  }
}
