import type { JournalEntry, Person } from '@heed/connector-spi';
import { openEnvelope } from '@heed/crypto';
import type { OkpKey } from '@heed/crypto';
import { isHeedError } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';

/** Identifiers of people at work, so that an erasure's verification does not open the envelope again. Memory only. */
const REMEMBERED = 5000;

/** Opens the sealed identifiers of commands for one store. */
export class Opener {
  private readonly opened = new Map<string, readonly Identifier[]>();

  constructor(private readonly options: { readonly tenant: string; readonly store: string; readonly keys: () => readonly OkpKey[] }) {}

  /** Who can be read; the rest is refused: the envelope is for another store or key, another tenant or dispatch, or was changed. */
  open(entries: readonly JournalEntry[]): { readonly people: ReadonlyMap<string, Person>; readonly unreadable: readonly JournalEntry[] } {
    const people = new Map<string, Person>();
    const unreadable: JournalEntry[] = [];
    for (const entry of entries) {
      const identifiers = this.identifiersOf(entry);
      if (identifiers) people.set(entry.dispatchId, { dispatchId: entry.dispatchId, identifiers });
      else unreadable.push(entry);
    }
    return { people, unreadable };
  }

  forget(entries: Iterable<JournalEntry>): void {
    for (const entry of entries) this.opened.delete(nameOf(entry));
  }

  private identifiersOf(entry: JournalEntry): readonly Identifier[] | undefined {
    const known = this.opened.get(nameOf(entry));
    if (known) return known;
    const { tenant, store, keys } = this.options;
    const { sealed } = entry.data;
    try {
      // Sealed before keys were exchanged, it names a former one.
      const named = new Set(sealed.recipients.map(({ header }) => header['kid']));
      const privateKey = keys().find((key) => named.has(`${store}/${key.kid}`));
      if (!privateKey) return undefined;
      const { identifiers } = openEnvelope(sealed, { store, privateKey, aad: `${tenant}|${entry.dispatchId}` });
      if (this.opened.size >= REMEMBERED) this.opened.clear();
      this.opened.set(nameOf(entry), identifiers);
      return identifiers;
    } catch (error) {
      if (isHeedError(error)) return undefined;
      throw error;
    }
  }
}

/** A redelivery may carry another envelope: what was opened is remembered per delivery. */
const nameOf = (entry: JournalEntry): string => `${entry.dispatchId} ${entry.commandId}`;
