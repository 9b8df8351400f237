import type { Call } from '@heed/http';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { UploadSlots } from './upload-slots.js';
import { uploadResults } from './upload.js';

const call: Call = { tenant: 'ajuni', actor: 'test', roles: [], cause: { correlationId: 'x' } } as unknown as Call;
const nothing = { look: () => Promise.resolve([]), record: () => Promise.resolve([]) };
const options = { dryRun: false, onlyChanges: false };

describe('an upload in which nothing moves', () => {
  it('is ended where its sender sends nothing, and not where a byte comes now and then', async () => {
    const stream = new PassThrough();
    const results = uploadResults(stream, call, nothing, options, 200).resume();
    const ended = once(results, 'close').catch((error: unknown) => error);
    for (let i = 0; i < 5; i += 1) {
      await sleep(80);
      stream.write('x');
    }
    expect(results.destroyed).toBe(false);
    expect(await ended).toMatchObject({ code: 'upload_idle' });
    expect([stream.destroyed, results.destroyed]).toEqual([true, true]);
  });

  it('is ended where nobody reads its results', async () => {
    const stream = new PassThrough();
    const results = uploadResults(stream, call, nothing, options, 200);
    stream.write('no line\n'.repeat(5000));
    results.read(0);
    expect(await once(results, 'close').catch((error: unknown) => error)).toMatchObject({ code: 'upload_idle' });
  });
});

it('one tenant cannot take all the slots, and gives back what it took', () => {
  const slots = new UploadSlots();
  const [release] = [slots.take('ajuni'), slots.take('ajuni'), slots.take('ajuni')];
  expect(() => slots.take('ajuni')).toThrow('Other uploads are under way');
  for (const tenant of ['b', 'b', 'b', 'c', 'c']) slots.take(tenant);
  expect(() => slots.take('d')).toThrow('Other uploads are under way');
  release?.();
  slots.take('ajuni');
});
