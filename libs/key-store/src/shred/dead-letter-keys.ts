import type { Place } from '@heed/crypto';
import { eachTenant } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import type { FieldVault } from '../vault/field-vault.js';
import { orderShreds } from './shred-list.js';

const USE = 'dead-letter';
/** Dead letters lie for 14 days (infra/kafka/topics.yaml); what was written on the last of a key's days is read for as long. */
const KEPT_DAYS = 15;
const DAY_MS = 86_400_000;

const placeOf = (tenant: string): Place => ({ tenant, subject: USE, type: 'record', field: 'content' });
const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** Seals dead letters under a key of the tenant and day, which goes when the letters have: a copy of the topic is worth nothing then. */
export class DeadLetterKeys {
  constructor(private readonly vault: FieldVault) {}

  /** @throws HeedError `keys_unavailable`: nothing is put aside in the clear, the record waits */
  async seal(content: Buffer, tenant: string): Promise<Buffer> {
    const key = await this.vault.useKey(tenant, USE, dayOf(this.vault.clock.now()));
    return this.vault.seal(key, placeOf(tenant), content.toString('base64'));
  }

  /** Undefined once the day's key is destroyed. */
  async open(sealed: Buffer, tenant: string): Promise<Buffer | undefined> {
    const [content] = await this.vault.open(tenant, [{ place: placeOf(tenant), sealed }]);
    return content === undefined ? undefined : Buffer.from(content, 'base64');
  }

  /** Orders the keys destroyed whose letters are gone. */
  tidy(database: Database, unitOfWork: UnitOfWork): Promise<void> {
    const last = dayOf(new Date(this.vault.clock.now().getTime() - KEPT_DAYS * DAY_MS));
    return eachTenant(database, async (tenant) => {
      const keyIds = await this.vault.useKeysBefore(tenant, USE, last);
      if (keyIds.length > 0) await unitOfWork.run(tenant, (tx) => orderShreds(tx, [{ keyIds, reason: 'dead_letters_gone' }]));
    });
  }
}
