import { expect, it } from 'vitest';
import { asDiskFull } from './disk.js';

const full = (more: object): Error => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', ...more });

it('a full disk is told with the path and what to do', () => {
  const advice = 'is full: free some space, or move HEED_HOME to another disk.';
  expect(asDiskFull(full({ path: '/heed/run/lock' }), '/heed')?.message).toBe(`The disk of /heed/run/lock ${advice}`);
  expect(asDiskFull(full({}), '/heed')?.message).toBe(`The disk of /heed ${advice}`);
  expect(asDiskFull(new Error('other'), '/heed')).toBeUndefined();
});
