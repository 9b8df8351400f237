const EMPTY = -1;
const DELETED = -2;
const FULL = 0.65;

/**
 * From the first 128 bits of a keyed hash to a slot of whoever it is, in typed arrays: some 30 bytes each where a `Map` of
 * strings takes five times as many. Open addressing; a hash spreads well by itself, so its own bits say where to begin.
 */
export class KeyTable {
  private words: Int32Array;
  private slots: Int32Array;
  private epochs: Int32Array;
  private mask: number;
  private used = 0;
  /** Keys that lead to somebody. */
  size = 0;

  /** @param isLive whether a slot is still whose it was when the key was put */
  constructor(private readonly isLive: (slot: number, epoch: number) => boolean, capacity = 1024) {
    this.mask = capacity - 1;
    this.words = new Int32Array(capacity * 4);
    this.slots = new Int32Array(capacity).fill(EMPTY);
    this.epochs = new Int32Array(capacity);
  }

  get bytes(): number {
    return this.words.byteLength + this.slots.byteLength + this.epochs.byteLength;
  }

  /** @returns the slot, or -1 */
  find(key: Int32Array, at = 0): number {
    const index = this.seek(key, at);
    if (index < 0) return -1;
    const slot = this.slots[index]!;
    return this.isLive(slot, this.epochs[index]!) ? slot : -1;
  }

  put(key: Int32Array, slot: number, epoch: number): void {
    let index = this.seek(key, 0);
    if (index < 0) {
      if (this.used >= (this.mask + 1) * FULL) this.rebuild();
      index = (key[0]! ^ key[1]! ^ key[2]! ^ key[3]!) & this.mask;
      while (this.slots[index]! !== EMPTY) index = (index + 1) & this.mask;
      this.words.set(key.subarray(0, 4), index * 4);
      this.used += 1;
      this.size += 1;
    }
    this.slots[index] = slot;
    this.epochs[index] = epoch;
  }

  /** @returns the slot that it led to, or -1 */
  remove(key: Int32Array): number {
    const index = this.seek(key, 0);
    if (index < 0) return -1;
    const slot = this.slots[index]!;
    const live = this.isLive(slot, this.epochs[index]!);
    this.slots[index] = DELETED;
    this.size -= 1;
    return live ? slot : -1;
  }

  private seek(key: Int32Array, at: number): number {
    const { words, slots, mask } = this;
    for (let index = (key[at]! ^ key[at + 1]! ^ key[at + 2]! ^ key[at + 3]!) & mask; ; index = (index + 1) & mask) {
      const slot = slots[index]!;
      if (slot === EMPTY) return -1;
      if (slot === DELETED) continue;
      const w = index * 4;
      if (words[w] === key[at] && words[w + 1] === key[at + 1] && words[w + 2] === key[at + 2] && words[w + 3] === key[at + 3]) return index;
    }
  }

  /** Leaves out what is deleted or was somebody's who is not here any more, and grows where that is not enough. */
  private rebuild(): void {
    const { words, slots, epochs } = this;
    let count = 0;
    for (let i = 0; i < slots.length; i += 1) if (slots[i]! >= 0 && this.isLive(slots[i]!, epochs[i]!)) count += 1;
    const capacity = count > slots.length * FULL * 0.6 ? slots.length * 2 : slots.length;
    this.words = new Int32Array(capacity * 4);
    this.slots = new Int32Array(capacity).fill(EMPTY);
    this.epochs = new Int32Array(capacity);
    this.mask = capacity - 1;
    this.used = this.size = count;
    for (let i = 0; i < slots.length; i += 1) {
      if (slots[i]! < 0 || !this.isLive(slots[i]!, epochs[i]!)) continue;
      let index = (words[i * 4]! ^ words[i * 4 + 1]! ^ words[i * 4 + 2]! ^ words[i * 4 + 3]!) & this.mask;
      while (this.slots[index]! !== EMPTY) index = (index + 1) & this.mask;
      for (let w = 0; w < 4; w += 1) this.words[index * 4 + w] = words[i * 4 + w]!;
      this.slots[index] = slots[i]!;
      this.epochs[index] = epochs[i]!;
    }
  }
}
