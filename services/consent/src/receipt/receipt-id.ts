import { createHash } from 'node:crypto';

/**
 * A UUID of version 4 in form, as the standard asks for, that is the same for the same record ever after. Our own ids are of
 * version 7 and begin with the time; a hash of one hides that and is random enough to be nobody else's.
 * @example standardId('record', '019a…-7…') // '…-4…-8…'
 */
export function standardId(kind: 'record' | 'receipt', recordId: string): string {
  const bytes = createHash('sha256').update(`heed/27560/${kind}/${recordId}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
