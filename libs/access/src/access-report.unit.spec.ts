import type { Identity } from '@heed/auth';
import { describe, expect, it } from 'vitest';
import { MOST_KINDS, Refusals } from './refusals.js';
import { Sightings } from './sightings.js';

function clockAt(text: string): { now: () => Date; wait: (ms: number) => void } {
  let at = Date.parse(text);
  return { now: () => new Date(at), wait: (ms) => (at += ms) };
}
const seen = (more: Partial<Identity> = {}, roles: Identity['principal']['roles'] = ['dpo']): Identity => ({
  principal: { subject: 'ada', tenant: 'ajuni', roles },
  client: 'console', holderId: 'h', applicationId: 'a', sessionId: 's', ownSession: true, issuedAt: 1_795_255_200, expiresAt: 1_795_255_800,
  ...more,
});

describe('who was seen', () => {
  it('is told once, with all that was seen of them since', () => {
    const clock = clockAt('2026-11-21T10:00:00Z');
    const sightings = new Sightings(clock);
    sightings.note(seen());
    clock.wait(1000);
    sightings.note(seen({ expiresAt: 1_795_255_900 }, ['auditor']));
    const [told] = sightings.take().get('ajuni') ?? [];
    expect(told).toMatchObject({ subject: 'ada', roles: ['dpo', 'auditor'], firstAt: '2026-11-21T10:00:00.000Z', lastAt: '2026-11-21T10:00:01.000Z', expiresAt: new Date(1_795_255_900_000).toISOString() });
    expect(sightings.take().size).toBe(0);
  });

  it("is not told of Heed's own services", () => {
    const sightings = new Sightings(clockAt('2026-11-21T10:00:00Z'));
    sightings.note(seen({ principal: { subject: 'svc.dsar', tenant: undefined, roles: ['service'] } }));
    expect(sightings.take().size).toBe(0);
  });

  it('is told later where it could not be told, and is not forgotten for what came meanwhile', () => {
    const clock = clockAt('2026-11-21T10:00:00Z');
    const sightings = new Sightings(clock);
    sightings.note(seen());
    const taken = sightings.take().get('ajuni') ?? [];
    clock.wait(5000);
    sightings.note(seen({}, ['auditor']));
    sightings.putBack('ajuni', taken);
    expect(sightings.take().get('ajuni')).toMatchObject([{ roles: ['dpo', 'auditor'], firstAt: '2026-11-21T10:00:00.000Z', lastAt: '2026-11-21T10:00:05.000Z' }]);
  });
});

describe('refused calls', () => {
  const call = { route: 'GET /v1/holds', code: 'role_missing', tenant: 'ajuni', holderId: 'h' };

  it('are counted by minute, and told when the minute is over', () => {
    const clock = clockAt('2026-11-21T10:00:30Z');
    const refusals = new Refusals(clock);
    for (let i = 0; i < 5; i += 1) refusals.note(call);
    refusals.note({ ...call, holderId: undefined });
    expect(refusals.take().size).toBe(0);
    clock.wait(30_000);
    refusals.note(call);
    expect(refusals.take().get('ajuni')).toMatchObject([
      { minute: '2026-11-21T10:00:00.000Z', route: 'GET /v1/holds', code: 'role_missing', holderId: 'h', count: 5 },
      { minute: '2026-11-21T10:00:00.000Z', holderId: null, count: 1 },
    ]);
    expect(refusals.take(true).get('ajuni')).toMatchObject([{ minute: '2026-11-21T10:01:00.000Z', count: 1 }]);
  });

  it('take bounded room, however various they are, and none is lost from the count', () => {
    const refusals = new Refusals(clockAt('2026-11-21T10:00:00Z'));
    for (let i = 0; i < 10_000; i += 1) refusals.note({ ...call, holderId: `made-up-${i}` });
    const told = refusals.take(true).get('ajuni') ?? [];
    expect(told).toHaveLength(MOST_KINDS + 1);
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
    expect(told.at(-1)).toMatchObject({ route: 'other', code: 'other', count: 10_000 - MOST_KINDS });
  });
});
