import { expect, it } from 'vitest';
import { loadSamplePack } from '../files/sample-packs.js';
import type { PolicyPack } from '../pack/pack.schema.js';
import { changeInWords } from './change-in-words.js';
import { diffPacks } from './diff-packs.js';

const ajuni = loadSamplePack('ajuni');

function said(edit: (pack: PolicyPack) => unknown): string[] {
  const next = structuredClone(ajuni);
  edit(next);
  return diffPacks(ajuni, next).changes.map((change) => changeInWords(change, next));
}

it.each<[string, (pack: PolicyPack) => unknown, string]>([
  ['a retention', (p) => Object.assign(p.retention[0]?.keep ?? {}, { value: 'P13M' }), 'Contact details: kept for 13 months instead of 24 months.'],
  ['a deadline', (p) => (p.clocks.resolve.value = 'P20D'), 'Time to answer a request about personal data: 20 days instead of 30 days.'],
  ['a deadline given up', (p) => delete p.clocks.acknowledge, 'Time to acknowledge a request about personal data: no longer stated (was 2 business days).'],
  ['a basis', (p) => Object.assign(p.purposes[6]?.bases['EU'] ?? {}, { basis: 'legitimate_interest' }), 'Purpose “Analytics”, EU: the legal basis is legitimate interest instead of consent.'],
  ['a recipient', (p) => p.subprocessors.vendors.shift(), 'Sub-processor, no longer: Anthropic (hosts the model behind the chat assistant).'],
  ['a never-purpose', (p) => p.neverPurposes.splice(1, 1), 'Use that is ruled out, no longer: Training models on customer data.'],
  ['a yes or no', (p) => (p.messages.marketing.oneClickUnsubscribe.value = false), 'Messages, marketing, one click unsubscribe: no instead of yes.'],
  ['a list', (p) => (p.messages.transactional.classes.value = ['account']), 'Messages, transactional, classes: account instead of account, billing, security.'],
  ['a promise that nobody keeps any more', (p) => (p.consent.bundling.source = 'operator_default'), 'Consent, bundling: the promise behind it is none (our own choice) instead of AJU-15.'],
])('%s reads as a sentence', (_, edit, sentence) => {
  expect(said(edit)).toEqual([sentence]);
});
