import { describe, expect, it } from 'vitest';
import { loadSamplePack } from '../files/sample-packs.js';
import { explainPack, unusedPromises } from './explain-pack.js';

describe('a pack explained', () => {
  const ajuni = loadSamplePack('ajuni');

  it('puts each value under the promise that stands behind it', () => {
    const lines = explainPack(ajuni);
    const at = lines.indexOf('AJU-39  Requests are acknowledged within two business days');
    expect(lines.slice(at, at + 4)).toEqual([
      'AJU-39  Requests are acknowledged within two business days',
      '        clocks.acknowledge: P2BD',
      'AJU-40  Requests are resolved within 30 days',
      '        clocks.resolve: P30D',
    ]);
  });

  it('says apart what the operator chose', () => {
    const lines = explainPack(ajuni);
    const chosen = lines.findIndex((line) => line.startsWith('Chosen by the operator'));
    expect(lines.indexOf('        operations.clearanceValidity: P1D')).toBeGreaterThan(chosen);
  });

  it('finds promises that no value carries', () => {
    const forgetful = structuredClone(ajuni);
    delete forgetful.clocks.acknowledge;
    expect(unusedPromises(forgetful)).toEqual(['AJU-39']);
  });
});
