import { loadSamplePack } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { expect, it } from 'vitest';
import { refuseRewording } from './same-words.js';

function reworded(pack: PolicyPack, version: string): PolicyPack {
  const [first, ...others] = pack.notices.consent;
  return { ...pack, notices: { ...pack.notices, consent: [{ ...first!, version, texts: { ...first!.texts, en: 'Tick all of it.' } }, ...others] } };
}

it('AJU-14: a notice that reads differently needs a new version', () => {
  const ajuni = loadSamplePack('ajuni');
  expect(() => refuseRewording(ajuni, reworded(ajuni, '1'))).toThrow(expect.objectContaining({ kind: 'refused', code: 'notice_reworded', promise: 'AJU-14' }));
  expect(() => refuseRewording(ajuni, reworded(ajuni, '2'))).not.toThrow();
});

it('names no promise where the operator chose the notice', () => {
  const auronx = loadSamplePack('auronx');
  expect(() => refuseRewording(auronx, reworded(auronx, '1'))).toThrow(expect.objectContaining({ code: 'notice_reworded', promise: undefined }));
});
