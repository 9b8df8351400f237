import { assertStrongEnough } from '@heed/auth';
import type { StepUp } from '@heed/auth';
import { MAX_ALIASES } from '@heed/contracts-consent';
import { holdPlaced, holdPlacedOnPerson, holdReleased } from '@heed/contracts-retention';
import { Fanout } from '@heed/fanout';
import type { KnownPerson } from '@heed/fanout';
import { conflict, DISPATCH_PREFIX, failpoint, newEvent, refused, uuidv7 } from '@heed/kernel';
import { FieldVault } from '@heed/key-store';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { SOURCE } from '../../source.js';
import { remindOfWords } from '../../forgetting/forget-words.js';
import { wholePerson } from '../../identity/alias.store.js';
import { placeOf } from '../adapters/hold-words.js';
import { findHold, lockPeople, raiseVersion, standingHolds } from '../adapters/hold.store.js';
import type { HoldRow } from '../adapters/hold.store.js';

export interface NewHold {
  readonly person: KnownPerson;
  readonly matter: string;
  readonly reason: string;
  readonly categories: 'all' | readonly string[];
}

/** Who does a privileged act, and how they proved to be there. */
export interface Officer {
  readonly actor: string;
  readonly stepUp?: StepUp | undefined;
}

export interface PlacedHold {
  readonly id: string;
  readonly ref: string;
  readonly dispatchId: string;
}

/** Places and releases legal holds, and tells every store of the person; both are a privacy officer's acts. */
export class HoldPerson {
  constructor(
    private readonly deps: { readonly policies: PolicyStore; readonly fanout: Fanout; readonly outbox: Outbox; readonly vault: FieldVault },
  ) {}

  /** @throws HeedError `category_unknown`, `data_map_not_ready`, `policy_not_ready` */
  async place(tx: Tx, actor: string, wanted: NewHold): Promise<PlacedHold> {
    const { pack } = await this.deps.policies.current(tx);
    checkCategories(pack, wanted.categories);
    const { ref, aliases } = await wholePerson(tx, wanted.person);
    await lockPeople(tx, [ref, ...aliases]);
    const now = tx.clock.now();
    const id = uuidv7(now);
    const dispatchId = `${DISPATCH_PREFIX.retention}_${uuidv7(now)}`;
    const [key] = await this.deps.vault.newKeys(tx.tenant, 1);
    const seal = (field: 'matter' | 'reason', text: string): Buffer => this.deps.vault.seal(key!, placeOf(tx.tenant, id, field), text);
    await tx.query(
      `INSERT INTO hold (id, ref, aliases, categories, matter, reason, dispatch_id, placed_at, placed_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [id, ref, aliases, JSON.stringify(wanted.categories), seal('matter', wanted.matter), seal('reason', wanted.reason), dispatchId, now, actor],
    );
    await this.deps.fanout.open(tx, [
      {
        id: dispatchId,
        kind: 'hold',
        ref,
        aliases,
        version: await raiseVersion(tx, ref),
        cause: { type: 'hold', id },
        body: { holdId: id, categories: wanted.categories },
        dueAt: addDuration(now, pack.operations.acknowledgementDue.value, calendarOf(pack)),
      },
    ]);
    const data = { holdId: id, ref, dispatchId };
    const from = { source: SOURCE, tenant: tx.tenant, key: ref, clock: tx.clock, cause: tx.cause };
    this.deps.outbox.append([newEvent(holdPlaced, { ...from, data }), newEvent(holdPlacedOnPerson, { ...from, data: { ...data, aliases: [...aliases] } })], tx);
    tx.record({ kind: 'hold.placed', ref, data: { holdId: id, dispatchId, categories: wanted.categories, actor } });
    failpoint('retention.hold.before-commit');
    return { id, ref, dispatchId };
  }

  /**
   * What it held back may be destroyed from now on, so whoever releases it has proven to be there (AJU-49).
   * @throws HeedError `state_conflict` when it was released before, `step_up_too_weak`
   */
  async release(tx: Tx, id: string, officer: Officer, note: string): Promise<void> {
    const { actor, stepUp } = officer;
    const before = await findHold(tx, id);
    await lockPeople(tx, [before.ref, ...before.aliases]); // people before holds, as clearance does
    const hold = await findHold(tx, id, 'FOR UPDATE');
    if (hold.released_at) throw conflict('state_conflict', 'This hold was released before.');
    const { pack } = await this.deps.policies.current(tx);
    assertStrongEnough(stepUp, pack.security.privilegedMfa);
    const { ref, aliases } = hold;
    const now = tx.clock.now();
    const dispatchId = `${DISPATCH_PREFIX.retention}_${uuidv7(now)}`;
    await tx.query('UPDATE hold SET released_at = $2, released_by = $3, release_note = $4, release_dispatch_id = $5 WHERE id = $1', [
      id,
      now,
      actor,
      await this.sealed(tx, hold, note),
      dispatchId,
    ]);
    await this.deps.fanout.open(tx, [
      {
        id: dispatchId,
        kind: 'hold_release',
        ref,
        aliases,
        version: await raiseVersion(tx, ref),
        cause: { type: 'hold', id },
        body: { holdId: id },
        dueAt: addDuration(now, pack.operations.acknowledgementDue.value, calendarOf(pack)),
      },
    ]);
    await remindOfWords(tx);
    await this.deps.fanout.notEffective(tx, [hold.dispatch_id]); // a store that is mapped later need not hold any more
    const data = { holdId: id, ref, dispatchId, aliases };
    this.deps.outbox.append([newEvent(holdReleased, { source: SOURCE, tenant: tx.tenant, key: ref, data, clock: tx.clock, cause: tx.cause })], tx);
    tx.record({ kind: 'hold.released', ref, data: { holdId: id, dispatchId, actor, stepUp: { id: stepUp.id, method: stepUp.method } } });
  }

  /** These refs are one person: every hold on one of them stands on all, and every store is told. */
  async extend(tx: Tx, refs: readonly string[]): Promise<void> {
    await lockPeople(tx, refs);
    for (const { id } of await standingHolds(tx, refs)) {
      const hold = await findHold(tx, id, 'FOR UPDATE');
      const added = refs.filter((ref) => ref !== hold.ref && !hold.aliases.includes(ref));
      if (added.length > 0) await this.extendOne(tx, hold, added);
    }
  }

  private async extendOne(tx: Tx, hold: HoldRow, added: readonly string[]): Promise<void> {
    const { pack } = await this.deps.policies.current(tx);
    const { id, ref, categories } = hold;
    const aliases = [...hold.aliases, ...added];
    const now = tx.clock.now();
    const dispatchId = `${DISPATCH_PREFIX.retention}_${uuidv7(now)}`;
    await tx.query('UPDATE hold SET aliases = $2, dispatch_id = $3 WHERE id = $1', [id, aliases, dispatchId]);
    await this.deps.fanout.notEffective(tx, [hold.dispatch_id]); // the new one says it of everybody
    await this.deps.fanout.open(tx, [
      {
        id: dispatchId, kind: 'hold', ref, aliases: aliases.slice(-MAX_ALIASES), version: await raiseVersion(tx, ref), cause: { type: 'hold', id },
        body: { holdId: id, categories }, dueAt: addDuration(now, pack.operations.acknowledgementDue.value, calendarOf(pack)),
      },
    ]);
    const from = { source: SOURCE, tenant: tx.tenant, key: ref, clock: tx.clock, cause: tx.cause };
    this.deps.outbox.append([newEvent(holdPlacedOnPerson, { ...from, data: { holdId: id, ref, dispatchId, aliases } })], tx);
    tx.record({ kind: 'hold.extended', ref, data: { holdId: id, dispatchId, categories, aliases: added } });
  }

  /** Under the hold's own key, so that all its words go at once. */
  private async sealed(tx: Tx, hold: HoldRow, note: string): Promise<Buffer> {
    const { vault } = this.deps;
    const known = hold.matter && (await vault.keys(tx.tenant, [vault.keyIdOf(hold.matter)])).values().next().value;
    const [key] = known ? [known] : await vault.newKeys(tx.tenant, 1);
    return vault.seal(key!, placeOf(tx.tenant, hold.id, 'release-note'), note);
  }
}

function checkCategories(pack: PolicyPack, categories: 'all' | readonly string[]): void {
  if (categories === 'all') return;
  const known = new Set(pack.dataCategories.map((category) => category.id));
  const unknown = categories.find((category) => !known.has(category));
  if (unknown !== undefined) throw refused('category_unknown', `The policy has no data category ${unknown}.`);
}
