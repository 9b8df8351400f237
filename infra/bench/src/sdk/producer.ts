import { createKafka } from '@heed/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildRecord, heartbeat, keyedHash, MARKER, markerId, recordsOf, TOPIC } from './wire.js';
import type { WireRecord } from './wire.js';

/** A process of its own, in the place of the consent service: the reader's figures are the reader's alone. */
const [brokers = '', stateKey = '', count = '0'] = process.argv.slice(2);
const [people, key] = [Number(count), keyedHash(Buffer.from(stateKey, 'base64url'))];
/** People in one request: a broker takes a megabyte at most. */
const AT_ONCE = 500;
const BEAT_MS = 2_000;
/** Between two bundles of updates. */
const TICK_MS = 50;

const producer = createKafka({ brokers: [brokers], clientId: 'bench-state' }).producer({ allowAutoTopicCreation: false });
await producer.connect();
const send = async (messages: readonly WireRecord[]): Promise<void> => {
  await producer.send({ topic: TOPIC, acks: -1, messages: [...messages] });
};

/** People whose decisions change each second; the parent says. */
let perSecond = 0;
let stopped = false;
process.on('message', (said: { readonly perSecond?: number }) => {
  if (said.perSecond === undefined) stopped = true;
  else perSecond = said.perSecond;
});

await send([buildRecord()]);
let sending: Promise<void> = Promise.resolve();
for (let from = 0; from < people; from += AT_ONCE) {
  const batch = Array.from({ length: Math.min(AT_ONCE, people - from) }, (_, i) => recordsOf(key, from + i, 1, markerId(from + i, Date.now()))).flat();
  await sending; // the next is made while this one is sent
  sending = send(batch);
}
await sending;
await send([...recordsOf(key, MARKER, 1, markerId(0, Date.now())), heartbeat()]);
process.send?.('filled');

let [updates, owed, beatAt, last] = [0, 0, performance.now(), performance.now()];
while (!stopped) {
  await sleep(TICK_MS);
  const now = performance.now();
  owed += (perSecond * (now - last)) / 1000;
  last = now;
  const batch: WireRecord[] = [];
  for (; owed >= 1 && batch.length < 2 * AT_ONCE; owed -= 1) {
    batch.push(...recordsOf(key, (updates * 31) % people, 2 + Math.floor(updates / people), markerId(updates, Date.now())));
    updates += 1;
  }
  // In the topic's order: whoever has read this has read all of them.
  if (batch.length > 0) batch.push(...recordsOf(key, MARKER, updates + 1, markerId(updates, Date.now())));
  if (now - beatAt > BEAT_MS) {
    batch.push(heartbeat());
    beatAt = now;
  }
  if (batch.length > 0) await send(batch);
}
await producer.disconnect();
process.disconnect();
