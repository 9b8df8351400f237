import { loadSamplePack } from '@heed/policy';
import { expect, it } from 'vitest';
import { published } from './pack-apply.command.js';

const ajuni = loadSamplePack('ajuni');
const announced = { version: 3, state: 'announced', effectiveFrom: '2027-01-14T18:30:00.000Z', noticeId: 'n-1' } as const;

it('a new version is told with its date in the zone of the tenant, and whom its notice goes to', () => {
  expect(published(announced, true, ajuni)).toEqual([
    'Version 3 of ajuni takes effect on 15 January 2027 at 00:00 in Asia/Kolkata (2027-01-14T18:30:00.000Z).',
    'Notice n-1 goes to customer admins.',
  ]);
});

it('a pack that stands already is told to have changed nothing', () => {
  expect(published({ ...announced, state: 'active' }, false, ajuni)).toEqual([
    'Nothing changed: this is version 3 of ajuni already; it is in force since 15 January 2027 at 00:00 in Asia/Kolkata (2027-01-14T18:30:00.000Z).',
  ]);
});
