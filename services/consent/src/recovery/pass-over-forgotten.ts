import { identifier } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import type { FieldVault } from '@heed/key-store';
import { markHandled } from '@heed/recovery';
import type { Heard, Lost } from '@heed/recovery';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { z } from 'zod';
import { normaliseAll } from '../subject/normalise.js';
import type { ForgottenIdentifier } from './restore-erasures.js';

const naming = z.object({ subject: z.object({ identifiers: z.array(identifier) }).optional().catch(undefined), identifiers: z.array(identifier).optional().catch(undefined) });

/**
 * What platform teams sent in is read once more when the service opens. What they sent of somebody before they were erased, a
 * log-in or a refused consent say, would make them known again: it is passed over.
 * @param decided events whose decisions are put back: what becomes of those is known
 */
export async function passOverForgotten(tx: Tx, vault: FieldVault, { ingress }: Lost, decided: ReadonlySet<Heard>, forgotten: readonly ForgottenIdentifier[]): Promise<void> {
  if (forgotten.length === 0) return;
  const erasedAt = new Map(forgotten.map(({ type, blind, at }) => [nameOf(type, blind), at]));
  const { all } = await vault.indexes(tx.tenant);
  const country = (await new PolicyStore().current(tx)).pack.tenant.country?.value;
  const isForgotten = ({ event, at }: Heard, { type, value }: Identifier): boolean =>
    all.some((index) => {
      const erased = erasedAt.get(nameOf(type, index.of(type, value)));
      return erased !== undefined && (at <= erased || event.time <= erased);
    });
  const heard = [...ingress.values()].filter((one) => one.event.tenant === tx.tenant && !decided.has(one) && namedIn(one, country).some((name) => isForgotten(one, name)));
  await markHandled(tx, 'consent.ingress', heard);
}

function namedIn({ event }: Heard, country: string | undefined): readonly Identifier[] {
  const { subject, identifiers } = naming.safeParse(event.data).data ?? {};
  return [...(subject?.identifiers ?? []), ...(identifiers ?? [])].flatMap((one) => {
    try {
      return normaliseAll([one], country);
    } catch {
      return []; // nobody can be found by it, now as then
    }
  });
}

const nameOf = (type: string, blind: Buffer): string => `${type}:${blind.toString('base64')}`;
