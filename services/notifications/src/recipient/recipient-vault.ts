import { unavailable } from '@heed/kernel';
import type { DataKey, FieldVault, Place } from '@heed/key-store';
import type { Tx } from '@heed/persistence';

type Field = 'email' | 'name';

/** How addresses are found again while this transaction has the lock of the audiences. */
export interface AddressIndex {
  readonly epoch: number;
  /** What is written. */
  of(email: string): Buffer;
  /** What is looked up: a row may still stand under the former key. */
  all(email: string): readonly Buffer[];
}

interface Sealed {
  readonly recipientId: string;
  readonly field: Field;
  readonly sealed: Buffer;
}

/** What is known of recipients, each under a key of their own. */
export class RecipientVault {
  constructor(private readonly vault: FieldVault) {}

  /** The caller has the lock of the audiences: until the commit no other key's hashes become the ones that count. */
  async index(tx: Tx): Promise<AddressIndex> {
    const [head] = await tx.query<{ epoch: number }>('SELECT epoch FROM audience_head');
    for (const indexes of [await this.vault.indexes(tx.tenant), undefined]) {
      const known = indexes ?? (await this.vault.refreshIndexes(tx.tenant)); // what is in memory may be older than the table
      const current = known.all.find(({ epoch }) => epoch === head?.epoch);
      if (!current) continue;
      const lower = (email: string): string => email.toLowerCase();
      return {
        epoch: current.epoch,
        of: (email) => current.of('email', lower(email)),
        all: (email) => known.all.map((one) => one.of('email', lower(email))),
      };
    }
    // The table may name a key that left after the copy was made that this table came from: only another change ends that.
    await this.vault.askIndexChange(tx.tenant);
    throw unavailable('keys_unavailable', 'The keys by which addresses are found are just being changed; try again.');
  }

  /** A key for each recipient: the one that their address is sealed under already, else a new one. */
  async keysFor(tenant: string, recipients: readonly { readonly id: string; readonly email: Buffer | undefined }[]): Promise<ReadonlyMap<string, DataKey>> {
    const ids = recipients.map(({ email }) => email && this.vault.keyIdOf(email));
    const known = await this.vault.keys(tenant, ids.flatMap((id) => id ?? []));
    const without = recipients.filter((_, i) => !known.has(ids[i] ?? ''));
    const fresh = await this.vault.newKeys(tenant, without.length);
    const keys = new Map<string, DataKey>();
    recipients.forEach(({ id }, i) => {
      const key = known.get(ids[i] ?? '');
      if (key) keys.set(id, key);
    });
    without.forEach(({ id }, i) => keys.set(id, fresh[i]!));
    return keys;
  }

  seal(key: DataKey, recipientId: string, field: Field, value: string): Buffer {
    return this.vault.seal(key, placeOf(key.tenant, recipientId, field), value);
  }

  /** In the order asked, by one query for the keys at most; undefined where the key is destroyed. */
  open(tenant: string, values: readonly Sealed[]): Promise<readonly (string | undefined)[]> {
    return this.vault.open(tenant, values.map(({ recipientId, field, sealed }) => ({ place: placeOf(tenant, recipientId, field), sealed })));
  }

  /** The addresses of those rows that have a recipient, by recipient. */
  async addresses(tenant: string, rows: readonly { readonly recipient_id: string | null; readonly email: Buffer | null }[]): Promise<ReadonlyMap<string, string>> {
    const there = rows.flatMap(({ recipient_id: recipientId, email }) => (recipientId && email ? [{ recipientId, field: 'email' as const, sealed: email }] : []));
    const opened = await this.open(tenant, there);
    return new Map(there.flatMap(({ recipientId }, i) => (opened[i] === undefined ? [] : [[recipientId, opened[i]] as const])));
  }
}

export const placeOf = (tenant: string, recipientId: string, field: Field): Place => ({ tenant, subject: recipientId, type: 'recipient', field });
