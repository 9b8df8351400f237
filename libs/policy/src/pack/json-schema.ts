import { z } from 'zod';
import { PACK_SCHEMA, policyPackSchema } from './pack.schema.js';

/**
 * The pack's shape as JSON Schema 2020-12, so that editors complete and check while one types. What refers to what is
 * only checked by `parsePack`.
 */
export function packJsonSchema(): object {
  return { title: `Heed policy pack (${PACK_SCHEMA})`, ...z.toJSONSchema(policyPackSchema, { target: 'draft-2020-12', reused: 'ref' }) };
}
