import { openEnvelope } from '@heed/crypto';
import type { Answer } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { ConsentUnderTest, PLATFORM } from './consent-under-test.js';

export type Identifiers = { type: string; value: string }[];

export const cookie = (): { identifiers: Identifiers } => ({ identifiers: [{ type: 'cookie_id', value: randomUUID() }] });
export const user = (): { identifiers: Identifiers } => ({ identifiers: [{ type: 'user_id', value: randomUUID() }] });

/** People who decide, and of whom several are found to be one; every act is a second after the one before. */
export class PeopleWhoMeet {
  private constructor(
    readonly consent: ConsentUnderTest,
    readonly stop: () => Promise<void>,
  ) {}

  /** With a consent service of their own, whose commands are heard. */
  static async start(): Promise<PeopleWhoMeet> {
    const consent = await ConsentUnderTest.start();
    const deafen = await consent.listen();
    return new PeopleWhoMeet(consent, async () => {
      await deafen();
      await consent.stop();
    });
  }

  /** A change of who somebody is. */
  call(ref: string, act: string, body: unknown): Promise<Answer> {
    this.consent.clock.advance({ seconds: 1 });
    return this.consent.service.call('POST', `/v1/subjects/${ref}/${act}`, PLATFORM, body);
  }

  async shown(ref: string): Promise<Record<string, unknown>> {
    return (await this.consent.service.call('GET', `/v1/subjects/${ref}`, PLATFORM)).body;
  }

  /** @returns their ref */
  async decide(subject: object, decision: 'given' | 'refused', purpose = 'marketing_email'): Promise<string> {
    this.consent.clock.advance({ seconds: 1 });
    const answer = await this.consent.decide({ subject, decisions: [{ purpose, decision }] });
    expect(answer.status).toBe(201);
    return String(answer.body['ref']);
  }

  /** @returns their ref */
  async withdraw(subject: object, purposes: string[] | 'all' = ['marketing_email']): Promise<string> {
    this.consent.clock.advance({ seconds: 1 });
    const answer = await this.consent.withdraw({ subject, purposes });
    expect(answer.status).toBe(202);
    return String(answer.body['ref']);
  }

  /** Why, or why not. */
  async may(subject: object, purpose = 'marketing_email'): Promise<unknown> {
    return (await this.consent.check({ subject, purpose })).body['reason'];
  }

  /** The identifiers that the store `crm` has been told to switch marketing off for, by any command of these refs. */
  async toldOff(refs: readonly string[]): Promise<Identifiers> {
    const { consent } = this;
    const dispatches = await consent.service.sql<{ id: string }>(
      `SELECT id FROM t_ajuni.dispatch WHERE kind = 'withdrawal' AND ref = ANY($1) AND body->'purposes' ? 'marketing_email'`,
      [refs],
    );
    const commands = await Promise.all(dispatches.map(({ id }) => consent.commandFor(id)));
    return commands.flatMap((command) => openEnvelope(command.sealed, { store: 'crm', privateKey: consent.agent.keys.encryption, aad: `ajuni|${command.dispatchId}` }).identifiers);
  }
}
