import type { TenantRules } from '@heed/auth';
import { unavailable } from '@heed/kernel';
import type { Database, Tx, UnitOfWork } from '@heed/persistence';
import { beforeEach, describe, expect, it } from 'vitest';
import { AccessRules } from './access-rules.js';

let changes: { id: string; tenant: string }[];
let seconds: number;
let away: boolean;
let reads: number;
let whileReading: () => void;
let rules: AccessRules;
let now: number;

beforeEach(() => {
  [changes, seconds, away, reads, whileReading, now] = [[], 600, false, 0, () => undefined, 0];
  const database: Pick<Database, 'query'> = { query: async () => changes as never };
  const unitOfWork: Pick<UnitOfWork, 'run'> = {
    run: async (tenant, work) => {
      if (away) throw unavailable('database_unavailable', 'away');
      reads += 1;
      const query = async (text: string): Promise<never> => (text.includes('access_rule') ? [{ token_seconds: seconds }] : []) as never;
      const answer = await work({ tenant, clock: { now: () => new Date() }, query } as unknown as Tx);
      whileReading();
      return answer;
    },
  };
  rules = new AccessRules(database, unitOfWork, () => now);
});

const lifetime = async (): Promise<number> => (await rules.of('ajuni')).lifetimeSeconds;

describe("a tenant's rules", () => {
  it('are read once, for any number of calls', async () => {
    const [first, second] = await Promise.all([rules.of('ajuni'), rules.of('ajuni')]);
    expect(first).toBe(second);
    expect(rules.of('ajuni'), 'known: nobody waits').toBe(first);
    expect(reads).toBe(1);
  });

  it('are read again when any instance says that they changed, once for each change', async () => {
    expect(await lifetime()).toBe(600);
    seconds = 300;
    changes = [{ id: 'one', tenant: 'ajuni' }];
    await rules.follow();
    expect(await lifetime()).toBe(300);
    await rules.follow(); // the same row is still there
    expect(rules.of('ajuni')).not.toBeInstanceOf(Promise);
    changes = [...changes, { id: 'two', tenant: 'askasia' }];
    await rules.follow();
    expect(rules.of('ajuni'), "another tenant's").not.toBeInstanceOf(Promise);
  });

  it('are read again where changes could not be followed for longer than their rows are looked at', async () => {
    await rules.follow();
    expect(await lifetime()).toBe(600);
    seconds = 300;
    now += 20_000;
    await rules.follow();
    expect(await lifetime(), 'within reach: a change would have been seen').toBe(600);
    now += 90_000; // the row of the change is too old to be looked at
    await rules.follow();
    expect(await lifetime()).toBe(300);
  });

  it('let nobody in while they were never read', async () => {
    away = true;
    await expect(Promise.resolve(rules.of('ajuni'))).rejects.toMatchObject({ kind: 'unavailable' });
    away = false;
    expect(await lifetime()).toBe(600);
  });

  it('hold as they were last read while the database is away, and are asked for again by every call', async () => {
    const before: TenantRules = await rules.of('ajuni');
    rules.forget('ajuni');
    away = true;
    expect(await rules.of('ajuni')).toBe(before);
    away = false;
    seconds = 300;
    expect(await lifetime()).toBe(300);
  });

  it('that changed while they were read are read again', async () => {
    whileReading = () => rules.forget('ajuni');
    expect(await lifetime()).toBe(600);
    whileReading = () => undefined;
    seconds = 300;
    expect(await lifetime()).toBe(300);
    expect(reads).toBe(2);
  });
});
