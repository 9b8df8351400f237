import { resolveAnswer, sealAnswer } from '@heed/contracts-consent';
import { isHeedError, malformed } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import type { InternalClient } from '@heed/runtime';
import type { Sealed, Sealer } from './types.js';

/** Most people or dispatches that consent takes in one call. */
const CHUNK = 500;

export interface KnownPerson {
  readonly ref: string;
  readonly aliases: readonly string[];
}

/** What the other owners ask of consent, which alone knows whose identifiers are whose. */
export class ConsentClient implements Sealer {
  constructor(private readonly client: InternalClient) {}

  /**
   * Refs of people in the order asked, minted where somebody is new.
   * @param timeoutMs how long a caller is willing to wait for it
   * @throws HeedError `identifier_invalid`, or kind `unavailable` while consent is away
   */
  async resolve(tenant: string, people: readonly { readonly identifiers: readonly Identifier[] }[], timeoutMs?: number): Promise<readonly KnownPerson[]> {
    const known: KnownPerson[] = [];
    for (const chunk of chunksOf(people)) {
      try {
        const options = timeoutMs === undefined ? {} : { timeoutMs };
        known.push(...(await this.client.post('/internal/resolve', tenant, { people: chunk }, resolveAnswer, options)).people);
      } catch (error) {
        if (isHeedError(error) && error.code === 'identifier_invalid') {
          throw malformed('identifier_invalid', 'An identifier does not have the form of its type, e.g. an email address or a phone number in E.164.');
        }
        throw error;
      }
    }
    return known;
  }

  async seal(tenant: string, wanted: Parameters<Sealer['seal']>[1]): Promise<ReadonlyMap<string, Sealed>> {
    const sealed = new Map<string, Sealed>();
    for (const dispatches of chunksOf(wanted)) {
      const answer = await this.client.post('/internal/seal', tenant, { dispatches }, sealAnswer);
      for (const one of answer.dispatches) sealed.set(one.dispatchId, { aliases: one.aliases, envelope: one.sealed, erased: one.erased, unsealed: one.unsealed });
    }
    return sealed;
  }
}

function chunksOf<T>(list: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / CHUNK) }, (_, i) => list.slice(i * CHUNK, (i + 1) * CHUNK));
}
