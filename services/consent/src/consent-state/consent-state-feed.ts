import { consentState } from '@heed/contracts-consent';
import { newEvent } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { placeOf } from '../subject/sealed-identifiers.js';
import { fedPeople, keepStateKeys } from './state-feed.store.js';
import type { FedIdentifier, FedPerson } from './state-feed.store.js';
import { recordKey } from './state-keys.js';
import type { StateKey, StateKeys } from './state-keys.js';
import { stateRecord } from './state-record.js';

const TOPIC = consentState.topics[0] ?? '';

type Keyed = FedIdentifier & { readonly ref: string; readonly key: Buffer };

/**
 * Tells the consent-state topic what changed, in the transaction that changed it. Whoever changes decisions, or which
 * identifiers lead to whom, calls this last in the transaction, holding the people's locks.
 */
export class ConsentStateFeed {
  constructor(
    private readonly keys: StateKeys,
    private readonly outbox: Outbox,
  ) {}

  /** These people's decisions or identifiers are different now. Two statements for a batch, one more for identifiers it had not met. */
  async changed(tx: Tx, refs: readonly string[]): Promise<void> {
    if (refs.length === 0) return;
    const people = await fedPeople(tx, [...new Set(refs)]);
    const [first] = people;
    if (!first) return;
    const key = await this.keys.of(tx.tenant, first.epoch);
    const keyed = await this.keyed(tx, people, key);
    const former = await this.former(tx, first);
    if (former) this.gone(tx, people.flatMap((person) => refKeys(person, former)));
    this.outbox.append(people.flatMap((person) => recordsOf(tx, person, [...refKeys(person, key), ...(keyed.get(person.ref) ?? [])])), tx);
  }

  /** These people are about to be forgotten: nothing on the topic is theirs any more. */
  async forgotten(tx: Tx, refs: readonly string[]): Promise<void> {
    if (refs.length === 0) return;
    const people = await fedPeople(tx, [...new Set(refs)]);
    const [first] = people;
    if (!first) return;
    const key = await this.keys.of(tx.tenant, first.epoch);
    const former = await this.former(tx, first);
    for (const person of people) {
      const identifiers = person.identifiers.map(({ stateKey }) => (stateKey === null ? null : Buffer.from(stateKey, 'base64')));
      this.gone(tx, [...refKeys(person, key), ...(former ? refKeys(person, former) : []), ...identifiers]);
    }
  }

  /** Identifiers that lead to nobody any more, by the `state_key` of their rows. */
  gone(tx: Tx, stateKeys: readonly (Buffer | null)[]): void {
    this.outbox.bury(TOPIC, stateKeys.flatMap((key) => (key === null ? [] : [recordKey(key)])), tx);
  }

  /** The key before, as long as not everybody is published under the present one. */
  private async former(tx: Tx, { epoch, complete }: FedPerson): Promise<StateKey | undefined> {
    return epoch > 1 && complete === 0 ? this.keys.of(tx.tenant, epoch - 1) : undefined;
  }

  /** By what each person's identifiers are found; those that were never published under this key are opened once. */
  private async keyed(tx: Tx, people: readonly FedPerson[], key: StateKey): Promise<ReadonlyMap<string, readonly Buffer[]>> {
    const all = people.flatMap(({ ref, identifiers }) => identifiers.map((identifier) => ({ ...identifier, ref })));
    const fresh = all.filter(({ stateEpoch }) => stateEpoch !== key.epoch);
    const made = await this.firstKeys(tx, fresh, key);
    // What was published under a former key is taken back with the first record under this one.
    this.gone(tx, fresh.map(({ stateKey }) => (stateKey === null ? null : Buffer.from(stateKey, 'base64'))));
    const known = all.flatMap((one) => (one.stateKey !== null && one.stateEpoch === key.epoch ? [{ ...one, key: Buffer.from(one.stateKey, 'base64') }] : []));
    const keys = new Map<string, Buffer[]>();
    for (const one of [...known, ...made]) keys.set(one.ref, [...(keys.get(one.ref) ?? []), one.key]);
    return keys;
  }

  private async firstKeys(tx: Tx, fresh: readonly (FedIdentifier & { readonly ref: string })[], key: StateKey): Promise<readonly Keyed[]> {
    if (fresh.length === 0) return [];
    const rows = await tx.query<{ type: string; blind: string; owner: string; sealed: Buffer }>(
      `SELECT type, encode(blind, 'base64') AS blind, coalesce(origin, ref) AS owner, sealed FROM identifier WHERE ref = ANY($1) AND state_epoch <> $2`,
      [[...new Set(fresh.map(({ ref }) => ref))], key.epoch],
    );
    const stored = new Map(rows.map((row) => [`${row.type} ${row.blind}`, row]));
    const items = fresh.flatMap((one) => {
      const row = stored.get(`${one.type} ${one.blind}`);
      return row ? [{ one, place: placeOf(tx.tenant, row.owner, one.type), sealed: row.sealed }] : [];
    });
    const values = await this.keys.open(tx.tenant, items);
    const made = items.flatMap(({ one }, i) => {
      const value = values[i];
      return value === undefined ? [] : [{ ...one, key: key.ofIdentifier(one.type, value) }];
    });
    await keepStateKeys(tx, key.epoch, made);
    return made;
  }
}

const refKeys = ({ ref, aliases }: FedPerson, key: StateKey): readonly Buffer[] => [ref, ...aliases].map((one) => key.ofRef(one));

function recordsOf(tx: Tx, person: FedPerson, keys: readonly Buffer[]): readonly NewEvent<unknown>[] {
  const data = stateRecord(person, tx.clock.now());
  return keys.map((key) => newEvent(consentState, { source: '/heed/consent', tenant: tx.tenant, key: recordKey(key), data, clock: tx.clock, cause: tx.cause }));
}
