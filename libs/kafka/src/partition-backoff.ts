const LONGEST_MS = 5000;
/** So many tries in a row are made on the spot, within a third of a second; a longer wait is made with the partition paused. */
const TRIES_ON_THE_SPOT = 3;

export interface Wait {
  /** How often in a row the partition has failed. */
  readonly failures: number;
  readonly ms: number;
  /** False when the other partitions would feel it: then this one is paused meanwhile. */
  readonly onTheSpot: boolean;
}

/** How long each partition of one consumer waits after its failures: 100 ms, twice that each time, at most 5 s. */
export class PartitionBackoff {
  private readonly failures = new Map<string, number>();
  private readonly timers = new Set<NodeJS.Timeout>();

  failed(topic: string, partition: number): Wait {
    const failures = (this.failures.get(keyOf(topic, partition)) ?? 0) + 1;
    this.failures.set(keyOf(topic, partition), failures);
    return { failures, ms: Math.min(LONGEST_MS, 50 * 2 ** failures), onTheSpot: failures < TRIES_ON_THE_SPOT };
  }

  succeeded(topic: string, partition: number): void {
    this.failures.delete(keyOf(topic, partition));
  }

  /** Whatever becomes of the partition meanwhile: one that is given back and comes again must not stay paused. */
  resumeAfter(ms: number, resume: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      resume();
    }, ms);
    this.timers.add(timer);
  }

  /** The consumer is over: its pauses went with it. */
  end(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;
