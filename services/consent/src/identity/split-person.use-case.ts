import { personSplit } from '@heed/contracts-consent';
import { conflict, failpoint, newEvent } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { InheritAge } from '../children/inherit-age.js';
import { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import { appendRecords, presentStates } from '../consent-record/consent-record.store.js';
import type { PresentState } from '../consent-record/consent-record.store.js';
import { isOff } from '../consent-record/decision.js';
import { metAtOnce } from '../subject/new-identifiers.js';
import { revokePages } from '../link/link.store.js';
import { CarryDecisions } from './carry-decisions.js';
import type { Carried } from './carry-decisions.js';
import { parted } from './domain/join.js';
import { keepChanges, mergingsOf } from './identity-change.store.js';
import type { Merging, Why } from './identity-change.store.js';
import { aliasesOf, leadBack, lockThemselves, personOf } from './identity.store.js';
import type { Identity } from './merge-people.use-case.js';
import { decidedUpTo, endedSince } from './own-decisions.js';

export interface NewSplit extends Why {
  readonly ref: string;
  readonly other: string;
  readonly cause: Cause;
}

/** Undoes a merge: each has its own identifiers and refs again, every no counts for both, and no yes of the time in between. */
export class SplitPerson {
  constructor(private readonly deps: { readonly carry: CarryDecisions; readonly outbox: Outbox; readonly feed: ConsentStateFeed; readonly ages: InheritAge }) {}

  /** @throws HeedError `not_found`, `not_merged`, `subject_erased`, `person_met_at_once` */
  async split(tx: Tx, { ref: asked, other, reason, actor, cause }: NewSplit): Promise<Identity> {
    const ref = await personOf(tx, asked);
    const mergings = other === ref || (await personOf(tx, other)) !== ref ? undefined : await mergingsOf(tx, ref, other);
    if (!mergings) throw conflict('not_merged', 'The other ref was not merged with this person; name the person first, then the ref that came later.');
    const { came, own } = mergings;
    const versions = await lockThemselves(tx, [ref]);
    const [row] = await tx.query<{ version: string; person: string | null }>('UPDATE subject SET version = version + 1 WHERE ref = $1 RETURNING version, person', [other]);
    if (row?.person !== ref) throw metAtOnce();
    const [version, otherVersion] = [(versions.get(ref) ?? 0) + 1, Number(row.version)];
    const members = await this.stillWith(tx, ref, own);
    await leadBack(tx, other, members);
    const [changeId = ''] = await keepChanges(tx, { reason, actor }, [{ kind: 'split', ref, other, members, versions: { ref: version - 1, other: otherVersion - 1 } }]);
    const found = await aliasesOf(tx, [ref, other]);
    const aliases = found.get(ref) ?? [];
    await this.part(tx, { ref, other, came, own }, { version, otherVersion }, { changeId, channel: 'identity', actor, cause, aliases: [] });
    const data = { ref, alias: other, aliases: [...aliases], version, changeId, reason };
    this.deps.outbox.append([newEvent(personSplit, { source: '/heed/consent', tenant: tx.tenant, key: ref, clock: tx.clock, cause, data })], tx);
    tx.record({ kind: 'person.split', ref, data: { alias: other, members, changeId, reason, actor } });
    await this.deps.ages.run(tx, { ref: other, from: ref, cause });
    await revokePages(tx, [ref, other, ...members]);
    await this.deps.feed.changed(tx, [ref, other]);
    failpoint('consent.split.before-commit');
    return { ref, aliases, changeId };
  }

  /** Of those who came along, the ones that were not split off since. */
  private async stillWith(tx: Tx, person: string, own: Merging): Promise<readonly string[]> {
    const rows = await tx.query<{ ref: string }>('SELECT ref FROM subject WHERE person = $1 AND ref = ANY($2) ORDER BY ref', [person, own.members]);
    return rows.map((row) => row.ref);
  }

  private async part(
    tx: Tx, { ref, other, came, own }: { ref: string; other: string; came: Merging; own: Merging },
    { version, otherVersion }: { version: number; otherVersion: number }, by: Parameters<CarryDecisions['write']>[1],
  ): Promise<void> {
    const now = await presentStates(tx, [ref]);
    const mine = await decidedUpTo(tx, ref, came.version);
    const theirs = await decidedUpTo(tx, other, own.otherVersion);
    const ended = await endedSince(tx, ref, came.version);
    const keys = new Map([...now, ...mine, ...theirs].map(({ purpose, domain }) => [`${purpose} ${domain}`, { purpose, domain }]));
    const carried: Carried[] = [];
    const back: PresentState[] = [];
    const off = new Set<string>();
    for (const { purpose, domain } of keys.values()) {
      const of = (list: readonly PresentState[]): PresentState | undefined => list.find((s) => s.purpose === purpose && s.domain === domain);
      const [held, ownOfMine, ownOfTheirs] = [of(now), of(mine), of(theirs)];
      const since = { now: held, noSince: ended(purpose, domain) };
      const keep = parted({ own: ownOfMine, others: ownOfTheirs, ...since });
      if (held?.state === 'given' && keep.is !== 'own') carried.push({ ref, version, as: 'invalidated', from: held });
      else if (held?.state === 'given' && keep.is === 'own' && keep.state.recordId !== held.recordId) carried.push({ ref, version, as: 'given', from: keep.state });
      const leave = parted({ own: ownOfTheirs, others: ownOfMine, ...since });
      if (leave.is === 'own') back.push(leave.state);
      else if (leave.is === 'no') carried.push({ ref: other, version: otherVersion, as: leave.state.state, from: leave.state });
      else if (leave.is === 'invalidated' && ownOfTheirs) carried.push({ ref: other, version: otherVersion, as: 'invalidated', from: ownOfTheirs });
      if (leave.is === 'own' && isOff(leave.state.state)) off.add(purpose);
    }
    // What held before holds again, by the records that it was made with.
    await tx.query('DELETE FROM consent_state WHERE ref = $1', [other]);
    await appendRecords(tx, [], back);
    // What is off for the one that goes was last said under the person's ref: it is said under its own again.
    await this.deps.carry.write(tx, by, carried, [{ ref: other, version: otherVersion, purposes: [...off] }]);
  }
}
