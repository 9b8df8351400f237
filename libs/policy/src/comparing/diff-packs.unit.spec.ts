import { describe, expect, it } from 'vitest';
import { loadSamplePack } from '../files/sample-packs.js';
import type { PolicyPack } from '../pack/pack.schema.js';
import { packHash } from '../reading/canonical.js';
import { diffPacks } from './diff-packs.js';

const ajuni = loadSamplePack('ajuni');

function changed(edit: (pack: PolicyPack) => void): ReturnType<typeof diffPacks> {
  const next = structuredClone(ajuni);
  edit(next);
  return diffPacks(ajuni, next);
}

function first<T>(list: readonly T[]): T {
  const [entry] = list;
  if (entry === undefined) throw new Error('empty');
  return entry;
}

describe('the difference between two versions of a pack', () => {
  it('is empty for the same pack, whatever the order of its lists', () => {
    const diff = changed((pack) => {
      pack.purposes.reverse();
      pack.retention.reverse();
      pack.messages.transactional.classes.value.reverse();
    });
    expect(diff).toMatchObject({ material: false, changes: [] });
  });

  it('names a changed value with what it was', () => {
    const diff = changed((pack) => {
      pack.clocks.resolve.value = 'P20D';
    });
    expect(diff.changes).toEqual([
      { kind: 'changed', path: '/clocks/resolve', before: 'P30D', after: 'P20D', material: true, text: 'clocks.resolve: P30D → P20D' },
    ]);
    expect(diff).toMatchObject({ from: packHash(ajuni), material: true });
  });

  it.each<[string, (pack: PolicyPack) => void, string, string]>([
    ['a removed never-purpose', (p) => p.neverPurposes.pop(), 'removed', '/neverPurposes/red_team'],
    ['another basis', (p) => Object.assign(p.purposes[6]?.bases['EU'] ?? {}, { basis: 'legitimate_interest' }), 'changed', '/purposes/analytics/bases/EU/basis'],
    ['longer keeping', (p) => Object.assign(p.retention[0]?.keep ?? {}, { value: 'P36M' }), 'changed', '/retention/contact/keep'],
    ['a promise no longer kept', (p) => (p.messages.marketing.maxPerMonth = { value: 2, source: 'operator_default' }), 'changed', '/messages/marketing/maxPerMonth/source'],
    ['a new recipient', (p) => p.subprocessors.vendors.push({ ...first(p.subprocessors.vendors), id: 'sms' }), 'added', '/subprocessors/vendors/sms'],
    ['a new version of a notice', (p) => p.notices.consent.push({ ...first(p.notices.consent), version: '2' }), 'added', '/notices/consent/signup@2'],
    ['a weaker isolation', (p) => (p.isolation.value = 'login'), 'changed', '/isolation'],
  ])('%s is material', (_, edit, kind, path) => {
    expect(changed(edit).changes).toMatchObject([{ kind, path, material: true }]);
  });

  it.each<[string, (pack: PolicyPack) => void, string]>([
    ['a typo in an address', (p) => (p.tenant.contacts.privacy.value = 'privacy@ajuni.example'), '/tenant/contacts/privacy'],
    ['wording that binds nobody', (p) => Object.assign(p.purposes[0] ?? {}, { description: 'Run it.' }), '/purposes/service/description'],
    ['a number of the machinery', (p) => (p.operations.erasureBudgetPerHour.value = 10), '/operations/erasureBudgetPerHour'],
  ])('%s is not', (_, edit, path) => {
    expect(changed(edit)).toMatchObject({ material: false, changes: [{ path, material: false }] });
  });

  it('reads like a sentence for added and removed entries', () => {
    const diff = changed((pack) => {
      pack.neverPurposes.splice(1, 1);
    });
    expect(diff.changes[0]?.text).toBe('neverPurposes.model_training: removed (was id model_training, title Training models on customer data)');
  });
});
