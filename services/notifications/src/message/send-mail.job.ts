import { failpoint, isHeedError } from '@heed/kernel';
import { Database, lookAtDue, UnitOfWork } from '@heed/persistence';
import type { PolicyPack } from '@heed/policy';
import type { Logger } from '@heed/observability';
import { LOGGER } from '@heed/runtime';
import { PolicyStore } from '@heed/tenant-policy';
import { Inject, Injectable } from '@nestjs/common';
import { ERASED } from '../recipient/erase-recipient.use-case.js';
import { RecipientVault } from '../recipient/recipient-vault.js';
import { Contacts } from './contacts.js';
import { afterRefusal, refusalOf } from './domain/delivery.js';
import type { Outcome, Refusal } from './domain/delivery.js';
import { lettersFor, mailOf, writerOf } from './domain/templates.js';
import type { Letter } from './domain/letter.js';
import type { Letters, Mail, RequestTemplate, Writer } from './domain/templates.js';
import { Mailer } from './mailer.js';
import { abandoned, BATCH, claim, MAIL, remindAt } from './message.store.js';
import type { Claimed } from './message.store.js';
import { Outcomes } from './outcomes.js';
import type { Attempt } from './outcomes.js';

/** How long mail waits for what is missing: the tenant's policy, or consent. */
const WAIT = 5000;

/** Sends the mail that is due. Several instances may do so at once: each message is claimed by one. */
@Injectable()
export class SendMail {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
    private readonly contacts: Contacts,
    private readonly vault: RecipientVault,
    private readonly mailer: Mailer,
    private readonly outcomes: Outcomes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async run(): Promise<void> {
    while (await lookAtDue(this.database, MAIL, async (tenant) => (await this.sendSome(tenant)) === BATCH));
  }

  private async sendSome(tenant: string): Promise<number> {
    const work = await this.unitOfWork.run(tenant, async (tx) => {
      const pack = await this.packOf(() => this.policies.current(tx));
      if (!pack) {
        await remindAt(tx, new Date(tx.clock.now().getTime() + WAIT));
        return undefined;
      }
      const lost = await abandoned(tx);
      await this.outcomes.save(tx, lost.map((message) => ({ message, outcome: { is: 'failed', reason: 'delivery_unknown' } })));
      return { pack, claimed: await claim(tx) };
    });
    if (!work || work.claimed.length === 0) return 0;
    failpoint('notifications.claimed');
    const attempts = await this.attemptAll(tenant, work.pack, work.claimed);
    failpoint('notifications.sent');
    await this.unitOfWork.run(tenant, (tx) => this.outcomes.save(tx, attempts));
    return work.claimed.length;
  }

  /** Undefined while the tenant's policy has not arrived: without it nobody knows who writes. */
  private async packOf(read: () => Promise<{ pack: PolicyPack }>): Promise<PolicyPack | undefined> {
    try {
      return (await read()).pack;
    } catch (error) {
      if (isHeedError(error) && error.code === 'policy_not_ready') return undefined;
      throw error;
    }
  }

  private async attemptAll(tenant: string, pack: PolicyPack, claimed: readonly Claimed[]): Promise<readonly Attempt[]> {
    const refs = claimed.flatMap((message) => (message.ref ? [message.ref] : []));
    const addresses = await this.contacts.addresses(tenant, refs).catch((error: unknown) => {
      this.logger.warn({ err: error, tenant, count: claimed.length }, 'mail waits: consent gives no addresses');
      return undefined;
    });
    const recipients = await this.vault.addresses(tenant, claimed).catch((error: unknown) => {
      this.logger.warn({ err: error, tenant, count: claimed.length }, 'mail waits: the keys of addresses cannot be had');
      return undefined;
    });
    return Promise.all(
      claimed.map(async (message) => {
        if (message.ref && !addresses) return { message, outcome: this.later('consent_unavailable') };
        if (message.recipient_id && !recipients) return { message, outcome: this.later('keys_unavailable') };
        const to = message.ref ? addresses?.get(message.ref) : recipients?.get(message.recipient_id ?? '');
        return { message, outcome: await this.attempt(message, to, pack) };
      }),
    );
  }

  private later(reason: string): Outcome {
    return { is: 'again', reason, at: new Date(this.database.clock.now().getTime() + WAIT) };
  }

  private async attempt(message: Claimed, to: string | undefined, pack: PolicyPack): Promise<Outcome> {
    // An address that is there and does not open came under a new key after it was read: the next attempt reads it as it is then.
    if (!to && message.email) return this.afterRefusal({ permanent: false, reason: 'key_changed' }, message);
    if (!to) return { is: 'failed', reason: message.recipient_id ? ERASED : 'address_unknown' };
    try {
      await this.mailer.send(message.id, to, mailFor(pack, message), pack.security.tlsMin.value);
      return { is: 'sent', at: this.database.clock.now() };
    } catch (error) {
      return this.afterRefusal(refusalOf(error), message);
    }
  }

  private afterRefusal(refusal: Refusal, message: Claimed): Outcome {
    return afterRefusal(refusal, { attempts: message.attempts, queuedAt: message.queued_at }, this.database.clock.now());
  }
}

function mailFor(pack: PolicyPack, message: Claimed): Mail {
  const letters = lettersFor(pack);
  const writer = writerOf(pack);
  return mailOf(pack, letterFor(letters, writer, message), letters.language);
}

function letterFor(letters: Letters, writer: Writer, message: Claimed): Letter {
  switch (message.kind) {
    case 'notice':
      return letters.policyChange(writer, {
        changes: message.changes ?? [],
        effectiveFrom: message.effective_from ?? new Date(0),
        policyVersion: message.policy_version ?? 0,
      });
    case 'reminder':
      return letters.accessReviewOverdue(writer, message.params);
    case 'request':
      return letters.request(message.template as RequestTemplate, writer, message.request_id ?? message.id, message.params);
  }
}
