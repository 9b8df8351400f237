import type { ErasureCertificate } from '../kinds/erasure.js';
import type { StoreOutcome } from '../kinds/store-outcome.js';

const OUTCOMES: Readonly<Record<string, string>> = {
  done: 'erased',
  nothing_found: 'nothing found',
  superseded: 'overtaken by a later command',
  cancelled: 'not asked any more: the person was forgotten',
};

const ASSURANCES: Readonly<Record<string, string>> = {
  verified: 'read again after the erasure: nothing is left',
  processor_attested: 'the processor says so; it cannot be read',
  applied: 'carried out',
};

const METHODS: Readonly<Record<string, string>> = {
  operator_attested: 'recognised by a person of the controller',
  code: 'by a code sent to the person',
};

const NOT_ASKED: Readonly<Record<string, string>> = { purpose_not_used: 'does not use the purpose' };

/** What a store did with an erasure. */
export const outcomeInWords = (store: StoreOutcome): string => OUTCOMES[store.outcome] ?? store.outcome;

/** What a store did with a withdrawal: nothing is destroyed there, the purpose is switched off. */
export const switchedInWords = (store: StoreOutcome): string => (store.outcome === 'done' ? 'switched off' : outcomeInWords(store));

export function assuranceInWords({ assurance, outcome }: StoreOutcome): string {
  if (outcome === 'cancelled') return 'it has not answered';
  if (assurance === 'verified' && outcome === 'nothing_found') return 'read: nothing is there';
  return assurance ? (ASSURANCES[assurance] ?? assurance) : 'nothing known of the person';
}

export const methodInWords = (method: string | null): string => (method ? (METHODS[method] ?? method) : 'not at all');
export const notAskedInWords = (reason: string): string => NOT_ASKED[reason] ?? reason;

/** Nobody of that name in any store: "0 rows erased" would sound as if something had been. */
export function foundNothing({ dispatches }: Pick<ErasureCertificate, 'dispatches'>): boolean {
  return dispatches.every((dispatch) => dispatch.stores.every((store) => store.outcome === 'nothing_found'));
}

/** @example counted(1, 'row') // '1 row' */
export const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
