import { expect } from 'vitest';
import { ada, PLATFORM } from './consent-under-test.js';
import type { ConsentUnderTest } from './consent-under-test.js';

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
export const ONE_CLICK = { method: 'POST', headers: FORM, body: 'List-Unsubscribe=One-Click' };

/** People who have agreed to something, with the links to their pages. */
export class PeopleWithLinks {
  constructor(private readonly consent: ConsentUnderTest) {}

  /** Somebody who agreed to everything. @returns their ref */
  async agreed(purposes = ['marketing_email', 'analytics']): Promise<string> {
    const { body } = await this.consent.decide({ subject: ada(), decisions: purposes.map((purpose) => ({ purpose, decision: 'given' })) });
    return String(body['ref']);
  }

  /** The path of a new link. */
  async linkFor(ref: string, wanted: Record<string, unknown> = { kind: 'unsubscribe' }): Promise<string> {
    const { status, body } = await this.consent.service.call('POST', `/v1/subjects/${ref}/links`, PLATFORM, wanted);
    expect(status).toBe(201);
    return new URL(String(body['url'])).pathname;
  }

  at(path: string): string {
    return this.consent.service.url + path;
  }

  async page(path: string, init?: RequestInit): Promise<{ status: number; text: string; headers: Headers }> {
    const response = await this.consent.service.fetch(this.at(path), { redirect: 'manual', ...init });
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  /** What holds for them, by purpose. */
  async stateOf(ref: string): Promise<Record<string, unknown>> {
    const { body } = await this.consent.service.call('GET', `/v1/subjects/${ref}`, PLATFORM);
    return Object.fromEntries((body['preferences'] as { purpose: string; state: string }[]).map(({ purpose, state }) => [purpose, state]));
  }

  /** How many records the register has of them. */
  async written(ref: string): Promise<number> {
    const [row] = await this.consent.service.sql<{ n: number }>('SELECT count(*)::int AS n FROM t_ajuni.consent_record WHERE ref = $1', [ref]);
    return row?.n ?? 0;
  }
}
