import type { FieldVault } from '@heed/key-store';
import { conflict, newSubjectRef } from '@heed/kernel';
import type { Cause, Identifier } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { InheritAge } from '../children/inherit-age.js';
import { presentStates } from '../consent-record/consent-record.store.js';
import { isOff } from '../consent-record/decision.js';
import { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import { revokePages } from '../link/link.store.js';
import { SubjectStore } from '../subject/subject.store.js';
import { CarryDecisions } from './carry-decisions.js';
import { ownersOf, releaseIdentifiers } from './identifier-moves.js';
import { keepChanges } from './identity-change.store.js';
import type { Why } from './identity-change.store.js';
import { lockThemselves, personOf } from './identity.store.js';

export interface NewUnlink extends Why {
  readonly ref: string;
  readonly identifiers: readonly Identifier[];
  readonly cause: Cause;
}

export interface Unlinked {
  readonly ref: string;
  /** Under which the identifiers are known now. */
  readonly other: string;
  readonly unlinked: number;
}

/**
 * Identifiers that are somebody else's become a person of their own, who has decided nothing but keeps every no: whoever it
 * is may have meant it, and is asked again.
 */
export class UnlinkIdentifiers {
  constructor(
    private readonly deps: { readonly subjects: SubjectStore; readonly carry: CarryDecisions; readonly feed: ConsentStateFeed; readonly vault: FieldVault; readonly ages: InheritAge },
  ) {}

  /** @throws HeedError `not_found`, `identifier_not_linked`, `last_identifier`, `subject_erased`, `person_met_at_once` */
  async unlink(tx: Tx, { ref: asked, identifiers, reason, actor, cause }: NewUnlink): Promise<Unlinked> {
    const { subjects, carry, feed, vault, ages } = this.deps;
    const ref = await personOf(tx, asked);
    const look = await subjects.index.look(tx, identifiers, true);
    const owned = ownersOf(look);
    if (owned.some(([, owner]) => owner !== ref)) throw conflict('identifier_not_linked', 'One of the identifiers is not this person’s.');
    await lockThemselves(tx, [ref]);
    const from = await releaseIdentifiers(tx, vault, owned.map(([one]) => one));
    const left = await tx.query('SELECT 1 FROM identifier WHERE ref = $1 LIMIT 1', [ref]);
    if (left.length === 0) throw conflict('last_identifier', 'Nothing would be left by which this person is found; erase them, or merge them with whom they are.');
    const other = newSubjectRef();
    await subjects.identifiers.insert(tx, look.epoch, [other], owned.map(([one]) => ({ ...one, ref: other })), { reason, actor });
    await lockThemselves(tx, [other]);
    const [changeId = ''] = await keepChanges(tx, { reason, actor }, from.map(({ type }) => ({ kind: 'unlinked', ref, other, identifier: { type } })));
    const nos = (await presentStates(tx, [ref])).filter(({ state }) => isOff(state));
    const carried = nos.map((no) => ({ ref: other, version: 1, as: no.state, from: no }));
    await carry.write(tx, { changeId, channel: 'identity', actor, cause, aliases: [] }, carried, []);
    // Whoever it is: what protects the one protects the other, until somebody has looked.
    await ages.run(tx, { ref: other, from: ref, cause });
    await tx.query('INSERT INTO person_hold (hold_id, ref) SELECT hold_id, $2 FROM person_hold WHERE ref = $1 ON CONFLICT DO NOTHING', [ref, other]);
    await revokePages(tx, [ref]);
    tx.record({ kind: 'identifiers.unlinked', ref, data: { other, unlinked: from.length, reason, actor } });
    await feed.changed(tx, [ref, other]);
    return { ref, other, unlinked: from.length };
  }
}
