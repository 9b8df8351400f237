import { loadSamplePack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { clientsOf, heedClaims } from './clients.js';
import { tokenSecondsOf } from './token-seconds.js';

const clients = clientsOf([{ id: 'ajuni', tokenSeconds: 900 }, { id: 'askasia', tokenSeconds: 600 }], ['consent']);
const client = (id: string) => clients.find((candidate) => candidate.id === id);

describe('claims of a token', () => {
  it('give a person the roles that were asked for, and none unasked', () => {
    expect(heedClaims(client('cli.ajuni'), 'dpo platform')).toEqual({ roles: ['platform', 'dpo'], tenant: 'ajuni' });
    expect(heedClaims(client('cli.ajuni'), undefined)).toEqual({ roles: [], tenant: 'ajuni' });
  });

  it('never make a person a service', () => {
    expect(heedClaims(client('cli.ajuni'), 'service agent')).toEqual({ roles: [], tenant: 'ajuni' });
  });

  it('give a machine its one role, and a service no tenant', () => {
    expect(heedClaims(client('agent.ajuni'), undefined)).toEqual({ roles: ['agent'], tenant: 'ajuni' });
    expect(heedClaims(client('svc.consent'), undefined)).toEqual({ roles: ['service'] });
  });

  it('ASK-18: live as long as the tenant’s policy allows; those of services, who work for all, as long as the strictest does', () => {
    const allowed = tokenSecondsOf(loadSamplePack('askasia'));
    expect(allowed).toBe(600);
    expect(client('cli.askasia')?.tokenSeconds).toBe(allowed);
    expect(client('agent.askasia')?.tokenSeconds).toBe(allowed);
    expect(client('cli.ajuni')?.tokenSeconds).toBe(tokenSecondsOf(loadSamplePack('ajuni')));
    expect(client('svc.consent')?.tokenSeconds).toBe(allowed);
  });
});
