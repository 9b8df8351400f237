import type { Clock } from '@heed/kernel';

/**
 * A clock that stands still until it is told to move.
 *
 * @example const clock = new VirtualClock('2026-11-21T10:00:00Z'); clock.advance({ days: 30 });
 */
export class VirtualClock implements Clock {
  #now: number;

  constructor(start: Date | string = '2026-11-21T10:00:00Z') {
    this.#now = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#now);
  }

  set(time: Date | string): void {
    this.#now = new Date(time).getTime();
  }

  /** Exact lengths of time; calendar months and business days are the subject of the tests, not of their clock. */
  advance(by: { days?: number; hours?: number; minutes?: number; seconds?: number; ms?: number }): void {
    const hours = (by.days ?? 0) * 24 + (by.hours ?? 0);
    const seconds = (hours * 60 + (by.minutes ?? 0)) * 60 + (by.seconds ?? 0);
    this.#now += seconds * 1000 + (by.ms ?? 0);
  }
}
