import { hashOfPageToken, tenantOfPageToken } from '@heed/http';
import { isNotServed, UnitOfWork } from '@heed/persistence';
import type { RunOptions, Tx } from '@heed/persistence';
import { findLink } from './link.store.js';
import type { Link } from './link.store.js';

/**
 * Does something in the transaction in which a link was found valid. Undefined for every token that opens nothing: never
 * made, expired, of a person who was erased, or of a tenant who is not here. Who guesses learns nothing.
 */
export async function withLink<T>(unitOfWork: UnitOfWork, token: string, work: (tx: Tx, link: Link) => Promise<T>, options?: RunOptions): Promise<T | undefined> {
  const tenant = tenantOfPageToken(token);
  if (!tenant) return undefined;
  try {
    return await unitOfWork.run(
      tenant,
      async (tx) => {
        const link = await findLink(tx, hashOfPageToken(token));
        return link && (await work(tx, link));
      },
      options,
    );
  } catch (error) {
    if (isNotServed(error)) return undefined;
    throw error;
  }
}
