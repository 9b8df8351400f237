import { loadSamplePack } from '@heed/policy';
import { expect, it } from 'vitest';
import { packOfCall } from './pack-body.js';

const pack = loadSamplePack('ajuni'); // in Asia/Kolkata, five and a half hours before UTC
packOfCall(pack, {}); // the first reading compiles the schema, which on a busy machine takes seconds

it.each([
  ['2027-01-31T00:00:00+01:00', '2027-01-30T23:00:00.000Z'],
  ['2027-01-31', '2027-01-30T18:30:00.000Z'],
  ['9999-12-31', '9999-12-30T18:30:00.000Z'],
])('effectiveFrom %s is %s', (effectiveFrom, at) => {
  expect(packOfCall(pack, { effectiveFrom }).effectiveFrom?.toISOString()).toBe(at);
  expect(packOfCall({ pack, effectiveFrom }, {}).effectiveFrom?.toISOString()).toBe(at);
});

it.each(['0000-06-01', '0001-01-01', '9999-12-31T23:59:59-10:00', '2027-02-30', 'soon'])('effectiveFrom %s is refused', (effectiveFrom) => {
  expect(() => packOfCall(pack, { effectiveFrom })).toThrow(expect.objectContaining({ kind: 'malformed', code: 'body_invalid' }));
});
