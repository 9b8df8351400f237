import { generateAgentKeys } from '@heed/crypto';
import { EMPTY_ROOT } from '@heed/ledger';
import type { Logger } from '@heed/observability';
import type { Database, Tx, UnitOfWork } from '@heed/persistence';
import { expect, it } from 'vitest';
import { LedgerKey } from '../ledger-key.js';
import { SeenHeads } from '../sequencer/seen-heads.js';
import { LedgerGuard } from './ledger-guard.js';

it('what a running service has seen itself closes it on an older database, while Kafka is away', async () => {
  const server = { cluster: '1', database: '1', next: '1000' };
  const seen = new SeenHeads();
  let kafka: 'there' | 'away' = 'there';
  const head = { size: '0', root: EMPTY_ROOT, signed_size: '0', pruned_to: '0', pruned_before: null, pruned_by: null };
  const tx = { query: () => Promise.resolve([head]) } as unknown as Tx;
  const guard = new LedgerGuard({
    key: new LedgerKey('consent', generateAgentKeys().signing), seen, logger: { warn: () => undefined } as unknown as Logger,
    database: { query: () => Promise.resolve([server]), listTenants: () => Promise.resolve([{ id: 'ajuni' }]) } as unknown as Database,
    unitOfWork: { run: (_: string, work: (of: Tx) => Promise<unknown>) => work(tx) } as unknown as UnitOfWork,
    checkpoints: { read: () => (kafka === 'there' ? Promise.resolve(new Map<string, string>()) : Promise.reject(new Error('away'))) },
  });
  expect(await guard.look()).toBeUndefined();
  seen.note('ajuni', { size: 5, root: Buffer.alloc(32, 1) });
  [server.next, kafka] = ['900', 'away'];
  expect(await guard.look()).toMatchObject({ code: 'ledger_behind' });
  await expect(guard.look()).rejects.toMatchObject({ code: 'kafka_unavailable' }); // what is closed stays so
});
