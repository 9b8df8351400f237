import { Heed, Population } from '@heed/e2e';
import { eventually } from '@heed/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TENANT = 'ajuni';
let heed: Heed;

beforeAll(async () => {
  heed = await Heed.start();
  await Population.countChanges(heed, TENANT);
});
afterAll(() => heed.stop());

/** The part is started armed, dies by its own hand at the failpoint, and is started again without it. */
async function diesAt(part: string, failpoint: string, work: () => Promise<void>): Promise<void> {
  await heed.system.part(part).restart({ env: { HEED_FAILPOINT: failpoint } });
  await Promise.all([
    work(),
    within(60_000, `${part} to die at ${failpoint}`, heed.system.part(part).exited).then((exit) => {
      expect(exit.signal).toBe('SIGKILL');
      return heed.system.part(part).start();
    }),
  ]);
}

async function within<T>(ms: number, what: string, waited: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain for ${what}`)), ms);
  });
  return Promise.race([waited, late]).finally(() => clearTimeout(timer));
}

describe('a service that dies', () => {
  it.each(['relay.before-publish:3', 'relay.after-publish:3'])('at %s loses and doubles nothing', async (failpoint) => {
    const people = await Population.settle(heed, TENANT, 40);
    let answers: Awaited<ReturnType<Population['withdraw']>> = [];
    await diesAt('consent', failpoint, async () => {
      answers = await people.withdraw();
    });
    await people.auditWithdrawn(answers);
  });

  it('hands its lanes to the other instance when it is killed under load', async () => {
    const people = await Population.settle(heed, TENANT, 60);
    const replica = await heed.system.addReplica('consent');
    const heeded = async (emails: readonly string[]): Promise<number> =>
      (await heed.store(TENANT, 'crm', 'SELECT 1 FROM changes WHERE email = ANY($1)', [emails])).length;
    const answers = await people.withdraw({
      meanwhile: async () => {
        await eventually(() => people.accepted.length > 10);
        await heed.system.part('consent').kill('SIGKILL');
        const accepted = [...people.accepted];
        // The first instance is gone: what it had accepted reaches the store through the other one alone.
        await eventually(async () => expect(await heeded(accepted)).toBe(accepted.length), { timeoutMs: 30_000 });
        await heed.system.part('consent').start();
      },
    });
    await people.auditWithdrawn(answers);
    await replica.stop();
  });
});

describe('an agent that dies', () => {
  it.each([
    ['agent.after-store', 5, 3],
    ['agent.before-erase-commit', 5, 3],
    ['agent.mid-erasure', 1, 12_000], // more than one chunk of 10,000 rows
    ['agent.after-commit', 5, 3],
    ['agent.after-verify', 5, 3],
    ['agent.after-publish', 5, 3],
  ])('at %s erases once and acknowledges once it is back', async (failpoint, count, rowsEach) => {
    const people = await Population.settle(heed, TENANT, count, rowsEach);
    const before = await people.totals();
    const requests = await people.requestErasure();
    await diesAt(`agent-${TENANT}`, failpoint, () => people.approve(requests));
    for (const id of requests) await heed.requestIs(TENANT, id, 'closed', 90_000);
    expect(await people.left()).toEqual({ people: 0, orders: 0, messages: 0, profiles: 0, events: 0 });
    const less = (table: string, rows: number): number => Number(before[table]) - rows;
    expect(await people.totals()).toEqual({
      people: less('people', count), profiles: less('profiles', count), orders: less('orders', count * rowsEach),
      tickets: less('tickets', count * rowsEach), messages: less('messages', count * rowsEach), events: less('events', count * rowsEach),
    });
  });
});

describe('a server that is away', () => {
  it('Kafka, killed under load and away for 30 s: every accepted withdrawal arrives exactly once', async () => {
    const people = await Population.settle(heed, TENANT, 60);
    const answers = await people.withdraw({
      meanwhile: async () => {
        await heed.system.part('kafka').kill('SIGKILL');
        await sleep(30_000); // how long it is away is the fault itself
        await heed.system.part('kafka').start();
      },
    });
    await people.auditWithdrawn(answers, 120_000);
  });

  it('PostgreSQL, killed and started again under load: every accepted withdrawal arrives exactly once', async () => {
    const people = await Population.settle(heed, TENANT, 60);
    const answers = await people.withdraw({
      meanwhile: async () => {
        await heed.system.part('postgres').kill('SIGKILL');
        await heed.system.part('postgres').start();
      },
    });
    await people.auditWithdrawn(answers, 120_000);
  });

  it("an agent's offsets, lost with its group: what was done is not done again", async () => {
    const people = await Population.settle(heed, TENANT, 10);
    const answers = await people.withdraw();
    await people.auditWithdrawn(answers);
    await heed.system.part(`agent-${TENANT}`).stop();
    const admin = heed.kafka.admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    const own = groups.map((group) => group.groupId).filter((group) => group.includes(`agent.${TENANT}`));
    expect(own).toHaveLength(3); // one per store, so that a store that is away holds up no other
    await admin.deleteGroups(own);
    await admin.disconnect();
    const later = await Population.settle(heed, TENANT, 5);
    const laterAnswers = await later.withdraw();
    await heed.system.part(`agent-${TENANT}`).start();
    await later.auditWithdrawn(laterAnswers);
    await people.auditWithdrawn(answers);
  });
});

describe('a store that does not heed', () => {
  it('a trigger that puts an erased row back: the target is failed with residue, and the request stays open', async () => {
    const people = await Population.settle(heed, TENANT, 1);
    await heed.store(
      TENANT,
      'crm',
      `DO $$ BEGIN
         CREATE OR REPLACE FUNCTION public.put_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
           'BEGIN INSERT INTO public.people (email, user_id, name, marketing_email) VALUES (OLD.email, OLD.user_id, OLD.name, OLD.marketing_email); RETURN OLD; END';
         CREATE OR REPLACE TRIGGER put_back AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION public.put_back();
       END $$`,
    );
    try {
      const [id = ''] = await people.requestErasure();
      await people.approve([id]);
      const request = await heed.call(TENANT, 'GET', `/v1/requests/${id}`);
      const [dispatchId] = request.body['dispatchIds'] as string[];
      await eventually(
        async () => {
          const dispatch = await heed.call(TENANT, 'GET', `/v1/dispatches/${String(dispatchId)}`);
          expect((dispatch.body['targets'] as Record<string, unknown>[]).find((target) => target['dataStore'] === 'crm')).toMatchObject({
            state: 'failed', residue: 1, reason: 'residue_found',
          });
        },
        { timeoutMs: 60_000 },
      );
      expect((await heed.call(TENANT, 'GET', `/v1/requests/${id}`)).body['state']).not.toBe('closed');
    } finally {
      await heed.store(TENANT, 'crm', 'DROP TRIGGER put_back ON people');
    }
  });
});
