import type { LinkReason } from '@heed/contracts-ingress';
import type { FieldVault } from '@heed/key-store';
import { conflict, malformed, refused } from '@heed/kernel';
import type { Cause, Identifier } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import type { Blinded, Look } from '../subject/identifier-index.js';
import { SubjectStore } from '../subject/subject.store.js';
import type { Person } from '../subject/subject.store.js';
import { CarryDecisions } from './carry-decisions.js';
import { ownersOf, releaseIdentifiers } from './identifier-moves.js';
import { keepChanges } from './identity-change.store.js';
import { aliasesOf, isAnonymous, isDevice, leadsTo, lockInOrder, lockThemselves } from './identity.store.js';
import { MergePeople } from './merge-people.use-case.js';

export interface NewLink {
  readonly person: Person;
  readonly identifiers: readonly Identifier[];
  readonly reason: LinkReason;
  readonly actor: string;
  readonly cause: Cause;
}

export interface Linked {
  readonly ref: string;
  /** How many of the identifiers are the person's only now. */
  readonly linked: number;
}

type Wanted = NewLink & { readonly ref: string };

/** Makes identifiers a person's: new ones, those of a visitor who logs in, and a device that somebody else used before. */
export class LinkIdentifiers {
  constructor(
    private readonly deps: {
      readonly subjects: SubjectStore;
      readonly merging: MergePeople;
      readonly carry: CarryDecisions;
      readonly feed: ConsentStateFeed;
      readonly vault: FieldVault;
    },
  ) {}

  /** In the order given, with everybody whom they are about locked in one order before the first: no two batches wait for each other's end. */
  async linkAll(tx: Tx, links: readonly NewLink[]): Promise<void> {
    const { subjects } = this.deps;
    if (links.length > 1) {
      const look = await subjects.index.look(tx, links.flatMap(({ person, identifiers }) => [...identifiers, ...('ref' in person ? [] : person.identifiers)]), true);
      const named = await subjects.find(tx, links.flatMap(({ person }) => ('ref' in person ? [person] : [])));
      await lockInOrder(tx, [...look.known.values(), ...named.flatMap((one) => one?.ref ?? [])]);
    }
    for (const one of links) await this.link(tx, one);
  }

  /** @throws HeedError `subject_unknown`, `identity_ambiguous`, `identifier_of_another`, `subject_erased`, `person_met_at_once` */
  async link(tx: Tx, asked: NewLink): Promise<Linked> {
    const { subjects } = this.deps;
    const link = { ...asked, ...roles(asked) };
    const look = await subjects.index.look(tx, link.identifiers, true);
    const [before] = await subjects.find(tx, [link.person]);
    await lockInOrder(tx, [...look.known.values(), ...(before ? [before.ref] : [])]);
    const [resolved] = await subjects.resolve(tx, [link.person]);
    if (!resolved) throw malformed('subject_unknown', 'There is no person with this ref; name them by identifiers.');
    if (resolved.aliases.length > 0) throw refused('identity_ambiguous', 'The subject names different people; merge them first, or name one of them.');
    return this.takeAll(tx, { ...link, ref: resolved.ref }, look, resolved.gained === true);
  }

  private async takeAll(tx: Tx, link: Wanted, look: Look, gained: boolean): Promise<Linked> {
    const own = link.person;
    const subjects = 'ref' in own ? new Set<string>() : new Set(own.identifiers.map(({ type, value }) => `${type} ${value}`));
    const [fresh, taken] = [[] as Blinded[], [] as Blinded[]];
    let merged = 0;
    for (const [one, owner] of ownersOf(look)) {
      if (owner === link.ref || subjects.has(`${one.type} ${one.value}`)) continue;
      if (owner === undefined) fresh.push(one);
      else if (await this.join(tx, link, owner, one)) merged += 1;
      else taken.push(one);
    }
    if (gained || fresh.length + taken.length > 0) await this.take(tx, link, look, fresh, taken);
    return { ref: link.ref, linked: fresh.length + taken.length + merged };
  }

  /** A visitor of whom only devices are known becomes the person who logs in. @returns false where one device changes hands */
  private async join(tx: Tx, { ref, reason, actor, cause }: Wanted, owner: string, { type }: Blinded): Promise<boolean> {
    if (await leadsTo(tx, owner, ref)) return true; // joined with another identifier of this call
    if (isDevice(type) && (await isAnonymous(tx, owner))) {
      await this.deps.merging.merge(tx, { ref, other: owner, kind: 'joined', reason, actor, cause });
      return true;
    }
    if (isDevice(type) && reason === 'login') return false;
    throw conflict('identifier_of_another', `An identifier of type ${type} belongs to another person; where both are one, merge them.`);
  }

  /** Takes identifiers to the person, and tells the stores what the person had decided. */
  private async take(tx: Tx, { ref, reason, actor, cause }: Wanted, look: Look, fresh: readonly Blinded[], taken: readonly Blinded[]): Promise<void> {
    const { subjects, vault, carry, feed } = this.deps;
    const version = ((await lockThemselves(tx, [ref])).get(ref) ?? 0) + 1;
    const from = await releaseIdentifiers(tx, vault, taken);
    await subjects.identifiers.insert(tx, look.epoch, [], [...fresh, ...taken].map((one) => ({ ...one, ref })), { reason, actor });
    const [changeId = ref] = await keepChanges(tx, { reason, actor }, from.map(({ owner, type }) => ({ kind: 'moved', ref, other: owner, identifier: { type } })));
    const aliases = (await aliasesOf(tx, [ref])).get(ref) ?? [];
    await carry.write(tx, { changeId, channel: 'identity', actor, cause, aliases }, [], [{ ref, version, purposes: 'all' }]);
    tx.record({ kind: 'identifiers.linked', ref, data: { linked: fresh.length, moved: taken.length, reason, actor } });
    await feed.changed(tx, [ref, ...from.map(({ owner }) => owner)]);
  }
}

/**
 * Who logs in is whom the account, the address or the number names, whichever side of the call they stand on: the device is
 * what is linked.
 */
function roles({ person, identifiers }: NewLink): Pick<NewLink, 'person' | 'identifiers'> {
  if ('ref' in person || !person.identifiers.every(({ type }) => isDevice(type))) return { person, identifiers };
  const named = identifiers.filter(({ type }) => !isDevice(type));
  if (named.length === 0) return { person, identifiers };
  return { person: { identifiers: named }, identifiers: [...person.identifiers, ...identifiers.filter(({ type }) => isDevice(type))] };
}
