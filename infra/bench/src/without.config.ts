import { TokenVerifier } from '@heed/auth';
import type { Principal } from '@heed/auth';
import { FieldVault } from '@heed/key-store';
import { uuidv7 } from '@heed/kernel';
import { Sequencer } from '@heed/ledger-keeper';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import pg from 'pg';

/**
 * Loaded before a service by the bench alone (`node --import`): takes out what `HEED_BENCH_WITHOUT` lists, so that the same
 * program on the same rows shows what it costs. With the isolation out, the service connects as superuser.
 */
const without = (process.env['HEED_BENCH_WITHOUT'] ?? '').split(',');

if (without.includes('isolation')) {
  const query = pg.Client.prototype.query as (...args: unknown[]) => unknown;
  const free = (text: unknown): unknown =>
    typeof text === 'string' ? text.replace(/SET LOCAL ROLE "[^"]+"; /, '').replace('RESET ROLE; ', '') : text;
  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, text: unknown, ...rest: unknown[]): unknown {
      return query.call(this, free(text), ...rest);
    },
  });
}

if (without.includes('authorisation')) {
  const anybody: Principal = { subject: 'bench', tenant: 'ajuni', roles: ['platform'] };
  TokenVerifier.prototype.verify = () => Promise.resolve(anybody);
}

if (without.includes('encryption')) {
  // Values stand as they are, behind what says which key they are under; no key is made, none is read.
  const id = '00000000-0000-7000-8000-000000000000';
  const head = Buffer.concat([Buffer.of(1), Buffer.from(id.replaceAll('-', ''), 'hex'), Buffer.alloc(28)]);
  FieldVault.prototype.newKeys = (tenant, count) => Promise.resolve(Array.from({ length: count }, () => ({ id, tenant, key: head })));
  FieldVault.prototype.seal = (_key, _place, plain) => Buffer.concat([head, Buffer.from(plain)]);
  FieldVault.prototype.open = (_tenant, items) => Promise.resolve(items.map(({ sealed }) => sealed.toString('utf8', head.length)));
}

if (without.includes('ledger')) {
  const run = UnitOfWork.prototype.run;
  const unrecorded = (tx: Tx): Tx => Object.assign(tx, { record: () => uuidv7() });
  UnitOfWork.prototype.run = function (tenant, work, options) {
    return run.call(this, tenant, (tx) => work(unrecorded(tx)), options) as ReturnType<typeof work>;
  };
  Sequencer.prototype.start = () => undefined;
}
