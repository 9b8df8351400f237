import type { ClientGrant, IssuerClient } from './clients.js';
import { hashSecret, isSecretOf } from './secret-hash.js';

/**
 * The clients with the hashes of their secrets; one that is known and still right is kept, so that a file that changes
 * names what changed.
 */
export function hashedClients(
  grants: readonly ClientGrant[],
  secrets: Readonly<Record<string, string>>,
  known: readonly IssuerClient[],
): Promise<IssuerClient[]> {
  const before = new Map(known.map((client) => [client.id, client.secretHash]));
  return Promise.all(
    grants.map(async (grant) => {
      const secret = secrets[grant.id];
      if (secret === undefined) throw new Error(`no secret for the client ${grant.id}`);
      const hashed = before.get(grant.id);
      const secretHash = hashed !== undefined && (await isSecretOf(hashed, secret)) ? hashed : await hashSecret(secret);
      return { ...grant, secretHash };
    }),
  );
}
