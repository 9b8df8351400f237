import { HeedError } from '@heed/kernel';
import { extendDue } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';

export interface Extendable {
  readonly jurisdiction: string | null;
  readonly receivedAt: Date;
  readonly due: Date;
  readonly extensions: number;
}

/**
 * The new deadline of a case. What the policy does not promise at all is refused; what comes too late, twice or without a
 * reason is in conflict with the case as it stands (AJU-41).
 * @throws HeedError naming the promise
 */
export function extendedDue(pack: PolicyPack, request: Extendable, reason: string, now: Date): { due: Date; source: string } {
  const extension = extendDue({
    pack,
    jurisdiction: request.jurisdiction ?? undefined,
    receivedAt: request.receivedAt,
    due: request.due,
    extensionsUsed: request.extensions,
    reason,
    now,
  });
  if (extension.ok) return { due: extension.due, source: extension.source };
  const { code, detail, promise } = extension;
  const never = code === 'extension_not_promised' || code === 'extension_gains_nothing';
  throw new HeedError({ kind: never ? 'refused' : 'conflict', code, detail, ...(promise ? { promise } : {}) });
}
