import { conflict, uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { Injectable } from '@nestjs/common';
import { Notices } from '../notice/notices.js';
import { planRecipients } from './domain/plan-recipients.js';
import type { PlannedRecipient } from './domain/plan-recipients.js';
import { RecipientVault } from './recipient-vault.js';

export interface RecipientsCall {
  readonly audience: string;
  readonly recipients: readonly { readonly id?: string | undefined; readonly email: string; readonly name?: string | undefined }[];
}

interface Known {
  readonly id: string;
  readonly index: string;
  readonly audience: string;
  readonly email: Buffer;
}

/** Keeps who is told of policy changes; a notice that is on its way reaches new ones too. */
@Injectable()
export class SaveRecipients {
  constructor(
    private readonly vault: RecipientVault,
    private readonly notices: Notices,
  ) {}

  async run(tx: Tx, call: RecipientsCall): Promise<readonly PlannedRecipient[]> {
    await this.notices.lockAudiences(tx);
    const index = await this.vault.index(tx);
    const offered = call.recipients.map((recipient) => ({ ...recipient, index: index.of(recipient.email).toString('hex') }));
    // Under whichever key a row's hash was made, here it has the one that is written now.
    const present = new Map(offered.flatMap((one) => index.all(one.email).map((hash) => [hash.toString('hex'), one.index] as const)));
    const rows = await tx.query<Known>(
      `SELECT id, encode(email_index, 'hex') AS index, audience, email FROM recipient WHERE id = ANY($2) OR (audience = $1 AND email_index = ANY($3))`,
      [call.audience, offered.flatMap(({ id }) => id ?? []), [...present.keys()].map((hash) => Buffer.from(hash, 'hex'))],
    );
    const known = rows.map((row) => ({ ...row, index: present.get(row.index) ?? row.index }));
    const elsewhere = known.find(({ audience }) => audience !== call.audience);
    if (elsewhere) throw conflict('recipient_of_another_audience', `Recipient ${elsewhere.id} belongs to another audience; leave the id out.`);
    const plan = planRecipients(offered, known, () => uuidv7(tx.clock.now()));
    await this.save(tx, call.audience, plan, new Map(rows.map((row) => [row.id, row.email])), index.epoch);
    tx.record({ kind: 'recipients.saved', data: { audience: call.audience, ids: plan.map(({ id }) => id) } });
    await this.notices.readdressed(tx, plan.filter(({ change }) => change === 'readdressed').map(({ id }) => id));
    await this.notices.enqueueMissing(tx);
    return plan;
  }

  private async save(tx: Tx, audience: string, plan: readonly PlannedRecipient[], before: ReadonlyMap<string, Buffer>, epoch: number): Promise<void> {
    const keys = await this.vault.keysFor(tx.tenant, plan.map(({ id }) => ({ id, email: before.get(id) })));
    const sealed = (p: PlannedRecipient, field: 'email' | 'name', value: string | undefined): string | null =>
      value === undefined ? null : this.vault.seal(keys.get(p.id)!, p.id, field, value).toString('hex');
    await tx.query(
      `INSERT INTO recipient AS r (id, audience, email_index, email, name, added_at, changed_at, epoch)
       SELECT id, $2, decode(index, 'hex'), decode(email, 'hex'), decode(name, 'hex'), $3, $3, $4::int
         FROM jsonb_to_recordset($1::jsonb) AS p(id uuid, index text, email text, name text)
       ON CONFLICT (id) DO UPDATE SET email_index = excluded.email_index, email = excluded.email, name = COALESCE(excluded.name, r.name), changed_at = excluded.changed_at,
         epoch = excluded.epoch`,
      [
        JSON.stringify(plan.map((p) => ({ id: p.id, index: p.index, email: sealed(p, 'email', p.email), name: sealed(p, 'name', p.name) }))),
        audience,
        tx.clock.now(),
        epoch,
      ],
    );
  }
}
