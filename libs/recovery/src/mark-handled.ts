import { derivedId } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import type { Heard } from './types.js';

/**
 * Lets a consumer pass over events whose effects were put back: what it reads again would else be done twice.
 * @param consumer `<service>.<group>`
 */
export async function markHandled(tx: Tx, consumer: string, heard: readonly Heard[]): Promise<number> {
  const rows = new Map(heard.map(({ event, at }) => [keyOf(tx.tenant, event), at.toISOString().slice(0, 10)]));
  if (rows.size > 0) {
    await tx.query('INSERT INTO heed.inbox (day, consumer, event_key) SELECT d, $1, k FROM unnest($2::date[], $3::text[]) AS i(d, k) ON CONFLICT DO NOTHING', [consumer, [...rows.values()], [...rows.keys()]]);
  }
  return rows.size;
}

/** As the consumer of ingress knows it: under an opaque id. */
const keyOf = (tenant: string, { source, id }: Heard['event']): string => `${tenant}|${source}|${derivedId(tenant, source, id)}`;
