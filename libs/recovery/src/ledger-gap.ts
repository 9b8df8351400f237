import { ledgerSequenced } from '@heed/contracts-ledger';
import { conflict } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import { recordHash } from '@heed/ledger';
import type { Checkpoint, LedgerRecord, ReadTile } from '@heed/ledger';
import { chooseSigned } from './choose-signed.js';
import type { Candidate } from './choose-signed.js';

/** What is put back of a ledger. */
export interface SettledGap {
  readonly records: readonly LedgerRecord[];
  /** Records that were told, and that no checkpoint covers: they are among `records` only where that was asked for. */
  readonly unsigned: number;
  /** Places for which more than one record was told, as `3` or `3-7`. */
  readonly contested: readonly string[];
}

/**
 * A tenant whose ledger is shorter than what was signed of it. Who may write to the topic may tell parts of any ledger, so
 * nothing that was told is believed but what the signed root says; all of it is kept until then.
 */
export class LedgerGap {
  readonly #told = new Map<number, Candidate[]>();
  #parts = 0;
  #firstAt = Infinity;

  constructor(
    readonly tenant: string,
    /** Records that are there. */
    readonly from: number,
    /** The newest that was signed. */
    readonly signed: Checkpoint & { readonly note: string },
  ) {}

  /** When Kafka took the first of what is missing, in milliseconds by its clock: the copy is older than that. */
  get firstAt(): number {
    return this.#firstAt;
  }

  /** A part of some ledger, as it was told when its records got their places. */
  take(event: HeedEvent, at: number): void {
    const parsed = event.type === ledgerSequenced.type ? ledgerSequenced.data.safeParse(event.data) : undefined;
    if (!parsed?.success || parsed.data.origin !== this.signed.origin) return;
    const part = (this.#parts += 1);
    for (const [i, record] of parsed.data.records.entries()) {
      const index = parsed.data.from + i;
      if (index < this.from) continue;
      const hash = recordHash(record);
      const told = this.#told.get(index) ?? [];
      const same = told.find((one) => hash.equals(one.hash));
      if (same) same.parts.push(part);
      else told.push({ record, hash, parts: [part] });
      this.#told.set(index, told);
      this.#firstAt = Math.min(this.#firstAt, at);
    }
  }

  /** @throws HeedError `ledger_gap` where Kafka has not kept them all: the copy is too old */
  complete(): readonly (readonly Candidate[])[] {
    const places: Candidate[][] = [];
    for (let index = this.from; ; index += 1) {
      const told = this.#told.get(index);
      if (!told) break;
      places.push(told);
    }
    const to = this.from + places.length;
    if (to >= this.signed.size) return places;
    throw conflict('ledger_gap', `Kafka has no record ${to} of ${this.signed.origin} any more: a newer copy of the database is needed.`);
  }

  /**
   * @param unsigned whether what was told beyond the newest checkpoint is believed too
   * @throws HeedError `ledger_forked` where nothing that was told becomes what was signed
   */
  async settle(readTile: ReadTile, unsigned: boolean): Promise<SettledGap> {
    const places = this.complete();
    const beyond = this.signed.size - this.from;
    const chosen = await chooseSigned(places, { from: this.from, signed: this.signed, readTile });
    if (!chosen) throw forked(this.signed);
    const contested = rangesOf(places.flatMap((told, i) => (told.length > 1 ? [this.from + i] : [])));
    return { records: unsigned ? chosen : chosen.slice(0, beyond), unsigned: places.length - beyond, contested };
  }
}

export const forked = (signed: Checkpoint): Error =>
  conflict('ledger_forked', `What ${signed.origin} would become is not what was signed for ${signed.size} records: the copy holds something else, or records were lost in Kafka. Nothing was changed.`);

function rangesOf(indexes: readonly number[]): readonly string[] {
  const ranges: [number, number][] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last?.[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
}
