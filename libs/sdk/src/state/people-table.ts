import { DecisionSlab } from './decision-slab.js';
import type { HeldDecision } from './decision-slab.js';
import { GoneKeys, isOlder } from './gone-keys.js';
import type { Edition } from './gone-keys.js';
import { KeyTable } from './key-table.js';

/** Nothing is known of the age: whoever is grown up. `SUSPECTED`: something says child. Else the age that is reached. */
export const NO_AGE = -2;
export const SUSPECTED = -1;

export interface PersonRecord {
  /** The 128 bits of a ref. */
  readonly ref: Int32Array;
  readonly version: number;
  readonly build: number;
  /** When it was written, milliseconds since 1970. */
  readonly at: number;
  /** See `NO_AGE`. */
  readonly age: number;
  readonly decisions: readonly HeldDecision[];
}

/**
 * The people in memory: each once, however many identifiers lead to them, and at most so many. Above that, whoever was not
 * asked for longest gives way (second chance).
 */
export class PeopleTable {
  readonly decisions = new DecisionSlab();
  private readonly gone: GoneKeys;
  private readonly keys: KeyTable;
  private readonly refs: KeyTable;
  private capacity = 1024;
  private refWords = new Int32Array(this.capacity * 4);
  private versions = new Float64Array(this.capacity);
  private builds = new Float64Array(this.capacity);
  private times = new Float64Array(this.capacity);
  private places = new Int32Array(this.capacity);
  private counts = new Uint16Array(this.capacity);
  private links = new Int32Array(this.capacity);
  private epochs = new Int32Array(this.capacity);
  private asked = new Uint8Array(this.capacity);
  private ages = new Int16Array(this.capacity);
  private readonly freed: number[] = [];
  private end = 0;
  private hand = 0;
  /** People held. */
  size = 0;
  /** Somebody had to give way: who is not here may be known all the same. */
  truncated = false;

  constructor(private readonly maxPeople: number, elapsed: () => number) {
    this.gone = new GoneKeys(elapsed);
    const isLive = (slot: number, epoch: number): boolean => this.epochs[slot] === epoch;
    this.keys = new KeyTable(isLive);
    this.refs = new KeyTable(isLive);
  }

  get bytes(): number {
    const arrays = [this.refWords, this.versions, this.builds, this.times, this.places, this.counts, this.links, this.epochs, this.asked, this.ages];
    return arrays.reduce((sum, array) => sum + array.byteLength, this.keys.bytes + this.refs.bytes + this.decisions.bytes);
  }

  /** @returns the person's slot, or -1 */
  find(key: Int32Array): number {
    const slot = this.keys.find(key);
    if (slot >= 0) this.asked[slot] = 1;
    return slot;
  }

  buildOf(slot: number): number {
    return this.builds[slot]!;
  }

  placeOf(slot: number): number {
    return this.places[slot]!;
  }

  countOf(slot: number): number {
    return this.counts[slot]!;
  }

  ageOf(slot: number): number {
    return this.ages[slot]!;
  }

  /** What a record says. One that is older than what is held of the person says nothing. */
  put(key: Int32Array, record: PersonRecord): void {
    // Nor must it bring back whom a tombstone took off.
    if (this.gone.isLate(key, record)) return;
    let slot = this.refs.find(record.ref);
    const fresh = slot < 0;
    if (fresh) slot = this.take(record.ref);
    // A record that a publisher sends a second time, late, must not undo what came after it.
    else if (isOlder(record, this.held(slot))) return this.link(key, slot);
    if (!fresh) this.decisions.release(this.places[slot]!, this.counts[slot]!);
    this.places[slot] = this.decisions.put(record.decisions);
    this.counts[slot] = record.decisions.length;
    this.versions[slot] = record.version;
    this.ages[slot] = record.age;
    this.builds[slot] = record.build;
    this.times[slot] = record.at;
    this.link(key, slot);
  }

  /** Nobody is found by this key any more. */
  remove(key: Int32Array): void {
    const slot = this.keys.remove(key);
    if (slot < 0) return;
    this.gone.add(key, { ...this.held(slot), ref: this.refWords.slice(slot * 4, slot * 4 + 4) });
    this.unlink(slot);
  }

  private held(slot: number): Edition {
    return { build: this.builds[slot]!, version: this.versions[slot]!, at: this.times[slot]! };
  }

  private link(key: Int32Array, slot: number): void {
    const before = this.keys.find(key);
    if (before === slot) return;
    if (before >= 0) this.unlink(before);
    this.keys.put(key, slot, this.epochs[slot]!);
    this.links[slot] = this.links[slot]! + 1;
  }

  private unlink(slot: number): void {
    this.links[slot] = this.links[slot]! - 1;
    if (this.links[slot] === 0) this.drop(slot);
  }

  private take(ref: Int32Array): number {
    if (this.size >= this.maxPeople) this.evict();
    const slot = this.freed.pop() ?? this.end++;
    if (slot >= this.capacity) this.grow();
    this.refWords.set(ref, slot * 4);
    this.links[slot] = 0;
    this.counts[slot] = 0;
    this.asked[slot] = 0;
    this.refs.put(ref, slot, this.epochs[slot]!);
    this.size += 1;
    return slot;
  }

  private evict(): void {
    this.truncated = true;
    for (;;) {
      this.hand = (this.hand + 1) % this.end;
      if (this.links[this.hand] === 0) continue; // nobody is here
      if (this.asked[this.hand] === 0) return this.drop(this.hand);
      this.asked[this.hand] = 0;
    }
  }

  /** Their keys lead nowhere from here on: the slot has another epoch. */
  private drop(slot: number): void {
    this.refs.remove(this.refWords.subarray(slot * 4, slot * 4 + 4));
    this.decisions.release(this.places[slot]!, this.counts[slot]!);
    this.epochs[slot] = (this.epochs[slot]! + 1) | 0;
    this.links[slot] = 0;
    this.counts[slot] = 0;
    this.freed.push(slot);
    this.size -= 1;
  }

  private grow(): void {
    this.capacity *= 2;
    this.refWords = larger(this.refWords, new Int32Array(this.capacity * 4));
    this.versions = larger(this.versions, new Float64Array(this.capacity));
    this.builds = larger(this.builds, new Float64Array(this.capacity));
    this.times = larger(this.times, new Float64Array(this.capacity));
    this.places = larger(this.places, new Int32Array(this.capacity));
    this.counts = larger(this.counts, new Uint16Array(this.capacity));
    this.links = larger(this.links, new Int32Array(this.capacity));
    this.epochs = larger(this.epochs, new Int32Array(this.capacity));
    this.asked = larger(this.asked, new Uint8Array(this.capacity));
    this.ages = larger(this.ages, new Int16Array(this.capacity));
  }
}

function larger<A extends Int32Array | Float64Array | Uint16Array | Int16Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
