import { unavailable } from '@heed/kernel';
import { promiseKeys, promiseTls } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { parsePack } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';

export interface ActivePolicy {
  readonly version: number;
  readonly hash: string;
  readonly pack: PolicyPack;
}

/** The policy that a tenant's people are promised now, read from the service's own copy. */
export class PolicyStore {
  private readonly parsed = new Map<string, ActivePolicy>();

  /** @throws HeedError `policy_not_ready` (503) before the tenant's first pack has arrived */
  async current(tx: Tx): Promise<ActivePolicy> {
    const [newest] = await tx.query<{ version: number; hash: string }>(
      'SELECT version, hash FROM policy_version ORDER BY version DESC LIMIT 1',
    );
    if (!newest) throw unavailable('policy_not_ready', "The tenant's policy pack is not here yet; apply one with `heed pack apply`.");
    return this.read(tx, newest.version, newest.hash);
  }

  /** A version that is or was in effect, for what was promised under it. */
  async version(tx: Tx, version: number): Promise<ActivePolicy> {
    const [row] = await tx.query<{ hash: string }>('SELECT hash FROM policy_version WHERE version = $1', [version]);
    if (!row) throw unavailable('policy_not_ready', `Policy version ${version} is not here yet.`);
    return this.read(tx, version, row.hash);
  }

  private async read(tx: Tx, version: number, hash: string): Promise<ActivePolicy> {
    const key = `${tx.tenant}/${version}/${hash}`;
    const known = this.parsed.get(key);
    if (known) return known;
    const [row] = await tx.query<{ pack: unknown }>('SELECT pack FROM policy_version WHERE version = $1', [version]);
    const result = parsePack(JSON.stringify(row?.pack));
    if (!result.ok) throw unavailable('policy_not_readable', `Policy version ${version} is of a newer form than this service reads; upgrade it.`);
    const policy = { version, hash, pack: result.pack };
    if (this.parsed.size > 2000) this.parsed.clear();
    this.parsed.set(key, policy);
    return policy;
  }

  /** Keeps an activated version; told twice, it changes nothing. */
  async keep(tx: Tx, activated: { version: number; hash: string; effectiveFrom: string; pack: Readonly<Record<string, unknown>> }): Promise<void> {
    const [kept] = await tx.query<{ tls_min: string | null; kek: string | null; promise: string | null; rotation: string | null }>(
      `INSERT INTO policy_version (version, hash, effective_from, pack) VALUES ($1, $2, $3, $4)
       ON CONFLICT (version) DO NOTHING RETURNING pack #>> '{security,tlsMin,value}' AS tls_min,
         pack #>> '{security,keyEncryptionKey,value}' AS kek, pack #>> '{security,keyEncryptionKey,source}' AS promise, pack #>> '{security,keyRotation,value}' AS rotation`,
      [activated.version, activated.hash, activated.effectiveFrom, JSON.stringify(activated.pack)],
    );
    if (kept?.tls_min) await promiseTls(tx, kept.tls_min);
    if (kept?.kek && kept.rotation) await promiseKeys(tx, { kek: kept.kek, rotation: kept.rotation, promise: promiseIn(kept.promise) });
  }
}

/** The promise that a source names: one id or a list of them; an operator's default is none. */
function promiseIn(source: string | null): string | undefined {
  return source?.match(/\b[A-Z]{3}-[0-9]+\b/)?.[0];
}
