import type { ErasureCertificate, StoreOutcome } from './certificate.js';

const OUTCOMES: Readonly<Record<string, string>> = {
  done: 'erased',
  nothing_found: 'nothing found',
  superseded: 'overtaken by a later command',
  cancelled: 'cancelled',
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

export const outcomeInWords = (store: StoreOutcome): string => OUTCOMES[store.outcome] ?? store.outcome;

export function assuranceInWords({ assurance, outcome }: StoreOutcome): string {
  if (assurance === 'verified' && outcome === 'nothing_found') return 'read: nothing is there';
  return assurance ? (ASSURANCES[assurance] ?? assurance) : 'nothing known of the person';
}

export const methodInWords = (method: string | null): string => (method ? (METHODS[method] ?? method) : 'not at all');

/** Nobody of that name in any store: "0 rows erased" would sound as if something had been. */
export function foundNothing({ dispatches }: ErasureCertificate): boolean {
  return dispatches.every((dispatch) => dispatch.stores.every((store) => store.outcome === 'nothing_found'));
}
