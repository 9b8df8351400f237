import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { catalogue } from './catalogue.js';
import type { Fixture } from './fixture.js';
import { jsonSchemaOf } from './json-schema.js';
import { LOCK_FILE, readText } from './repository.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const lockSchema = z.record(z.string(), z.strictObject({ schema: sha256, fixture: sha256 }));
/** What was published, by event type: consumers of other versions rely on exactly this. */
export type ContractLock = z.output<typeof lockSchema>;

export async function readLock(): Promise<ContractLock> {
  return lockSchema.parse(JSON.parse((await readText(LOCK_FILE)) ?? '{}'));
}

/** The contracts of this checkout as the lock would have them. Words for people may get better, so they are left out. */
export function presentContracts(fixtures: ReadonlyMap<string, Fixture>): ContractLock {
  const present: ContractLock = {};
  for (const contract of catalogue) {
    const { title: _title, description: _description, ...schema } = jsonSchemaOf(contract);
    const fixture = fixtures.get(contract.definition.type);
    if (fixture !== undefined) present[contract.definition.type] = { schema: hash(schema), fixture: hash(fixture) };
  }
  return present;
}

/** What is wrong with this checkout in the eyes of the lock, one line each. */
export function brokenLocks(lock: ContractLock, present: ContractLock): string[] {
  return Object.entries(lock).flatMap(([type, locked]) => {
    const now = present[type];
    if (now === undefined) return [`${type} is published and is gone: consumers may still meet it, so it stays.`];
    const broken: string[] = [];
    if (now.schema !== locked.schema) {
      broken.push(`${type} is published and its schema has changed: take the change back and add ${nextVersion(type)} beside it.`);
    }
    if (now.fixture !== locked.fixture) broken.push(`${type} is published and its fixture has changed: take the change back.`);
    return broken;
  });
}

/** Locks what is new. What is locked stays as it is, whatever the checkout says now. */
export function extendLock(lock: ContractLock, present: ContractLock): ContractLock {
  const all = { ...present, ...lock };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @example nextVersion('heed.consent.given.v1') // 'heed.consent.given.v2' */
export function nextVersion(type: string): string {
  return type.replace(/\d+$/, (version) => String(Number(version) + 1));
}

function hash(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('not JSON');
  return createHash('sha256').update(text).digest('hex');
}
