import { withdrawalReceived } from '@heed/contracts-dsar';
import { newEvent, uuidv7 } from '@heed/kernel';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { PLATFORM } from './consent-under-test.js';
import type { ConsentUnderTest } from './consent-under-test.js';

const HOUR = 3_600_000;
/** The two purposes that a store uses each: what they come to is seen in its commands. */
export const PURPOSES = ['marketing_email', 'analytics'] as const;
/** Yeses as often as noes: otherwise hardly anything is left for a yes to beat. */
const CHANNELS = [
  'decide', 'decide', 'decide', 'decide', 'ingress_yes', 'ingress_yes', 'ingress_yes', 'ingress_yes', 'sync', 'sync', 'sync', 'withdraw', 'ingress_no', 'gpc', 'link',
  'page', 'mail', 'merge', 'login',
] as const;

export const act = fc.record({
  channel: fc.constantFrom(...CHANNELS),
  /** By which of the person's identifiers, or by a ref of theirs. */
  by: fc.constantFrom('email', 'user_id', 'cookie_id', 'ref', 'other_ref'),
  purposes: fc.constantFrom<readonly string[]>(['marketing_email'], ['analytics'], PURPOSES),
  yes: fc.constantFrom(true, true, true, false),
  /** How far the clock of whoever reports it is off; nothing where no time is reported. */
  skew: fc.constantFrom(undefined, 0, -1, 1, -2 * HOUR, 2 * HOUR),
  /** Until the next one, in milliseconds: often none. */
  pause: fc.nat({ max: 2 }),
});
export type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** One person as three refs: an address, an account, and a browser that nobody has logged in with yet. */
export class ActingPerson {
  readonly values = { email: `${randomUUID()}@example.com`, user_id: randomUUID(), cookie_id: randomUUID() };
  readonly refs: string[] = [];
  links: { unsubscribe: string; preferences: string } = { unsubscribe: '', preferences: '' };
  /** By the method that each reporting act has for itself. */
  readonly reported = new Map<string, number | undefined>();
  /** How many records of an act have to be there in the end. */
  readonly published = new Map<string, number>();
  readonly acknowledged: string[] = [];

  subject(by: Act['by']): object {
    if (by === 'ref') return { ref: this.refs[0] };
    if (by === 'other_ref') return { ref: this.refs[1] };
    return { identifiers: [{ type: by, value: this.values[by] }] };
  }

  constructor(private readonly consent: ConsentUnderTest) {}

  async begin(): Promise<void> {
    for (const by of ['email', 'user_id', 'cookie_id'] as const) {
      const { body } = await this.consent.decide({ subject: this.subject(by), decisions: [{ purpose: 'analytics', decision: 'given' }] });
      this.refs.push(String(body['ref']));
    }
    const link = async (kind: string): Promise<string> => {
      const { body } = await this.consent.service.call('POST', `/v1/subjects/${this.refs[1] ?? ''}/links`, PLATFORM, { kind });
      return this.consent.service.url + new URL(String(body['url'])).pathname;
    };
    this.links = { unsubscribe: await link('unsubscribe'), preferences: await link('preferences') };
  }

  /** Does not wait for those that went before. */
  async perform({ channel, by, purposes, yes, skew }: Act, i: number): Promise<void> {
    const now = this.consent.clock.now().getTime();
    const occurredAt = skew === undefined ? {} : { occurredAt: new Date(now + skew).toISOString() };
    const subject = this.subject(by);
    const reports = (method: string): string => {
      this.reported.set(method, skew === undefined ? undefined : now + skew);
      return method;
    };
    const form = (url: string, body: string): Promise<Response> =>
      this.consent.service.fetch(url, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
    switch (channel) {
      case 'decide': {
        const decisions = purposes.map((purpose) => ({ purpose, decision: yes ? 'given' : 'refused' }));
        return this.answered(await this.consent.decide({ subject, decisions, method: reports(`d${i}`), ...occurredAt }));
      }
      case 'withdraw':
        return this.answered(await this.consent.withdraw({ subject, purposes: yes ? 'all' : purposes, channel: reports(`w${i}`), ...occurredAt }));
      case 'ingress_yes': {
        const decisions = purposes.map((purpose) => ({ purpose, decision: yes ? 'given' : 'refused' }));
        return this.ingress('consent_given.v1', now + (skew ?? 0), reports(`i${i}`), { subject, decisions, method: `i${i}`, ...occurredAt }, purposes.length);
      }
      case 'ingress_no':
        return this.ingress('consent_withdrawn.v2', now + (skew ?? 0), reports(`j${i}`), { subject, purposes, channel: `j${i}`, ...occurredAt }, purposes.length);
      case 'gpc':
        return this.answered(await this.consent.service.call('POST', '/v1/signals/gpc', PLATFORM, { subject }, { 'sec-gpc': '1' }));
      case 'link':
        return expect([200, 503]).toContain((await form(this.links.unsubscribe, 'List-Unsubscribe=One-Click')).status);
      case 'page':
        return expect([200, 303, 503]).toContain((await form(`${this.links.preferences}/withdraw-all`, '')).status);
      case 'sync': {
        const items = purposes.map((purpose) => ({
          subject, purpose, decision: yes ? 'given' : 'withdrawn', occurredAt: new Date(now + (skew ?? 0)).toISOString(), externalId: randomUUID(),
        }));
        return this.answered(await this.consent.service.call('POST', '/v1/consents/sync', PLATFORM, { source: 'crm', items }));
      }
      case 'mail': {
        this.published.set('email', (this.published.get('email') ?? 0) + 1);
        const data = { mailId: uuidv7(), ref: this.refs[1] ?? '', aliases: [], scope: 'marketing' as const, receivedAt: new Date(now).toISOString() };
        return this.consent.publish(newEvent(withdrawalReceived, { source: '/heed/dsar', tenant: 'ajuni', key: data.ref, clock: this.consent.clock, data }));
      }
      case 'merge':
        return this.answered(await this.consent.service.call('POST', `/v1/subjects/${this.refs[0] ?? ''}/merge`, PLATFORM, { other: this.refs[1] }));
      case 'login': {
        const identifiers = [{ type: 'cookie_id', value: this.values.cookie_id }];
        return this.answered(await this.consent.service.call('POST', `/v1/subjects/${this.refs[0] ?? ''}/identifiers`, PLATFORM, { identifiers, reason: 'login' }));
      }
    }
  }

  /** Said yes to: it is in the register from here on. */
  private answered({ status, body }: { readonly status: number; readonly body: Record<string, unknown> }): void {
    expect([200, 201, 202, 409, 503]).toContain(status); // of merges the second finds one person; a 503 says that nothing was acknowledged
    if (status === 409) expect(body['code']).toBe('already_one_person');
    if (status >= 400) return;
    this.acknowledged.push(...((body['records'] as { id: string }[] | undefined) ?? []).map(({ id }) => id));
  }

  private async ingress(type: string, time: number, method: string, data: object, records: number): Promise<void> {
    this.published.set(method, records);
    const headers = {
      ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/shop', ce_type: `heed.ingress.${type}`, ce_time: new Date(time).toISOString(), 'content-type': 'application/json',
    };
    if (!('occurredAt' in data)) this.reported.set(method, time); // then the time of the event counts
    await this.consent.publisher.publish([{ topic: `${this.consent.bed.topicPrefix}heed.t.ajuni.ingress.v1`, key: null, value: JSON.stringify(data), headers }]);
  }
}
