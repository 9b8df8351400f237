import type { FieldVault } from '@heed/key-store';
import { TENANT } from './consent-cell.js';
import type { People } from './people.js';
import { emailOf, refOf, WHOLE } from './people.js';

const KEYS_AT_ONCE = 500;
const PEOPLE_AT_ONCE = 500;
/** Nonce, tag and a wrapped key; nonce, tag and an address: what nobody opens only has to be as long. */
const WRAPPED = 'c3'.repeat(12 + 16 + 28);
const SEALED = 'e5'.repeat(12 + 16 + 20);

/**
 * Rows of identifiers as the service would have written them: found by the true blind index, and of one person in `WHOLE`
 * also sealed under a data key of their own. The other keys and sealed values are as many and as long, and open nothing.
 */
export function filledIdentifiers(vault: FieldVault, people: People, first: number, last: number): { rows(): AsyncGenerator<string>; keyRow(n: number): string } {
  const isWhole = (n: number): boolean => n % WHOLE === 0;
  const keyId = (n: number): string => people.idOf(n, 3);

  async function* rows(): AsyncGenerator<string> {
    const { current } = await vault.indexes(TENANT);
    let keys: Awaited<ReturnType<FieldVault['newKeys']>>[number][] = [];
    for (let from = first; from < last; from += PEOPLE_AT_ONCE) {
      const to = Math.min(last, from + PEOPLE_AT_ONCE);
      if (keys.length < PEOPLE_AT_ONCE / WHOLE + 1) keys = [...keys, ...(await vault.newKeys(TENANT, KEYS_AT_ONCE))];
      let text = '';
      for (let n = from; n < to; n += 1) {
        const ref = refOf(n);
        const email = emailOf(n);
        const key = isWhole(n) ? keys.pop() : undefined;
        const sealed = key ? vault.seal(key, { tenant: TENANT, subject: ref, type: 'identifier', field: 'email' }, email).toString('hex') : `01${keyId(n).replaceAll('-', '')}${SEALED}`;
        text += `email\t\\\\x${current.of('email', email).toString('hex')}\t${ref}\t\\\\x${sealed}\t${people.timeOf(n)}\n`;
      }
      yield text;
    }
  }

  return { rows, keyRow: (n) => (isWhole(n) ? '' : `${TENANT}\t${keyId(n)}\t1\t\\\\x${WRAPPED}${(n % 65_536).toString(16).padStart(8, '0')}\n`) };
}
