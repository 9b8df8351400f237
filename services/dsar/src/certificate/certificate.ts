import { totalsOf } from '@heed/certificate';
import type { ErasureCertificate } from '@heed/certificate';
import { uuidv7 } from '@heed/kernel';
import type { RequestRow } from '../case/adapters/request.store.js';

/** What is certified of a case whose every store has answered. */
export function certificateOf(
  request: RequestRow,
  ref: string,
  told: Pick<ErasureCertificate, 'tenant' | 'dispatches' | 'identity'>,
  now: Date,
): ErasureCertificate {
  const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
  const { id, type, aliases, jurisdiction, channel } = request;
  return {
    schema: 'heed.dev/certificate/erasure/v1',
    id: uuidv7(now),
    tenant: told.tenant,
    request: { id, type, ref, aliases, jurisdiction, channel, receivedAt: request.received_at.toISOString() },
    clocks: {
      acknowledgeBy: iso(request.acknowledge_by),
      acknowledgedAt: iso(request.acknowledged_at),
      due: request.due.toISOString(),
      extensions: request.extensions,
      sources: { acknowledgeBy: request.acknowledge_source, due: request.due_source },
    },
    policyVersion: request.policy_version,
    verified: { at: iso(request.verified_at), by: request.verified_by, method: request.verification_method },
    approved: { at: iso(request.approved_at), by: request.approved_by },
    dispatches: told.dispatches,
    totals: totalsOf(told.dispatches),
    identity: told.identity,
    issuedAt: now.toISOString(),
    supersedes: request.certificate_id,
  };
}
