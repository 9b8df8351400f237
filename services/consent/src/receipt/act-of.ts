import type { Act } from '@heed/certificate-register';
import type { RegisterRow } from './register.store.js';

/** The entry that the ledger has of a decision. Only what took effect was said, and stands there; a renewal as what holds. */
export const actOf = ({ state, version, ref, recordedAt }: RegisterRow): Act => ({
  kind: `consent.${state === 'renewed_given' ? 'given' : state}`, about: { version }, ref, at: recordedAt,
});
