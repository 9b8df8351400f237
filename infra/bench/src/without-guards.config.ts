import { TokenVerifier } from '@heed/auth';
import type { Principal } from '@heed/auth';
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
