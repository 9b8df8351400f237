import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { ReceivedCommand } from '../command.js';
import type { StoreConnector } from '../connector.js';
import type { Settlement } from '../journal.js';
import { CommandMaker, email } from './commands.js';
import { answers, drive } from './drive.js';

/** The parts of a test runner that the suite needs, so that this library depends on none. */
export interface TestApi {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
  readonly beforeAll: (body: () => Promise<void>) => unknown;
  readonly afterAll: (body: () => Promise<void>) => unknown;
}

/** A store of the kind under test, looked at from outside the connector. */
export interface ConformanceStore {
  /** A connector to the store; called again after a crash it finds what the first one left. */
  connect(): Promise<StoreConnector>;
  /** Adds a person for whom the purpose is on. */
  addPerson(address: string): Promise<void>;
  has(address: string): Promise<boolean>;
  /** Undefined when the store does not know the person. */
  isOn(address: string): Promise<boolean | undefined>;
  /** A mapped purpose. */
  readonly purpose: string;
  close(): Promise<void>;
}

/**
 * What every connector promises, whatever stands behind it.
 * @example connectorConformance('postgres', { describe, it, beforeAll, afterAll }, () => startStore())
 */
export function connectorConformance(kind: string, api: TestApi, open: () => Promise<ConformanceStore>): void {
  const make = new CommandMaker('crm');
  let store: ConformanceStore;
  let connector: StoreConnector;
  const addresses = new Map<string, string>();

  const person = async (): Promise<{ address: string; of: <C extends ReceivedCommand>(command: C) => C }> => {
    const address = `${randomUUID()}@example.com`;
    await store.addPerson(address);
    return { address, of: (command) => (addresses.set(command.data.dispatchId, address), command) };
  };
  const identify = (entry: { dispatchId: string }) => [email(addresses.get(entry.dispatchId) ?? 'nobody@example.com')];
  const run = async (...commands: ReceivedCommand[]): Promise<Settlement | undefined> => {
    await connector.receive(commands);
    await drive(connector, identify);
    return (await answers(connector)).get(commands.at(-1)?.data.dispatchId ?? '');
  };

  api.describe(`${kind} connector`, () => {
    api.beforeAll(async () => {
      store = await open();
      connector = await store.connect();
    });
    api.afterAll(async () => {
      await connector.close();
      await store.close();
    });

    api.it('switches a purpose off and on again for one person only', async () => {
      const [ada, bob] = [await person(), await person()];
      const ref = `sub_${'a'.repeat(32)}`;
      assert.equal((await run(ada.of(make.consent('withdrawal', store.purpose, { ref, version: 1 }))))?.outcome, 'done');
      assert.equal(await store.isOn(ada.address), false);
      assert.equal(await store.isOn(bob.address), true);
      assert.equal((await run(ada.of(make.consent('grant', store.purpose, { ref, version: 2 }))))?.outcome, 'done');
      assert.equal(await store.isOn(ada.address), true);
    });

    api.it('answers an older version superseded and leaves the newer in force', async () => {
      const ada = await person();
      const ref = `sub_${'b'.repeat(32)}`;
      await run(ada.of(make.consent('grant', store.purpose, { ref, version: 5 })));
      assert.equal((await run(ada.of(make.consent('withdrawal', store.purpose, { ref, version: 4 }))))?.outcome, 'superseded');
      assert.equal(await store.isOn(ada.address), true);
    });

    api.it('answers nothing_found for a person it does not have', async () => {
      assert.equal((await run(make.consent('withdrawal', store.purpose)))?.outcome, 'nothing_found');
      assert.equal((await run(make.erasure()))?.outcome, 'nothing_found');
    });

    api.it('answers nothing_found for a purpose outside its map', async () => {
      const ada = await person();
      assert.equal((await run(ada.of(make.consent('withdrawal', 'no_such_purpose'))))?.outcome, 'nothing_found');
      assert.equal(await store.isOn(ada.address), true);
    });

    api.it('erases one person and leaves the next', async () => {
      const [ada, bob] = [await person(), await person()];
      const answer = await run(ada.of(make.erasure()));
      assert.equal(answer?.outcome, 'done');
      assert.equal(answer?.assurance, 'verified');
      assert.ok((answer?.tables.reduce((n, t) => n + t.rows, 0) ?? 0) > 0);
      assert.equal(await store.has(ada.address), false);
      assert.equal(await store.has(bob.address), true);
    });

    api.it('keeps a person under a hold, under whichever ref, until it is released and the erasure comes again', async () => {
      const ada = await person();
      const [ref, alias] = [`sub_${'c'.repeat(32)}`, `sub_${'d'.repeat(32)}`];
      const holdId = randomUUID();
      await run(ada.of(make.hold(holdId, { ref: alias })));
      const erasure = ada.of(make.erasure({ ref, aliases: [alias] }));
      assert.deepEqual((await run(erasure))?.outcome, 'held');
      assert.equal(await store.has(ada.address), true);
      await run(ada.of(make.release(holdId, { ref: alias })));
      assert.equal((await run({ ...erasure, commandId: randomUUID() }))?.outcome, 'done');
      assert.equal(await store.has(ada.address), false);
    });

    api.it('tells a hold that the person was erased before it came', async () => {
      const ada = await person();
      const ref = `sub_${'e'.repeat(32)}`;
      await run(ada.of(make.erasure({ ref })));
      assert.equal((await run(ada.of(make.hold(randomUUID(), { ref }))))?.alreadyErased, true);
    });

    api.it('does not place a hold that was released before it came', async () => {
      const ada = await person();
      const ref = `sub_${'f'.repeat(32)}`;
      const holdId = randomUUID();
      await run(ada.of(make.release(holdId, { ref })));
      assert.equal((await run(ada.of(make.hold(holdId, { ref }))))?.outcome, 'superseded');
      assert.equal((await run(ada.of(make.erasure({ ref }))))?.outcome, 'done');
    });

    api.it('does a command that is delivered twice once, and answers it twice', async () => {
      const ada = await person();
      const erasure = ada.of(make.erasure());
      const first = await run(erasure);
      await acknowledgeAll();
      assert.equal((await answers(connector)).has(erasure.data.dispatchId), false);
      await store.addPerson(ada.address); // a second erasure would take this one too
      const second = await run({ ...erasure, commandId: randomUUID() });
      assert.deepEqual(second, first);
      assert.equal(await store.has(ada.address), true);
    });

    api.it("takes one person's commands one at a time, in the order in which they came", async () => {
      const ada = await person();
      const ref = `sub_${'1'.repeat(32)}`;
      const alias = `sub_${'2'.repeat(32)}`;
      const commands = [
        ada.of(make.erasure({ ref, aliases: [alias] })),
        ada.of(make.consent('withdrawal', store.purpose, { ref: alias })),
        ada.of(make.consent('grant', store.purpose, { ref })),
      ];
      await connector.receive(commands);
      const due = (lane: 'urgent' | 'slow') =>
        connector.work(lane, async (unit) => (await unit.pick({ work: 'commands', lane, limit: 10 })).map((entry) => entry.dispatchId));
      assert.deepEqual(await due('urgent'), []);
      assert.deepEqual(await due('slow'), [commands[0]?.data.dispatchId]);
      await drive(connector, identify);
      assert.deepEqual([...(await answers(connector)).keys()].slice(-3), commands.map((command) => command.data.dispatchId));
    });

    api.it('undoes what an interrupted unit of work noted, and finishes it after a restart', async () => {
      const ada = await person();
      const erasure = ada.of(make.erasure());
      await connector.receive([erasure]);
      await assert.rejects(
        connector.work('slow', async (unit) => {
          const [entry] = await unit.pick({ work: 'commands', lane: 'slow', limit: 1 });
          assert.ok(entry);
          throw new Error('crash');
        }),
      );
      await connector.close();
      connector = await store.connect();
      await drive(connector, identify);
      assert.equal((await answers(connector)).get(erasure.data.dispatchId)?.outcome, 'done');
      assert.equal(await store.has(ada.address), false);
    });

    api.it('raises its journal position by one with every answer', async () => {
      const before = (await connector.unsent(1000)).journalPosition;
      await run(make.consent('withdrawal', store.purpose), make.consent('withdrawal', store.purpose));
      assert.equal((await connector.unsent(1000)).journalPosition, before + 2);
    });

    api.it('forgets what ended well and was answered long ago, a batch at a time', async () => {
      const [waiting, ...old] = [1, 2, 3].map(() => make.consent('withdrawal', store.purpose));
      await run(...old);
      const { journalPosition } = await connector.unsent(1000);
      await acknowledgeAll();
      assert.equal(await connector.prune(new Date(Date.now() - 60_000), 1000), 0);
      await run(waiting!);
      assert.equal(await connector.prune(inAMinute(), 1), 1);
      while ((await connector.prune(inAMinute(), 1000)) === 1000);
      assert.equal(await connector.prune(inAMinute(), 1000), 0);
      assert.deepEqual([...(await answers(connector)).keys()], [waiting!.data.dispatchId]);
      assert.equal((await connector.unsent(1000)).journalPosition, journalPosition + 1);
    });

    api.it('knows versions, holds and what it erased after it has forgotten the commands', async () => {
      const [ada, bob, eve] = [await person(), await person(), await person()];
      const [adaRef, bobRef, eveRef] = [`sub_${'3'.repeat(32)}`, `sub_${'4'.repeat(32)}`, `sub_${'5'.repeat(32)}`];
      const grant = ada.of(make.consent('grant', store.purpose, { ref: adaRef, version: 2 }));
      const erasure = bob.of(make.erasure({ ref: bobRef }));
      await run(ada.of(make.consent('withdrawal', store.purpose, { ref: adaRef, version: 1 })), grant, erasure, eve.of(make.hold(randomUUID(), { ref: eveRef })));
      const held = eve.of(make.erasure({ ref: eveRef }));
      await run(held);
      await acknowledgeAll();
      assert.ok((await connector.prune(inAMinute(), 1000)) >= 3);

      assert.equal((await run(ada.of(make.consent('withdrawal', store.purpose, { ref: adaRef, version: 1 }))))?.outcome, 'superseded');
      assert.equal(await store.isOn(ada.address), true);
      assert.equal((await run({ ...grant, commandId: randomUUID() }))?.outcome, 'done'); // forgotten, so done once more: to the same end
      assert.equal(await store.isOn(ada.address), true);
      await store.addPerson(bob.address);
      assert.equal((await run({ ...erasure, commandId: randomUUID() }))?.outcome, 'done'); // remembered: answered, not repeated
      assert.equal(await store.has(bob.address), true);
      assert.equal((await run(bob.of(make.hold(randomUUID(), { ref: bobRef }))))?.alreadyErased, true);
      // What is open is remembered with its latest delivery: an earlier one is none of it.
      const { dispatchId } = held.data;
      assert.equal(await run(eve.of(make.erasure({ ref: eveRef, dispatchId, issuedAt: '2020-01-01T00:00:00Z' }))), undefined);
      assert.equal((await run({ ...held, commandId: randomUUID() }))?.outcome, 'held');
      assert.equal(await store.has(eve.address), true);
    });

    api.it('keeps an answer due that changed while it was sent', async () => {
      const withdrawal = make.consent('withdrawal', store.purpose);
      await run(withdrawal);
      const { dispatchId } = withdrawal.data;
      await connector.keepAcknowledgements([{ dispatchId, acknowledgement: '"signed"' }]);
      await connector.markAcknowledged([{ dispatchId, acknowledgement: '"another"' }]);
      assert.equal((await answers(connector)).has(dispatchId), true);
      await connector.markAcknowledged([{ dispatchId, acknowledgement: '"signed"' }]);
      assert.equal((await answers(connector)).has(dispatchId), false);
    });
  });

  const inAMinute = (): Date => new Date(Date.now() + 60_000);

  async function acknowledgeAll(): Promise<void> {
    const sent = (await connector.unsent(1000)).entries.map(({ dispatchId }) => ({ dispatchId, acknowledgement: '"signed"' }));
    await connector.keepAcknowledgements(sent);
    await connector.markAcknowledged(sent);
  }
}
