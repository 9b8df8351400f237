/** Which of several records of one person is the newest. */
export interface Edition {
  readonly build: number;
  readonly version: number;
  /** Milliseconds since 1970; an age is told without another version. */
  readonly at: number;
}

/** Where they are alike in all, the one that came later counts. */
export const isOlder = (one: Edition, held: Edition): boolean =>
  (one.build - held.build || one.version - held.version || one.at - held.at) < 0;

export interface GoneEdition extends Edition {
  /** The 128 bits of whose key it was. */
  readonly ref: Int32Array;
}

/** Longer by far than any publisher holds a record back. */
const KEPT_MS = 3_600_000;
/** Some 10 MB, of a day on which very many are erased. */
const MAX_KEYS = 50_000;

/** Keys that were taken off lately, with the record that stood under them: nothing as old as it stands there again. */
export class GoneKeys {
  private readonly keys = new Map<string, GoneEdition & { readonly until: number }>();

  constructor(private readonly elapsed: () => number) {}

  add(key: Int32Array, edition: GoneEdition): void {
    const name = nameOf(key);
    this.keys.delete(name); // in the order of their times
    this.keys.set(name, { ...edition, until: this.elapsed() + KEPT_MS });
    for (const [oldest, { until }] of this.keys) {
      if (this.keys.size <= MAX_KEYS && until > this.elapsed()) return;
      this.keys.delete(oldest);
    }
  }

  /** It came before the tombstone, whatever the order in which they are read. */
  isLate(key: Int32Array, record: GoneEdition): boolean {
    if (this.keys.size === 0) return false;
    const name = nameOf(key);
    const gone = this.keys.get(name);
    if (!gone) return false;
    if (gone.until > this.elapsed() && gone.ref.every((word, i) => word === record.ref[i]) && !isOlder(gone, record)) return true;
    this.keys.delete(name);
    return false;
  }
}

const nameOf = (key: Int32Array): string => `${key[0]} ${key[1]} ${key[2]} ${key[3]}`;
