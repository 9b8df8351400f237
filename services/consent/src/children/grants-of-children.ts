import { uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { purposeOf } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import type { DecisionCall } from '../consent-record/decision-call.js';
import { targets } from './child-guard.js';

interface Grant {
  readonly ref: string;
  readonly purpose: string;
  readonly domain: string;
  readonly parental: boolean;
}

/**
 * What ends where somebody turns out to be a child: every yes to being followed or targeted, and every other yes behind
 * which no parent stands. As calls, so that the register, the stores and the bus hear of it like of any other.
 */
export async function grantsOfChildren(tx: Tx, pack: PolicyPack, refs: readonly string[]): Promise<readonly DecisionCall[]> {
  if (refs.length === 0) return [];
  const grants = await tx.query<Grant>(
    `SELECT s.ref, s.purpose, s.domain, EXISTS (SELECT 1 FROM consent_record r WHERE r.id = s.record_id AND r.ref = s.ref AND r.detail ? 'parentalConsent') AS parental
       FROM consent_state s WHERE s.ref = ANY($1) AND s.state = 'given' ORDER BY s.ref, s.domain, s.purpose`,
    [refs],
  );
  const ending = grants.filter(({ purpose, parental }) => {
    const declared = purposeOf(pack, purpose);
    return declared !== undefined && (targets(declared) || !parental);
  });
  return [...Map.groupBy(ending, ({ ref, domain }) => `${ref} ${domain}`).values()].map(([first, ...others]) => ({
    id: uuidv7(tx.clock.now()),
    subject: { ref: first!.ref },
    decisions: [first!, ...others].map(({ purpose }) => ({ purpose, decision: 'invalidated' as const })),
    channel: 'child_protection',
    actor: 'heed',
    cause: tx.cause ?? { correlationId: uuidv7(tx.clock.now()) },
    ...(first!.domain === '' ? {} : { domain: first!.domain }),
  }));
}
