import { consistencyProof, verifyConsistency } from '@heed/ledger';
import type { ReadTile } from '@heed/ledger';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keeperOn } from './support/keeper.js';
import { LedgerBed, rootOf } from './support/ledger-bed.js';

const CHILD = path.join(import.meta.dirname, 'support/sequencer.child.ts');
/** Between every two steps of a turn, at the first pass or a later one. */
const POINTS = ['records-read:1', 'records-placed:3', 'signed:1', 'before-commit:3', 'committed:2'].map((point) => `ledger.${point}`);

let bed: LedgerBed;
beforeAll(async () => {
  bed = await LedgerBed.make();
});
afterAll(() => bed.stop());

async function killedAt(point: string): Promise<unknown> {
  const args = ['--disable-warning=ExperimentalWarning', CHILD, JSON.stringify({ url: bed.url, keysDir: bed.bed.keysDir }), point];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [, signal] = (await once(child, 'close')) as unknown[];
  return signal;
}

const readTile: ReadTile = async (tiles) => {
  const rows = await bed.rows<{ level: number; index: string; hashes: Buffer }>('SELECT level, index, hashes FROM t_ajuni.ledger_tile');
  return tiles.map(({ level, index }) => rows.find((row) => row.level === level && Number(row.index) === index)?.hashes ?? Buffer.alloc(0));
};

it('a sequencer that is killed between any two steps leaves a ledger that the next one goes on with, and takes back nothing that it has told', async () => {
  let before = { size: 0, root: rootOf([]) };
  for (const point of POINTS) {
    expect([point, await killedAt(point)]).toEqual([point, 'SIGKILL']);
    const next = await keeperOn(bed.place);
    next.sequencer.start();
    await bed.settled();
    await next.stop();
    const told = await bed.told();
    expect(told.map(({ id }) => id).sort()).toEqual(await bed.committed());
    const now = await bed.head();
    expect({ point, ...now }).toEqual({ point, size: told.length, root: rootOf(told) });
    expect(now.size).toBeGreaterThan(before.size);
    const proof = await consistencyProof(before.size, now.size, readTile);
    expect(verifyConsistency({ from: before, to: now, proof })).toBe(true);
    before = now;
  }
  const told = await bed.told();
  for (const { size, root } of await bed.toldCheckpoints()) expect(root).toBe(rootOf(told.slice(0, size)).toString('base64'));
}, 300_000);
