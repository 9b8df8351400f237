import { MAX_ALIASES, personMerged } from '@heed/contracts-consent';
import { Fanout } from '@heed/fanout';
import { conflict, failpoint, newEvent } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { InheritAge } from '../children/inherit-age.js';
import { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import { presentStates } from '../consent-record/consent-record.store.js';
import type { PresentState } from '../consent-record/consent-record.store.js';
import { isNo, isOff } from '../consent-record/decision.js';
import { PresentStates } from '../consent-record/present-states.js';
import { CarryDecisions } from './carry-decisions.js';
import type { Carried } from './carry-decisions.js';
import { joined } from './domain/join.js';
import { keepChanges } from './identity-change.store.js';
import type { Why } from './identity-change.store.js';
import { aliasesOf, leadTo, lockThemselves, personOf } from './identity.store.js';

export interface NewMerge extends Why {
  /** Whoever else is found to be this person leads here. */
  readonly ref: string;
  readonly other: string;
  /** `joined`: nothing but devices is known of the other. */
  readonly kind: 'merged' | 'joined';
  readonly cause: Cause;
}

export interface Identity {
  readonly ref: string;
  readonly aliases: readonly string[];
  readonly changeId: string;
}

/**
 * Makes two refs one person: from the commit on all is decided under one of them, what either had said no to is a no for
 * both, and the stores hear of it with the identifiers of both.
 */
export class MergePeople {
  constructor(
    private readonly deps: { readonly carry: CarryDecisions; readonly fanout: Fanout; readonly outbox: Outbox; readonly feed: ConsentStateFeed; readonly ages: InheritAge },
  ) {}

  /** @throws HeedError `not_found`, `already_one_person`, `subject_erased`, `too_many_aliases`, `person_met_at_once` */
  async merge(tx: Tx, wanted: NewMerge): Promise<Identity> {
    const [ref, other] = [await personOf(tx, wanted.ref), await personOf(tx, wanted.other)];
    if (ref === other) throw conflict('already_one_person', 'Both refs lead to the same person already.');
    const versions = await lockThemselves(tx, [ref, other]);
    const [version, otherVersion] = [versions.get(ref) ?? 0, versions.get(other) ?? 0];
    const members = await leadTo(tx, ref, other, wanted.kind === 'joined');
    const aliases = (await aliasesOf(tx, [ref])).get(ref) ?? [];
    if (wanted.kind === 'merged' && aliases.length === MAX_ALIASES && !aliases.includes(other)) {
      throw conflict('too_many_aliases', `A person has at most ${MAX_ALIASES} refs that were merged.`);
    }
    const change = { kind: wanted.kind, ref, other, members, versions: { ref: version, other: otherVersion } };
    const [changeId = ''] = await keepChanges(tx, wanted, [change]);
    await this.join(tx, { ...wanted, ref, other }, { changeId, aliases, versions: [version + 1, otherVersion + 1] });
    const data = { ref, alias: other, aliases: [...aliases], version: version + 1, changeId, reason: wanted.reason, kind: wanted.kind === 'joined' ? ('login' as const) : ('merge' as const) };
    this.deps.outbox.append([newEvent(personMerged, { source: '/heed/consent', tenant: tx.tenant, key: ref, clock: tx.clock, cause: wanted.cause, data })], tx);
    tx.record({ kind: 'person.merged', ref, data: { alias: other, members, changeId, kind: data.kind, reason: wanted.reason, actor: wanted.actor, versions: change.versions } });
    await this.deps.ages.run(tx, { ref, from: other, cause: wanted.cause });
    await this.deps.feed.changed(tx, [ref, other]);
    failpoint('consent.merge.before-commit');
    return { ref, aliases, changeId };
  }

  /** The two people's decisions become one's: the stricter of each two. */
  private async join(
    tx: Tx, { ref, other, actor, cause }: NewMerge,
    { changeId, aliases, versions: [version, otherVersion] }: { changeId: string; aliases: readonly string[]; versions: readonly [number, number] },
  ): Promise<void> {
    const states = await presentStates(tx, [ref, other]);
    const keys = new Map(states.map(({ purpose, domain }) => [`${purpose} ${domain}`, { purpose, domain }]));
    const carried: Carried[] = [];
    const [mineAlone, before] = [new Set<string>(), new Set<string>()];
    for (const { purpose, domain } of keys.values()) {
      const onDomain = (of: string, where: string): PresentState | undefined => states.find((s) => s.ref === of && s.purpose === purpose && s.domain === where);
      // A no that named no domain is meant for this one too.
      const held = (of: string): PresentState | undefined => {
        const everywhere = onDomain(of, '');
        return onDomain(of, domain) ?? (everywhere && isNo(everywhere.state) ? { ...everywhere, domain } : undefined);
      };
      const [mine, theirs] = [held(ref), held(other)];
      const both = joined(mine, theirs);
      if (!both) continue;
      if (both.from === 'other') carried.push({ ref, version, as: both.state.state, from: both.state });
      // What I had decided has not reached the identifiers that came with the other ref.
      else if (isOff(mine?.state) ? !isOff(theirs?.state) : theirs?.state !== 'given') mineAlone.add(purpose);
      // What is on its way to the stores under the other ref must not switch on what is off now.
      if (isOff(both.state.state) && theirs?.state === 'given') before.add(purpose);
    }
    const after = new PresentStates([...states.filter((state) => state.ref === ref), ...carried.map(({ from }) => ({ ...from, ref }))]);
    await this.deps.fanout.takenOver(tx, [{ ref: other }]);
    await tx.query('DELETE FROM consent_state WHERE ref = $1', [other]);
    await this.deps.carry.write(tx, { changeId, channel: 'identity', actor, cause, aliases }, carried, [
      { ref, version, purposes: [...mineAlone] },
      { ref: other, version: otherVersion, purposes: [...before].filter((purpose) => !after.isOn(ref, purpose, tx.clock.now())) },
    ]);
  }
}
