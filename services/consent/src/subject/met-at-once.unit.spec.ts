import { refused } from '@heed/kernel';
import { describe, expect, it } from 'vitest';
import { metAgain } from './met-at-once.js';
import { metAtOnce } from './new-identifiers.js';

/** Fails so often, and answers how often it was done. */
function failing(times: number, error: unknown): () => Promise<number> {
  let done = 0;
  return () => {
    done += 1;
    return done <= times ? Promise.reject(error as Error) : Promise.resolve(done);
  };
}

describe('work about a person whom another call met as well', () => {
  it('is done again where the person was met at once, and where both wrote the same', async () => {
    await expect(metAgain(failing(4, metAtOnce()))).resolves.toBe(5);
    await expect(metAgain(failing(1, Object.assign(new Error('duplicate key'), { code: '23505' })))).resolves.toBe(2);
  });

  it('is given up after the fifth time, and at once where anything else is wrong', async () => {
    const [often, other] = [failing(5, metAtOnce()), failing(1, refused('purpose_unknown', 'No such purpose.'))];
    await expect(metAgain(often)).rejects.toMatchObject({ code: 'person_met_at_once' });
    await expect(metAgain(other)).rejects.toMatchObject({ code: 'purpose_unknown' });
    expect([await often(), await other()]).toEqual([6, 2]);
  });
});
