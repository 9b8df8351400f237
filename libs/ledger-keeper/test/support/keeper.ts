import { systemClock } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { LedgerKey, SeenHeads, Sequencer } from '@heed/ledger-keeper';
import { makeLogger } from '@heed/observability';
import { Outbox } from '@heed/outbox';
import { Database, UnitOfWork } from '@heed/persistence';

export const SERVICE = 'consent';

/** What a process that writes to ledgers and one that sequences them stand on. */
export interface Keeper {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly outbox: Outbox;
  readonly sequencer: Sequencer;
  readonly seen: SeenHeads;
  stop(): Promise<void>;
}

export interface Place {
  readonly url: string;
  readonly keysDir: string;
  readonly clock?: Clock;
  readonly alarm?: () => void;
}

/** As in a service: a commit that recorded something pokes the sequencer. */
export async function keeperOn({ url, keysDir, clock = systemClock, alarm }: Place): Promise<Keeper> {
  const database = new Database({ url, keysDir, clock });
  const unitOfWork = new UnitOfWork(database, (tenant) => sequencer.poke(tenant));
  const outbox = new Outbox({ topicPrefix: '', poke: () => undefined });
  const seen = new SeenHeads(alarm);
  const logger = makeLogger('test', 'fatal');
  const sequencer = new Sequencer({ database, unitOfWork, outbox, key: await LedgerKey.open(SERVICE, keysDir), seen, logger });
  const stop = async (): Promise<void> => {
    await sequencer.stop();
    await database.close();
  };
  return { database, unitOfWork, outbox, sequencer, seen, stop };
}
