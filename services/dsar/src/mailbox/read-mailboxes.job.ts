import type { TlsVersion } from '@heed/config';
import { withdrawalReceived } from '@heed/contracts-dsar';
import { ConsentClient } from '@heed/fanout';
import type { KnownPerson } from '@heed/fanout';
import { derivedId, identifier, isHeedError, newEvent } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { Outbox } from '@heed/outbox';
import { isTenantClosed, UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { SOURCE } from '../source.js';
import { REREAD_MS } from './handed-mail.js';
import { readWithdrawal } from './domain/withdrawal-mail.js';
import type { Scope } from './domain/withdrawal-mail.js';
import { withMailbox } from './imap.js';
import type { OpenMailbox, ReceivedMail } from './imap.js';
import type { Mailbox } from './mailbox-file.js';

/** Mails of one transaction: each is read in memory, with at most 256 KiB. */
const BATCH = 20;

interface Withdrawal {
  readonly id: string;
  readonly person: KnownPerson;
  readonly scope: Scope;
  readonly receivedAt: Date;
}

interface Position {
  readonly uid_validity: string;
  readonly last_uid: string;
  readonly since: Date;
}

/**
 * Hands withdrawals that people mail to the privacy address over to consent (AJU-17, AHU-09). The mailbox is only read, so that
 * people find every mail in it as it came.
 */
export class ReadMailboxes {
  private readonly silent = new Set<string>();

  constructor(
    private readonly deps: {
      readonly mailboxes: readonly Mailbox[];
      readonly tlsMin: TlsVersion;
      readonly unitOfWork: UnitOfWork;
      readonly consent: ConsentClient;
      readonly outbox: Outbox;
      readonly logger: Logger;
    },
  ) {}

  /** One pass. A mailbox that does not answer holds up no other; it is said once, and once more when it answers again. */
  async run(): Promise<void> {
    for (const mailbox of this.deps.mailboxes) {
      const { tenant } = mailbox;
      try {
        await withMailbox(mailbox, this.deps.tlsMin, (open) => this.read(mailbox, open));
        if (this.silent.delete(tenant)) this.deps.logger.info({ tenant }, 'the mailbox of the privacy address is read again');
      } catch (error) {
        if (isTenantClosed(error)) continue;
        if (!this.silent.has(tenant)) this.deps.logger.warn({ tenant, err: error }, 'the mailbox of the privacy address cannot be read; it is tried again');
        this.silent.add(tenant);
      }
    }
  }

  private async read(mailbox: Mailbox, open: OpenMailbox): Promise<void> {
    const { tenant } = mailbox;
    const name = `${mailbox.user}@${mailbox.host}/${mailbox.folder}`;
    const { last_uid: last, since } = await this.deps.unitOfWork.run(tenant, (tx) => positionOf(tx, name, open));
    const uids = await open.after(Number(last));
    for (let from = 0; from < uids.length; from += BATCH) {
      const chunk = uids.slice(from, from + BATCH);
      const withdrawals: Withdrawal[] = [];
      for (const uid of chunk) {
        const mail = await open.read(uid);
        if (mail && mail.receivedAt >= since) withdrawals.push(...(await this.withdrawal(tenant, mail)));
      }
      await this.deps.unitOfWork.run(tenant, (tx) => this.handOver(tx, { name, uidValidity: open.uidValidity, upTo: chunk.at(-1) ?? 0, withdrawals }));
    }
  }

  /** @throws HeedError `unavailable` while consent is away: the mail is read again then */
  private async withdrawal(tenant: string, mail: ReceivedMail): Promise<readonly Withdrawal[]> {
    const reading = readWithdrawal(mail);
    if ('leave' in reading) return [];
    const { from, scope } = reading;
    const address = identifier.safeParse({ type: 'email', value: from });
    if (!address.success) return this.unusable(tenant); // consent would refuse the whole call
    try {
      const [person] = await this.deps.consent.resolve(tenant, [{ identifiers: [address.data] }]);
      const id = derivedId('mail', tenant, from, mail.messageId ?? `${mail.receivedAt.toISOString()} ${mail.uid}`);
      return person ? [{ id, person, scope, receivedAt: mail.receivedAt }] : [];
    } catch (error) {
      if (!isHeedError(error) || error.code !== 'identifier_invalid') throw error;
      return this.unusable(tenant);
    }
  }

  /** No address that anybody could be found by: a person reads the mail, and it holds up none behind it. */
  private unusable(tenant: string): readonly Withdrawal[] {
    this.deps.logger.warn({ tenant }, 'a mail that withdraws consent names nobody; somebody has to read it');
    return [];
  }

  private async handOver(
    tx: Tx, { name, uidValidity, upTo, withdrawals }: { name: string; uidValidity: bigint; upTo: number; withdrawals: readonly Withdrawal[] },
  ): Promise<void> {
    const now = tx.clock.now();
    const moved = await tx.query('UPDATE mailbox_position SET last_uid = $2 WHERE mailbox = $1 AND uid_validity = $3 AND last_uid < $2 RETURNING 1', [name, upTo, String(uidValidity)]);
    if (moved.length === 0 || withdrawals.length === 0) return; // another instance was here first, or found it numbered anew
    const rows = await tx.query<{ id: string }>(
      'INSERT INTO handed_mail (id, handed_at) SELECT DISTINCT id, $2::timestamptz FROM unnest($1::uuid[]) AS id ON CONFLICT DO NOTHING RETURNING id',
      [withdrawals.map((one) => one.id), now],
    );
    const fresh = new Set(rows.map((row) => row.id));
    for (const { id, person, scope, receivedAt } of withdrawals) {
      if (!fresh.delete(id)) continue;
      const data = { mailId: id, ref: person.ref, aliases: [...person.aliases], scope, receivedAt: (receivedAt > now ? now : receivedAt).toISOString() };
      tx.record({ kind: 'mail.withdrawal_received', ref: person.ref, data: { mailId: id, scope } });
      this.deps.outbox.append([newEvent(withdrawalReceived, { source: SOURCE, tenant: tx.tenant, key: person.ref, clock: tx.clock, data })], tx);
    }
  }
}

/**
 * Where to go on. A mailbox that is numbered anew is read from its beginning, as far back as it is known which mails were handed
 * over: those count by their own ids.
 */
async function positionOf(tx: Tx, name: string, open: OpenMailbox): Promise<Position> {
  const now = tx.clock.now();
  const [position] = await tx.query<Position>(
    `INSERT INTO mailbox_position AS p (mailbox, uid_validity, last_uid, since) VALUES ($1, $2, $3, $4)
     ON CONFLICT (mailbox) DO UPDATE SET uid_validity = excluded.uid_validity, last_uid = CASE WHEN p.uid_validity = excluded.uid_validity THEN p.last_uid ELSE 0 END,
       since = CASE WHEN p.uid_validity = excluded.uid_validity THEN p.since ELSE GREATEST(p.since, $5) END
     RETURNING uid_validity, last_uid, since`,
    [name, String(open.uidValidity), open.uidNext - 1, new Date(Math.floor(now.getTime() / 1000) * 1000), new Date(now.getTime() - REREAD_MS)],
  );
  if (!position) throw new Error('no position');
  return position;
}
