import { describe, expect, it } from 'vitest';
import { unusedPromises } from '../comparing/explain-pack.js';
import { canonicalPack, packHash } from '../reading/canonical.js';
import { parsePack } from '../reading/parse-pack.js';
import { loadPromises, loadSamplePack, SAMPLE_TENANTS } from './sample-packs.js';

describe.each(SAMPLE_TENANTS)('the pack of %s', (tenant) => {
  const pack = loadSamplePack(tenant);

  it('is its own, carries every promise of its policy, and no other', () => {
    expect(pack.tenant.id).toBe(tenant);
    expect(unusedPromises(pack)).toEqual([]);
    expect(new Set(pack.promises.map((p) => p.id.slice(0, 3))).size).toBe(1);
  });

  it('comes back unchanged from its canonical form', () => {
    const again = parsePack(canonicalPack(pack));
    expect(again).toEqual({ ok: true, pack });
    if (again.ok) expect(packHash(again.pack)).toBe(packHash(pack));
  });

  it('asks consent for marketing mail and analytics, in the place it assumes', () => {
    const consented = pack.purposes.filter((p) => p.bases[pack.jurisdictions.default.value]?.basis === 'consent').map((p) => p.id);
    expect(consented).toEqual(expect.arrayContaining(['marketing_email', 'analytics']));
    expect(pack.notices.consent.find((n) => n.id === 'signup')).toMatchObject({ version: '1' });
  });
});

describe('the five packs together', () => {
  const packs = SAMPLE_TENANTS.map((t) => loadSamplePack(t));
  const values = (of: (pack: (typeof packs)[number]) => unknown): unknown[] => packs.map(of);

  it('hold 149 promises, each once', () => {
    const promises = loadPromises();
    expect(promises).toHaveLength(149);
    expect(new Set(promises.map((p) => p.id)).size).toBe(149);
    expect(promises.find((p) => p.id === 'AHU-11')).toMatchObject({ tenant: 'ahurasense', policy: 'AhuraSense', owner: 'notifications' });
  });

  it('differ as the policies do', () => {
    expect(values((p) => p.isolation.value)).toEqual(['role', 'role', 'login', 'role', 'role']);
    expect(values((p) => p.notices.policyChange.leadTime?.value)).toEqual(['P30D', undefined, undefined, undefined, undefined]);
    expect(values((p) => p.notices.policyChange.audience.join())).toEqual(['customer_admins', 'public', 'partners', 'public', 'registered_users']);
    expect(values((p) => p.notices.policyChange.channels.join())).toEqual(['email', 'page', 'email,console', 'page', 'email']);
    expect(values((p) => p.messages.marketing.maxPerMonth?.value)).toEqual([2, undefined, undefined, undefined, undefined]);
    expect(values((p) => p.neverPurposes.map((n) => n.id).join())).toEqual([
      'sale,model_training,fine_tune,eval_benchmark,red_team',
      'sale',
      'sale,model_training',
      '',
      'sale,advertising',
    ]);
    expect(values((p) => p.children?.minAge.value)).toEqual([18, 18, 16, undefined, undefined]);
    expect(values((p) => p.security.tlsMin.value)).toEqual(['1.3', '1.2', '1.2', '1.2', '1.2']);
  });
});
