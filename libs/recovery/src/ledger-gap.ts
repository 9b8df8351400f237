import { ledgerSequenced } from '@heed/contracts-ledger';
import { conflict } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import type { Checkpoint, LedgerRecord } from '@heed/ledger';

/** A tenant whose ledger is shorter than what was signed of it. */
export class LedgerGap {
  readonly #records: (LedgerRecord | undefined)[] = [];
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
    for (const [i, record] of parsed.data.records.entries()) {
      const index = parsed.data.from + i;
      if (index < this.from) continue;
      this.#records[index - this.from] = record;
      this.#firstAt = Math.min(this.#firstAt, at);
    }
  }

  /** @throws HeedError `ledger_gap` where Kafka has not kept them all: the copy is too old */
  records(): readonly LedgerRecord[] {
    const records: LedgerRecord[] = [];
    for (const record of this.#records) {
      if (!record) break;
      records.push(record);
    }
    const to = this.from + records.length;
    if (to >= this.signed.size) return records;
    throw conflict('ledger_gap', `Kafka has no record ${to} of ${this.signed.origin} any more: a newer copy of the database is needed.`);
  }
}
