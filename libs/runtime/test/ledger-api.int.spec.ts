import { systemClock } from '@heed/kernel';
import { openCheckpoint, recordHash, RunningRoot, verifyConsistency, verifyEvidence, verifyInclusion } from '@heed/ledger';
import { Ledger } from '@heed/ledger-keeper';
import { persistenceMigrations, UnitOfWork } from '@heed/persistence';
import { PlatformModule, serviceEnvironment } from '@heed/runtime';
import type { ServiceDefinition } from '@heed/runtime';
import { eventually, ServiceBed } from '@heed/testing';
import type { StartedService } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

class Plain {}
const plain: ServiceDefinition<typeof serviceEnvironment> = {
  service: 'retention',
  api: { title: 'Plain', description: 'Nothing of its own.' },
  environment: serviceEnvironment,
  migrations: persistenceMigrations,
  module: (platform) => ({ module: Plain, imports: [PlatformModule.of(platform)] }),
};
const AUDITOR = { tenant: 'ajuni', roles: ['auditor'] };
const REF = `sub_${'0'.repeat(32)}`;

let bed: ServiceBed;
let service: StartedService;
let ledger: Ledger;
let unitOfWork: UnitOfWork;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock: systemClock });
  service = await bed.start(plain, persistenceMigrations);
  unitOfWork = service.service.app.get(UnitOfWork);
  ledger = service.service.app.get(Ledger);
  await eventually(async () => expect((await get('')).status).toBe(200), { timeoutMs: 20_000 });
});
afterAll(() => bed.stop());

const get = (path: string): ReturnType<StartedService['call']> => service.call('GET', `/v1/ledger/retention${path}`, AUDITOR);
const bytes = (base64: unknown): Buffer => Buffer.from(String(base64), 'base64');
const proofOf = (body: Record<string, unknown>): Buffer[] => (body['proof'] as string[]).map(bytes);

const record = (count: number): Promise<readonly string[]> =>
  unitOfWork.run('ajuni', async (tx) => Array.from({ length: count }, (_, n) => tx.record({ kind: 'hold.placed', ref: REF, data: { n } })));
const evidence = (ids: readonly string[]): Promise<Exclude<Awaited<ReturnType<Ledger['evidenceFor']>>, 'pending'>> =>
  eventually(async () => {
    const found = await unitOfWork.run('ajuni', (tx) => ledger.evidenceFor(tx, ids));
    return found === 'pending' ? false : found;
  });

type Item = { readonly index: number } & Parameters<typeof recordHash>[0];
async function everyRecord(): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let cursor: unknown = ''; cursor !== null; ) {
    const { body } = await get(`/records?limit=300${cursor === '' ? '' : `&cursor=${String(cursor)}`}`);
    items.push(...(body['items'] as Item[]));
    cursor = body['nextCursor'];
  }
  return items;
}

describe('evidence of records', () => {
  it('is pending in the transaction that records, and verifies with the public key alone soon after', async () => {
    const early = await unitOfWork.run('ajuni', async (tx) => ledger.evidenceFor(tx, [tx.record({ kind: 'hold.placed', data: {} })]));
    expect(early).toBe('pending');
    const ids = await record(3);
    const found = await evidence(ids);
    expect(found.map((one) => one.record.id)).toEqual(ids);
    for (const one of found) expect(verifyEvidence(one, ledger.vkey('ajuni'))).toMatchObject({ origin: 'heed/retention/ajuni', size: one.size });
    expect(() => verifyEvidence({ ...found[0]!, record: found[1]!.record }, ledger.vkey('ajuni'))).toThrow(/does not stand at place/);
  });

  it("of a record of another tenant's ledger there is none", async () => {
    const ids = await record(1);
    await evidence(ids);
    expect(await unitOfWork.run('askasia', (tx) => ledger.evidenceFor(tx, ids))).toBe('pending');
  });
});

describe('/v1/ledger/{owner}', () => {
  it('has all that is needed to compute the root from the records, and a checkpoint that the key has signed', async () => {
    await evidence(await record(700));
    const { body } = await get('');
    const items = await everyRecord();
    expect(items.map(({ index }) => index)).toEqual(items.map((_, i) => i));
    const running = new RunningRoot();
    for (const { index: _, ...item } of items) running.append(recordHash(item));
    expect({ size: body['size'], root: body['root'] }).toEqual({ size: items.length, root: running.root().toString('base64') });
    const checkpoint = openCheckpoint(String(body['checkpoint']), String(body['key']));
    expect(checkpoint).toMatchObject({ origin: 'heed/retention/ajuni', size: items.length });
  });

  it('has the tiles, in which the leaf hashes stand', async () => {
    const items = await everyRecord();
    const { body } = await get('/tiles/0/1');
    expect(body['width']).toBe(256);
    const { index: _, ...item } = items[256 + 7]!;
    expect(bytes(body['hashes']).subarray(7 * 32, 8 * 32)).toEqual(recordHash(item));
    expect(await get('/tiles/0/99')).toMatchObject({ status: 404 });
  });

  it('proves that a record is in, and that a former size is the beginning of the present one', async () => {
    const [id = ''] = await record(1);
    expect((await get(`/inclusion?entry=${id}`)).status).toBe(409);
    await evidence([id]);
    const { body: checkpoints } = await get('/checkpoints?limit=500');
    const items = checkpoints['items'] as { size: number; root: string; note: string }[];
    const [first, last] = [items[0]!, items.at(-1)!];
    const { body } = await get(`/inclusion?entry=${id}&size=${last.size}`);
    const item = (await everyRecord()).find((one) => one.id === id)!;
    const { index, ...opened } = item;
    expect(body['index']).toBe(index);
    expect(verifyInclusion({ index, size: last.size, leafHash: recordHash(opened), proof: proofOf(body), root: bytes(last.root) })).toBe(true);
    const { body: consistency } = await get(`/consistency?from=${first.size}&to=${last.size}`);
    const claim = { from: { size: first.size, root: bytes(first.root) }, to: { size: last.size, root: bytes(last.root) } };
    expect(verifyConsistency({ ...claim, proof: proofOf(consistency) })).toBe(true);
  });

  it('says no to sizes beyond the ledger, records that are not there, ledgers of others, and people without a role for it', async () => {
    expect(await get('/consistency?from=1&to=999999')).toMatchObject({ status: 400, body: { code: 'index_outside' } });
    expect(await get('/consistency?from=5&to=2')).toMatchObject({ status: 400, body: { code: 'index_outside' } });
    expect((await get(`/inclusion?entry=${crypto.randomUUID()}`)).status).toBe(404);
    expect(await get('/records?cursor=eHg')).toMatchObject({ status: 400, body: { code: 'cursor_malformed' } });
    expect((await service.call('GET', '/v1/ledger/consent', AUDITOR)).status).toBe(404);
    expect((await service.call('GET', '/v1/ledger/retention', { tenant: 'ajuni', roles: ['platform'] })).status).toBe(403);
  });
});
