import { createHmac, createSecretKey } from 'node:crypto';

declare module 'fastify' {
  interface FastifyInstance {
    fingerprint(content: unknown): string;
  }
}

/**
 * Says whether two things that came are the same, by what may be kept of them for days. Keyed: an address, or an id that another
 * system gave, is one of so few that its plain hash could be guessed by whoever reads the table.
 * @returns 43 characters
 * @example fingerprintUnder(key)({ email: 'ada@example.com' })
 */
export function fingerprintUnder(key: Uint8Array): Fingerprint {
  const secret = createSecretKey(key);
  return (content) => createHmac('sha256', secret).update(JSON.stringify(content)).digest('base64url');
}

export type Fingerprint = (content: unknown) => string;
