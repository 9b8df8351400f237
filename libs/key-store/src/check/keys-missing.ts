import { HeedError } from '@heed/kernel';

/** Nothing mends it but somebody who puts the right database back. */
const RETRY_AFTER_S = 30;

/** For whoever has to mend it; names one tenant, and how many more there are. */
export function missingReason([tenant, ...others]: readonly string[]): string {
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `the keys database has not the keys that are worked with for ${tenant ?? '?'}${more}: it is empty, another one, or from before a change of index keys. Put the right one back: see "The wrong keys database" in docs/keys.md`;
}

/** Going on with other keys would make everybody somebody new, whose decisions so far count no more. */
export function keysMissing(tenant: string): HeedError {
  return new HeedError({ kind: 'unavailable', code: 'keys_missing', detail: `No keys are used or made: ${missingReason([tenant])}.`, retryAfterSeconds: RETRY_AFTER_S });
}
