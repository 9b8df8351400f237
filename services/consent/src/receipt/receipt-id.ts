import { hashedUuid } from '@heed/kernel';

/**
 * A UUID of version 4 in form, as the standard asks for, that is the same for the same record ever after. Our own ids are of
 * version 7 and begin with the time; a hash of one hides that and is random enough to be nobody else's.
 * @example standardId('record', '019a…-7…') // '…-4…-8…'
 */
export const standardId = (kind: 'record' | 'receipt', recordId: string): string => hashedUuid(4, `heed/27560/${kind}/${recordId}`);
