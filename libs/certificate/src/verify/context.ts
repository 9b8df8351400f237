import { canonicalJson } from '@heed/crypto';
import { RECEIPT_CONTEXT } from '../kinds/receipt/context.js';
import { bad, good } from './report.js';
import type { Finding } from './report.js';

const CONTEXT = '@context';

/**
 * A receipt as linked data is the signed file with a context in front. The context is not signed, and another one would make
 * `withdrawn` mean `given`: only the published one is accepted.
 */
export function withoutContext(document: unknown): { readonly plain: unknown; readonly context: readonly Finding[] } {
  if (typeof document !== 'object' || document === null || !(CONTEXT in document)) return { plain: document, context: [] };
  const { [CONTEXT]: context, ...plain } = document;
  const own = canonicalJson(context) === canonicalJson(RECEIPT_CONTEXT);
  return { plain, context: [own ? good('context', 'its names mean what the published context says') : bad('context', 'its names mean something else than in the published context')] };
}
