import type { consentState } from '@heed/contracts-consent';
import type { z } from 'zod';
import type { FedPerson } from './state-feed.store.js';

type StateRecord = z.input<typeof consentState.data>;
type Decisions = StateRecord['purposes'];

/** What the topic says of a person: the same under each of their keys. */
export function stateRecord({ ref, version, build, decisions, age }: FedPerson, at: Date): StateRecord {
  const domains: Record<string, Decisions> = {};
  for (const { domain, purpose, state, recordId, validUntil } of decisions) {
    const own = (domains[domain] ??= {});
    own[purpose] = { state: state as Decisions[string]['state'], recordId, ...(validUntil === null ? {} : { validUntil: new Date(validUntil).toISOString() }) };
  }
  const { '': purposes = {}, ...branded } = domains;
  return { v: 1, ref, version, build, at: at.toISOString(), purposes, ...(age ? { age: { atLeast: age.at_least } } : {}), ...(Object.keys(branded).length > 0 ? { domains: branded } : {}) };
}
