import { AccessRules, keepRevocations } from '@heed/access';
import { accessRevoked } from '@heed/contracts-access';
import type { AccessRevocation } from '@heed/contracts-access';
import { newEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { Injectable } from '@nestjs/common';
import { REGISTRY } from '../source.js';
import { keepAnAdministrator } from './last-administrator.js';

/** Who decided, and how they proved to be there where the act asked for it. */
export interface Decider {
  readonly actor: string;
  readonly stepUp?: { readonly id: string; readonly method: string } | undefined;
}

/** Revokes or gives back: here in the same transaction, in every other service by an event. */
@Injectable()
export class RevokeAccess {
  constructor(
    private readonly outbox: Outbox,
    private readonly rules: AccessRules,
  ) {}

  /**
   * @returns when it was decided
   * @throws HeedError `last_administrator` (409)
   */
  async run(tx: Tx, decisions: readonly Omit<AccessRevocation, 'decidedAt'>[], by: Decider): Promise<Date> {
    await keepAnAdministrator(tx, decisions);
    const decidedAt = await afterEarlier(tx, decisions.map(({ target }) => target));
    const revocations = decisions.map((decision) => ({ ...decision, decidedAt: decidedAt.toISOString() }));
    await keepRevocations(tx, revocations);
    for (const { kind, target, role, issuedBefore, inForce } of revocations) {
      const stepUp = by.stepUp && { id: by.stepUp.id, method: by.stepUp.method };
      tx.record({ kind: inForce ? 'access.revoked' : 'access.restored', data: { kind, target, role, issuedBefore, by: by.actor, ...(stepUp ? { stepUp } : {}) } });
    }
    const from = { source: REGISTRY, tenant: tx.tenant, key: tx.tenant, clock: tx.clock, cause: tx.cause };
    this.outbox.append(revocations.map((data) => newEvent(accessRevoked, { ...from, data })), tx);
    tx.afterCommit(() => this.rules.forget(tx.tenant));
    return decidedAt;
  }
}

/** Now, and later than what was decided about the same before: of two decisions every service keeps the later one. */
async function afterEarlier(tx: Tx, targets: readonly string[]): Promise<Date> {
  const earlier = await tx.query<{ decided_at: Date }>('SELECT decided_at FROM access_revocation WHERE target = ANY($1) FOR UPDATE', [targets]);
  return new Date(Math.max(tx.clock.now().getTime(), ...earlier.map((row) => row.decided_at.getTime() + 1)));
}
