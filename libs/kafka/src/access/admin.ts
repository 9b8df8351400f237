import { setTimeout } from 'node:timers/promises';
import type { KafkaSettings } from '@heed/config';
import { unavailable } from '@heed/kernel';
import type { Admin } from 'kafkajs';
import { createKafka } from '../client.js';

/** A job gives up after some seconds. */
const RETRIES = 5;
const SETTLED_MS = 20_000;

/** The controller answers before each broker has heard: what this returns from counts for the very next call. */
export async function settled(done: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + SETTLED_MS;
  while (!(await done())) {
    if (Date.now() > deadline) throw unavailable('kafka_unavailable', `The brokers have not taken the access rules over within ${SETTLED_MS / 1000} s; run it again.`);
    await setTimeout(50);
  }
}

/** Works, then hangs up. */
export async function withAdmin<T>(settings: KafkaSettings, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = createKafka({ ...settings, retries: RETRIES }).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
