import { policyActivated, policyAnnounced } from '@heed/contracts-subprocessor-registry';
import { promiseKeys, promiseTls, remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { diffPacks, packHash, promisesOf } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import type { Lost } from '@heed/recovery';
import type { LedgerRecord } from '@heed/ledger';
import { z } from 'zod';
import { ACTIVATION, activePolicy, markActive, newestPolicy, policyOf, postpone } from '../policy/policy.store.js';

const published = z.object({ version: z.int(), hash: z.string(), effectiveFrom: z.iso.datetime(), by: z.string() });
const changed = z.object({ version: z.int(), effectiveFrom: z.iso.datetime() });

interface ToldPack {
  readonly hash: string;
  readonly pack: PolicyPack;
  readonly noticeId: string | null;
}

/** Versions of the policy, in their order, as they were told; one of which nobody was told yet has to be published again. */
export async function restorePolicies(tx: Tx, { records, published: events }: Lost): Promise<{ restored: number; unknown: number }> {
  const packs = new Map<number, ToldPack>();
  for (const { type, data } of events) {
    const active = type === policyActivated.type ? policyActivated.data.safeParse(data).data : undefined;
    if (active) packs.set(active.version, { noticeId: packs.get(active.version)?.noticeId ?? null, hash: active.hash, pack: active.pack as unknown as PolicyPack });
    const announced = type === policyAnnounced.type ? policyAnnounced.data.safeParse(data).data : undefined;
    if (announced) packs.set(announced.version, { noticeId: announced.noticeId, hash: announced.hash, pack: announced.pack as unknown as PolicyPack });
  }
  const count = { restored: 0, unknown: 0 };
  for (const record of records) {
    if (record.kind === 'policy.published') count[(await publishAgain(tx, record, packs)) ? 'restored' : 'unknown'] += 1;
    const act = changed.safeParse(record.data).data;
    if (!act || !(await policyOf(tx, act.version))) continue;
    if (record.kind === 'policy.postponed') await postpone(tx, act.version, new Date(act.effectiveFrom));
    if (record.kind === 'policy.activated') await activateAgain(tx, act.version);
  }
  return count;
}

async function publishAgain(tx: Tx, { data, at }: LedgerRecord, packs: ReadonlyMap<number, ToldPack>): Promise<boolean> {
  const version = published.safeParse(data).data;
  const told = version && packs.get(version.version);
  // The ledger says which pack it was: what was told has to be that one, and no version may be missing before it.
  if (!version || !told || told.hash !== version.hash || packHash(told.pack) !== version.hash) return false;
  const newest = await newestPolicy(tx);
  if ((newest?.version ?? 0) + 1 !== version.version) return false;
  const diff = newest ? diffPacks(newest.pack, told.pack) : null;
  await tx.query(
    `INSERT INTO policy_version (version, hash, pack, diff, notice_id, rule_version, announced_for, published_by, published_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      version.version, version.hash, JSON.stringify(told.pack), diff && JSON.stringify(diff), told.noticeId,
      (await activePolicy(tx))?.version ?? null, version.effectiveFrom, version.by, at,
    ],
  );
  await tx.query(`INSERT INTO policy_state (version, state, effective_from) VALUES ($1, 'announced', $2)`, [version.version, version.effectiveFrom]);
  await remind(tx, { work: ACTIVATION, at: new Date(version.effectiveFrom) });
  return true;
}

async function activateAgain(tx: Tx, version: number): Promise<void> {
  await markActive(tx, version);
  const policy = await policyOf(tx, version);
  if (!policy) return;
  const { tlsMin, keyEncryptionKey, keyRotation } = policy.pack.security;
  await promiseTls(tx, tlsMin.value);
  await promiseKeys(tx, { kek: keyEncryptionKey.value, rotation: keyRotation.value, promise: promisesOf(keyEncryptionKey.source)[0] });
}
