import { mailProcessorBase, processorToken } from '@heed/local';
import type { Heed } from '@heed/e2e';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** As many as the agent's connector opens. */
const CONNECTIONS = 16;

/** The sample mail processor, spoken to without Heed. */
export class Processor {
  private readonly agent = new Agent({ connections: CONNECTIONS });
  private readonly base: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(heed: Heed, tenant: string) {
    const { ports, secrets } = heed.system.context;
    this.base = mailProcessorBase(`http://127.0.0.1:${ports['mail-processor']}`, tenant);
    this.headers = { authorization: `Bearer ${processorToken(secrets.webhooks[tenant] ?? '')}`, 'content-type': 'application/json' };
  }

  async import(emails: readonly string[]): Promise<void> {
    await this.call('POST', 'contacts/import', emails.map((email) => ({ email })));
  }

  /** What one erasure costs a processor at least: the request, its state, a later access request, its state. */
  async erase(emails: readonly string[]): Promise<void> {
    const queue = [...emails];
    const lane = async (): Promise<void> => {
      for (let email = queue.shift(); email; email = queue.shift()) {
        await this.ask('erasure', email);
        if ((await this.ask('access', email)) !== 0) throw new Error('the mail processor still knows somebody');
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private async ask(type: 'erasure' | 'access', email: string): Promise<unknown> {
    const id = randomUUID();
    await this.call('POST', 'requests', {
      regulation: 'gdpr',
      subject_request_id: id,
      subject_request_type: type,
      submitted_time: new Date().toISOString(),
      subject_identities: [{ identity_type: 'email', identity_value: email, identity_format: 'raw' }],
    });
    for (;;) {
      await sleep(5);
      const { request_status, results_count } = (await this.call('GET', `requests/${id}`)) as { request_status: string; results_count?: number };
      if (request_status === 'completed') return results_count;
    }
  }

  private async call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const answer = await request(`${this.base}/${path}`, {
      dispatcher: this.agent,
      method,
      headers: { ...this.headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.statusCode >= 300) throw new Error(`the mail processor answered ${answer.statusCode}`);
    return answer.body.json();
  }
}
