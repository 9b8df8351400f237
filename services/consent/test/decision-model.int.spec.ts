import { eventProbe, eventually } from '@heed/testing';
import type { EventProbe } from '@heed/testing';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { act, ActingPerson, PURPOSES } from './acting-person.js';
import { ConsentUnderTest } from './consent-under-test.js';
import { bothOf, replay } from './sequential-model.js';
import type { Line } from './sequential-model.js';

const RUNS = 10;
let consent: ConsentUnderTest;
let bus: EventProbe;

beforeAll(async () => {
  consent = await ConsentUnderTest.start({}, undefined, ['ajuni']);
  bus = await eventProbe(consent.bed.topicPrefix, ['heed.t.ajuni.commands.v1']);
  return async () => {
    await bus.stop();
    await consent.stop();
  };
});

interface RecordRow {
  readonly id: string;
  readonly ref: string;
  readonly version: number;
  readonly purpose: string;
  readonly state: string;
  readonly method: string;
  readonly occurred: Date;
  readonly received: Date;
  readonly carried: boolean;
  /** As another system said it. */
  readonly ahead: string | null;
}

const registerOf = (person: ActingPerson): Promise<readonly RecordRow[]> =>
  consent.service.sql<RecordRow>(
    `SELECT id, ref, version::int, purpose, state, method, occurred_at AS occurred, recorded_at AS received, coalesce(detail ? 'carriedFrom', false) AS carried, detail->>'reportedAt' AS ahead
       FROM t_ajuni.consent_record WHERE ref = ANY($1) ORDER BY ref, version, id`,
    [person.refs],
  );

const linesOf = (person: ActingPerson, rows: readonly RecordRow[], ref: string, upTo = Number.POSITIVE_INFINITY): readonly Line[] =>
  rows
    .filter((row) => row.ref === ref && row.version <= upTo)
    .map(({ id, purpose, state, method, occurred, received, carried, ahead }) => ({
      id, purpose, carried, says: state.endsWith('given') ? ('yes' as const) : ('no' as const), received: received.getTime(),
      reported: ahead !== null ? Date.parse(ahead) : person.reported.has(method) ? person.reported.get(method) : occurred.getTime(), foreign: method === 'sync',
    }));

/** What the stores were told last of each purpose, by versions as an agent counts them. */
function lastCommands(ref: string): ReadonlyMap<string, boolean> {
  const last = new Map<string, { version: number; on: boolean }>();
  for (const { type, data } of bus.order(ref)) {
    const { version, purposes } = data as { version: number; purposes: string[] };
    for (const purpose of purposes) if (version >= (last.get(purpose)?.version ?? 0)) last.set(purpose, { version, on: type === 'heed.command.grant.v1' });
  }
  return new Map([...last].map(([purpose, { on }]) => [purpose, on]));
}

async function assertAsSequential(person: ActingPerson): Promise<void> {
  const rows = await registerOf(person);
  const ids = new Set(rows.map(({ id }) => id));
  expect(person.acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  for (const by of ['email', 'user_id', 'cookie_id', 'ref', 'other_ref'] as const) {
    const { body } = await consent.check({ subject: person.subject(by), purpose: PURPOSES[0] });
    const [whose] = body['recordId'] === null ? [] : rows.filter(({ id }) => id === body['recordId']);
    for (const purpose of PURPOSES) {
      const answer = (await consent.check({ subject: person.subject(by), purpose })).body;
      const ref = whose?.ref ?? rows.find(({ id }) => id === answer['recordId'])?.ref;
      const expected = ref && replay(linesOf(person, rows, ref)).get(purpose);
      expect([by, purpose, answer['allowed'], answer['recordId']]).toEqual([by, purpose, expected ? expected.allowed : false, expected ? expected.id : null]);
    }
  }
  const states = await consent.service.sql<{ ref: string; purpose: string; state: string; id: string }>(
    'SELECT ref, purpose, state, record_id AS id FROM t_ajuni.consent_state WHERE ref = ANY($1)', [person.refs]);
  await eventually(async () => {
    const waiting = await consent.service.sql(`SELECT 1 FROM t_ajuni.dispatch WHERE ref = ANY($1) AND state = 'in_progress' AND attempt = 0`, [person.refs]);
    expect(waiting).toEqual([]);
  }, { timeoutMs: 20_000 });
  for (const ref of new Set(states.map((state) => state.ref))) {
    const model = replay(linesOf(person, rows, ref));
    const present = states.filter((state) => state.ref === ref).map(({ purpose, state, id }) => [purpose, state === 'given', id]);
    expect(present.sort()).toEqual([...model].map(([purpose, { allowed, id }]) => [purpose, allowed, id]).sort());
    await eventually(() => expect([...lastCommands(ref)].sort()).toEqual([...model].map(([purpose, { allowed }]) => [purpose, allowed]).sort()), { timeoutMs: 20_000 });
  }
}

/** At each merge: what either had said no to alone, by its own register up to there, is off from there on. */
async function assertJoined(person: ActingPerson): Promise<void> {
  const rows = await registerOf(person);
  const merges = await consent.service.sql<{ ref: string; other: string; version: number; otherVersion: number }>(
    `SELECT ref, other, version::int, other_version::int AS "otherVersion" FROM t_ajuni.identity_change WHERE kind IN ('merged', 'joined') AND ref = ANY($1)`,
    [person.refs],
  );
  for (const { ref, other, version, otherVersion } of merges) {
    const [mine, theirs] = [replay(linesOf(person, rows, ref, version)), replay(linesOf(person, rows, other, otherVersion))];
    const after = replay(linesOf(person, rows, ref, version + 1));
    for (const purpose of PURPOSES) expect([purpose, after.get(purpose)?.allowed]).toEqual([purpose, bothOf(mine.get(purpose), theirs.get(purpose))]);
    expect(rows.filter((row) => row.ref === other && row.version > otherVersion + 1)).toEqual([]); // nothing is decided under it any more
  }
}

it('up to fifty acts of one person at once, from every channel and with clocks two hours off, come to what they come to one by one', { timeout: 120_000 }, async () => {
  const seed = Date.now() % 2 ** 31;
  process.stdout.write(`decision model: seed ${seed}\n`);
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 20, maxLength: 50 }), async (acts) => {
      const person = new ActingPerson(consent);
      await person.begin();
      const under: Promise<void>[] = [];
      for (const [i, one] of acts.entries()) {
        consent.clock.advance({ ms: one.pause });
        under.push(person.perform(one, i));
      }
      await Promise.all(under);
      await eventually(async () => {
        const counts = await consent.service.sql<{ method: string; n: number }>(
          'SELECT method, count(*)::int AS n FROM t_ajuni.consent_record WHERE ref = ANY($1) GROUP BY method', [person.refs]);
        for (const [method, n] of person.published) expect([method, counts.find((row) => row.method === method)?.n]).toEqual([method, n]);
      }, { timeoutMs: 30_000 });
      await assertAsSequential(person);
      await assertJoined(person);
    }),
    { numRuns: RUNS, seed, endOnFailure: true },
  );
  // Who waits for whom goes in one order: that some came again would hide it.
  expect(await consent.service.sql('SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()')).toEqual([{ n: 0 }]);
});
