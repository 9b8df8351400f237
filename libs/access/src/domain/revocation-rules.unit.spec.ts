import type { Identity } from '@heed/auth';
import { describe, expect, it } from 'vitest';
import { RevocationRules } from './revocation-rules.js';
import type { KnownRevocation } from './revocation-rules.js';
import { tokenSeconds } from './token-lifetime.js';
import { loadSamplePack } from '@heed/policy';

const AT = Date.parse('2026-11-21T10:00:00Z');
const token = (more: Partial<Identity> = {}): Identity => ({
  principal: { subject: 'ada', tenant: 'ajuni', roles: ['dpo'] },
  client: 'console', holderId: 'h', applicationId: 'a', sessionId: 's', ownSession: true, issuedAt: AT / 1000, expiresAt: AT / 1000 + 600,
  ...more,
});
const revocation = (more: Partial<KnownRevocation>): KnownRevocation => ({ kind: 'session', target: 's', role: '', issuedBefore: null, ...more });
const revoked = (revocations: readonly KnownRevocation[], identity = token()): boolean => new RevocationRules(900, revocations).isRevoked(identity);

describe('rules of a tenant', () => {
  it('revoke a session or an application, and no other', () => {
    expect(revoked([revocation({})])).toBe(true);
    expect(revoked([revocation({ kind: 'application', target: 'a' })])).toBe(true);
    expect(revoked([revocation({ target: 'another' }), revocation({ kind: 'application', target: 'another' })])).toBe(false);
  });

  it('kill the tokens of before a rotation, those of its second too, and none of after', () => {
    const rotated = [revocation({ kind: 'application', target: 'a', issuedBefore: new Date(AT + 400) })];
    expect(revoked(rotated, token({ issuedAt: AT / 1000 - 60 }))).toBe(true);
    expect(revoked(rotated, token({ issuedAt: AT / 1000 }))).toBe(true);
    expect(revoked(rotated, token({ issuedAt: AT / 1000 + 1 }))).toBe(false);
  });

  it('keep an application shut out that was rotated too', () => {
    const both = [revocation({ kind: 'application', target: 'a' }), revocation({ kind: 'application', target: 'a', issuedBefore: new Date(AT - 1000) })];
    expect(revoked(both)).toBe(true);
    expect(revoked([...both].reverse())).toBe(true);
  });

  it('withdraw roles from the holder that is meant', () => {
    const rules = new RevocationRules(900, [revocation({ kind: 'role', target: 'h', role: 'dpo' }), revocation({ kind: 'role', target: 'h', role: 'analyst' })]);
    expect(rules.withdrawnFrom('h')).toEqual(['dpo', 'analyst']);
    expect(rules.withdrawnFrom('s')).toEqual([]);
    expect(rules.isRevoked(token())).toBe(false);
  });

  it('allow a quarter of an hour before the first policy is there, and never more', () => {
    expect(new RevocationRules(undefined, []).lifetimeSeconds).toBe(900);
    expect(new RevocationRules(600, []).lifetimeSeconds).toBe(600);
    expect(new RevocationRules(3600, []).lifetimeSeconds).toBe(900);
  });
});

describe('the lifetime that a pack allows', () => {
  it.each([['PT10M', 600], ['PT90S', 90], ['PT1H', 900], ['P1D', 900], ['PT0S', 1]])('%s is %i seconds', (value, seconds) => {
    expect(tokenSeconds({ security: { accessTokenTtl: { value, source: 'operator_default' } } })).toBe(seconds);
  });

  it('is read from packs of another form too, as the most that any may have', () => {
    expect(tokenSeconds({ security: {} })).toBe(900);
    expect(tokenSeconds({ ...loadSamplePack('ajuni') })).toBe(900);
  });
});
