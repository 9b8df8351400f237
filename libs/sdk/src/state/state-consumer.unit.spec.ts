import type { EachBatchPayload, Kafka } from 'kafkajs';
import { beforeEach, describe, expect, it } from 'vitest';
import { StateConsumer } from './state-consumer.js';

const HOUR = 3_600_000;
let now = 0;
let taken: string[] = [];
let sought: string[] = [];
let begunAgain = 0;
let consumer: StateConsumer;
let read: (first: number, last: number) => Promise<void>;

/** Kafka as far as it is used: what is fetched is told by `read`. */
function kafka(onRun: (eachBatch: (payload: EachBatchPayload) => Promise<void>) => void): Kafka {
  const nothing = async (): Promise<void> => undefined;
  const one = {
    events: { CRASH: 'crash', STOP: 'stop' }, on: () => undefined, connect: nothing, subscribe: nothing, disconnect: nothing,
    seek: ({ offset }: { offset: string }) => void sought.push(offset),
    run: ({ eachBatch }: { eachBatch: (payload: EachBatchPayload) => Promise<void> }) => (onRun(eachBatch), nothing()),
  };
  return { consumer: () => one } as unknown as Kafka;
}

beforeEach(async () => {
  [now, taken, sought, begunAgain] = [0, [], [], 0];
  const running = new Promise<(payload: EachBatchPayload) => Promise<void>>((resolve) => {
    consumer = new StateConsumer({
      kafka: kafka(resolve), topic: 't', groupPrefix: 'ajuni.', now: () => now, onEnd: () => undefined, onTrouble: () => undefined,
      take: ({ key }) => void taken.push(String(key)), onBeginAgain: () => (begunAgain += 1),
    });
  });
  consumer.start();
  const eachBatch = await running;
  read = (first, last) => {
    const messages = Array.from({ length: last - first + 1 }, (_, i) => ({ key: Buffer.from(String(first + i)), value: null, offset: String(first + i), timestamp: '1' }));
    const batch = { messages, highWatermark: String(last + 1), partition: 0, topic: 't', lastOffset: () => String(last) };
    return eachBatch({ batch, resolveOffset: () => undefined, heartbeat: async () => undefined, isRunning: () => true, isStale: () => false } as unknown as EachBatchPayload);
  };
});

describe('a reader of the topic', () => {
  it('ends at once where no broker has answered yet', async () => {
    const never = new Promise<void>(() => undefined);
    const one = { connect: () => never, disconnect: async () => undefined };
    const nothing = (): void => undefined;
    const waiting = new StateConsumer({
      kafka: { consumer: () => one } as unknown as Kafka, topic: 't', groupPrefix: 'ajuni.', onEnd: nothing, onTrouble: nothing, take: nothing, onBeginAgain: nothing,
    });
    waiting.start();
    await expect(waiting.close()).resolves.toBeUndefined();
  });

  it('goes on where it was after a break', async () => {
    await read(0, 1);
    now += 11 * HOUR;
    await read(2, 3);
    expect([taken, sought, begunAgain]).toEqual([['0', '1', '2', '3'], [], 0]);
  });

  it('begins again after a break in which tombstones may have been compacted away', async () => {
    await read(0, 1);
    now += 13 * HOUR;
    await read(2, 3);
    expect([taken, sought, begunAgain]).toEqual([['0', '1'], ['0'], 1]);
    await read(0, 3);
    expect(taken.slice(2)).toEqual(['0', '1', '2', '3']);
    expect(begunAgain).toBe(1);
  });
});
