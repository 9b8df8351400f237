import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { byEmail } from './heed.js';
import type { Answer, Heed } from './heed.js';

/** People that a test puts into the sample stores of one tenant, and an audit of them that reads the stores alone. */
export class Population {
  /** Whose withdrawal has been answered so far. */
  readonly accepted: string[] = [];

  private constructor(
    private readonly heed: Heed,
    readonly tenant: string,
    readonly emails: readonly string[],
  ) {}

  static async settle(heed: Heed, tenant: string, count: number, rowsEach = 3): Promise<Population> {
    const run = randomUUID().slice(0, 8);
    const emails = Array.from({ length: count }, (_, i) => `${run}-${i}@example.org`);
    await heed.store(
      tenant,
      'crm',
      `WITH p AS (
         INSERT INTO people (email, user_id, name, marketing_email) SELECT e, 'u-' || e, 'A. Person', true FROM unnest($1::text[]) AS e RETURNING id),
       o AS (INSERT INTO orders (person_id, total_cents, ship_to, placed_at) SELECT id, 100, 'Example Street 1', now() FROM p, generate_series(1, $2)),
       t AS (INSERT INTO tickets (person_id, subject) SELECT id, 'help' FROM p, generate_series(1, $2) RETURNING id)
       INSERT INTO messages (ticket_id, author, body) SELECT id, 'customer', 'please' FROM t`,
      [emails, rowsEach],
    );
    await heed.store(
      tenant,
      'telemetry',
      `WITH p AS (INSERT INTO profiles (user_id, email, analytics) SELECT 'u-' || e, e, true FROM unnest($1::text[]) AS e RETURNING user_id)
       INSERT INTO events (user_id, name, occurred_at) SELECT user_id, 'page_view', now() FROM p, generate_series(1, $2)`,
      [emails, rowsEach],
    );
    return new Population(heed, tenant, emails);
  }

  /** From now on every change of a decision in the CRM leaves a row of its own: what "exactly once" is counted by. */
  static async countChanges(heed: Heed, tenant: string): Promise<void> {
    await heed.store(
      tenant,
      'crm',
      `DO $$ BEGIN
         CREATE TABLE IF NOT EXISTS public.changes (email text, allowed boolean);
         GRANT ALL ON public.changes TO PUBLIC;
         CREATE OR REPLACE FUNCTION public.note_change() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN INSERT INTO public.changes VALUES (NEW.email, NEW.marketing_email); RETURN NEW; END';
         CREATE OR REPLACE TRIGGER note_change AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION public.note_change();
       END $$`,
    );
  }

  /** Withdraws marketing for everyone, ten at a time, each as a careful client; resolves when all were accepted. */
  async withdraw(options: { timeoutMs?: number; meanwhile?: () => Promise<void> } = {}): Promise<readonly Answer[]> {
    const withdrawals = this.tenAtATime(this.emails, async (email) => {
      const body = { subject: byEmail(email), purposes: ['marketing_email'], channel: 'api' };
      const answer = await this.heed.insist(this.tenant, '/v1/withdrawals', body, randomUUID(), options.timeoutMs);
      this.accepted.push(email);
      return answer;
    });
    await Promise.all([withdrawals, options.meanwhile?.()]);
    return withdrawals;
  }

  /** Everyone's withdrawal has reached the CRM exactly once, and every dispatch says so. */
  async auditWithdrawn(answers: readonly Answer[], timeoutMs = 90_000): Promise<void> {
    expect(answers.map((answer) => answer.status)).toEqual(this.emails.map(() => 202));
    for (const answer of answers) await this.heed.dispatchIs(this.tenant, String(answer.body['dispatchId']), 'done', timeoutMs);
    await eventually(async () => {
      const rows = await this.heed.store<{ email: string; n: number; allowed: boolean }>(
        this.tenant,
        'crm',
        `SELECT p.email, p.marketing_email AS allowed, (SELECT count(*)::int FROM changes c WHERE c.email = p.email) AS n FROM people p WHERE p.email = ANY($1)`,
        [this.emails],
      );
      expect(rows).toHaveLength(this.emails.length);
      expect(rows.filter((row) => row.allowed || row.n !== 1)).toEqual([]);
    });
  }

  /** Asks for everyone's erasure and attests who they are. */
  requestErasure(): Promise<readonly string[]> {
    return this.tenAtATime(this.emails, async (email) => {
      const opened = await this.heed.insist(this.tenant, '/v1/requests', { type: 'erase', subject: byEmail(email), channel: 'api' }, randomUUID());
      expect(opened).toMatchObject({ status: 201, body: { state: 'awaiting_verification' } });
      const id = String(opened.body['id']);
      expect(await this.heed.insist(this.tenant, `/v1/requests/${id}/verify`, { method: 'operator_attested', note: 'known' }, randomUUID())).toMatchObject({ status: 200 });
      return id;
    });
  }

  async approve(ids: readonly string[]): Promise<void> {
    await this.tenAtATime(ids, async (id) =>
      expect(await this.heed.insist(this.tenant, `/v1/requests/${id}/approve`, { note: 'checked' }, randomUUID())).toMatchObject({ status: 200 }),
    );
  }

  private async tenAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
    const queue = [...items];
    const results: R[] = [];
    const lane = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) results.push(await work(next));
    };
    await Promise.all(Array.from({ length: 10 }, lane));
    return results;
  }

  /** What is left of these people, counted in the stores. */
  async left(): Promise<{ people: number; orders: number; messages: number; profiles: number; events: number }> {
    const [crm] = await this.heed.store<{ people: number; orders: number; messages: number }>(
      this.tenant,
      'crm',
      `WITH p AS (SELECT id FROM people WHERE email = ANY($1))
       SELECT (SELECT count(*)::int FROM p) AS people, (SELECT count(*)::int FROM orders WHERE person_id IN (SELECT id FROM p)) AS orders,
              (SELECT count(*)::int FROM messages m JOIN tickets t ON t.id = m.ticket_id WHERE t.person_id IN (SELECT id FROM p)) AS messages`,
      [this.emails],
    );
    const [telemetry] = await this.heed.store<{ profiles: number; events: number }>(
      this.tenant,
      'telemetry',
      `SELECT (SELECT count(*)::int FROM profiles WHERE email = ANY($1)) AS profiles, (SELECT count(*)::int FROM events WHERE user_id = ANY($2)) AS events`,
      [this.emails, this.emails.map((email) => `u-${email}`)],
    );
    return { people: 0, orders: 0, messages: 0, profiles: 0, events: 0, ...crm, ...telemetry };
  }

  /** Orphans would mean that a foreign key was passed by. */
  async totals(): Promise<Record<string, number>> {
    const [crm] = await this.heed.store<Record<string, number>>(
      this.tenant,
      'crm',
      `SELECT (SELECT count(*)::int FROM people) AS people, (SELECT count(*)::int FROM orders) AS orders, (SELECT count(*)::int FROM tickets) AS tickets, (SELECT count(*)::int FROM messages) AS messages`,
    );
    const [telemetry] = await this.heed.store<Record<string, number>>(this.tenant, 'telemetry', `SELECT (SELECT count(*)::int FROM profiles) AS profiles, (SELECT count(*)::int FROM events) AS events`);
    return { ...crm, ...telemetry };
  }
}
