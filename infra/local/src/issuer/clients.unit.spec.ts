import { describe, expect, it } from 'vitest';
import { clientsOf, heedClaims } from './clients.js';

const clients = clientsOf(['ajuni'], ['consent']);
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
});
