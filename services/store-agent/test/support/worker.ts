import { acknowledged } from '@heed/contracts-fanout';
import type { AcknowledgementBody } from '@heed/contracts-fanout';
import { PostgresConnector } from '@heed/connector-postgres';
import type { ReceivedCommand } from '@heed/connector-spi';
import { generateAgentKeys, publicJwk } from '@heed/crypto';
import { systemClock } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { makeLogger } from '@heed/observability';
import { eventually } from '@heed/testing';
import { acknowledger } from '../../src/acknowledgement/acknowledge.js';
import { Opener } from '../../src/work/opener.js';
import { StoreWorker } from '../../src/work/store-worker.js';
import { Commands } from './commands.js';
import type { CommandRequest } from './commands.js';
import { crm, crmMap } from './crm.js';
import type { Crm } from './crm.js';

export interface RunningWorker {
  readonly store: Crm;
  readonly connector: PostgresConnector;
  readonly commands: Commands;
  readonly statements: string[];
  readonly answers: AcknowledgementBody[];
  make(request: CommandRequest): Promise<ReceivedCommand>;
  receive(...commands: ReceivedCommand[]): Promise<void>;
  /** The latest answer to a dispatch, once there are this many. */
  answer(command: ReceivedCommand, count?: number): Promise<AcknowledgementBody>;
  run(request: CommandRequest): Promise<AcknowledgementBody>;
  close(): Promise<void>;
}

/** A worker in this process over a real store; what it would publish is collected. */
export async function runningWorker(
  options: { chunkRows?: number; secondLookAfter?: number; clock?: Clock; store?: Crm; batch?: number } = {},
): Promise<RunningWorker> {
  const store = options.store ?? (await crm());
  const keys = generateAgentKeys();
  const statements: string[] = [];
  const connector = new PostgresConnector({ url: store.url, map: crmMap, onStatement: (text) => statements.push(text) });
  await connector.prepare();
  const clock = options.clock ?? systemClock;
  const answers: AcknowledgementBody[] = [];
  const worker = new StoreWorker({
    connector,
    clock,
    logger: makeLogger('store-agent', 'error'),
    opener: new Opener({ tenant: 'acme', store: 'crm', keys: () => [keys.encryption] }),
    batch: options.batch ?? 100,
    chunkRows: options.chunkRows ?? 10_000,
    secondLookAfter: options.secondLookAfter ?? 3_600_000,
    acknowledge: acknowledger({
      tenant: 'acme',
      store: 'crm',
      connector,
      signingKey: () => keys.signing,
      source: '/heed/store-agent/acme/main',
      topicPrefix: '',
      clock,
      publish: (messages) => {
        for (const { value } of messages) answers.push(acknowledged.data.parse(JSON.parse(String(value))).body);
        return Promise.resolve();
      },
    }),
  });
  worker.start();
  const commands = new Commands('acme', [{ store: 'crm', key: publicJwk(keys.encryption) }]);
  const answer = (command: ReceivedCommand, count = 1): Promise<AcknowledgementBody> =>
    eventually(
      () => {
        const found = answers.filter((body) => body.dispatchId === command.data.dispatchId);
        if (found.length < count) throw new Error(`${found.length} of ${count} answers`);
        return found.at(-1) as AcknowledgementBody;
      },
      { timeoutMs: 30_000 },
    );
  const receive = async (...list: ReceivedCommand[]): Promise<void> => {
    await connector.receive(list);
    worker.poke();
  };
  return {
    store,
    connector,
    commands,
    statements,
    answers,
    make: (request) => commands.make(request),
    receive,
    answer,
    async run(request) {
      const command = await commands.make(request);
      await receive(command);
      return answer(command);
    },
    async close() {
      await worker.stop();
      await connector.close();
      await store.close();
    },
  };
}
