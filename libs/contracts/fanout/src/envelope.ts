import { classified } from '@heed/kernel';
import { z } from 'zod';

/**
 * Identifiers of a person, sealed so that only the named stores can read them: a JWE in General JSON serialization
 * (RFC 7516), ECDH-ES+A256KW with A256GCM, one recipient per store. `header.kid` is `<store>/<key thumbprint>`;
 * the additional data is `<tenant>|<dispatchId>`, so that an envelope cannot be moved to another dispatch.
 */
export const sealedEnvelope = classified(
  'sealed',
  z.strictObject({
    protected: z.string(),
    unprotected: z.record(z.string(), z.unknown()).optional(),
    aad: z.string(),
    iv: z.string(),
    ciphertext: z.string(),
    tag: z.string(),
    recipients: z
      .array(z.strictObject({ encrypted_key: z.string(), header: z.record(z.string(), z.unknown()) }))
      .min(1),
  }),
);
export type SealedEnvelope = z.output<typeof sealedEnvelope>;
