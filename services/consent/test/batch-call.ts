import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { once } from 'node:events';

export interface Result {
  readonly line: number;
  readonly id: string | null;
  readonly status: string;
  readonly ref?: string;
  readonly records?: readonly { readonly id: string; readonly purpose: string; readonly state: string }[];
  readonly error?: { readonly code: string; readonly detail: string; readonly promise?: string };
}

/** An upload whose two directions the test holds in its hands. */
export class BatchCall {
  private readonly request: ClientRequest;
  private readonly answered: Promise<IncomingMessage>;
  private rest = '';

  constructor(url: string, token: string, query = '') {
    this.request = request(`${url}/v1/consents/batch${query}`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' } });
    this.answered = once(this.request, 'response').then(([answer]) => answer as IncomingMessage);
    this.answered.catch(() => undefined);
    this.request.on('error', () => undefined); // seen at the answer
  }

  /** @returns false when the sender had better wait */
  write(...lines: readonly unknown[]): boolean {
    return this.request.write(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  }

  drained(): Promise<unknown> {
    return once(this.request, 'drain');
  }

  end(): void {
    this.request.end();
  }

  abort(): void {
    this.request.destroy();
  }

  async status(): Promise<number> {
    return (await this.answered).statusCode ?? 0;
  }

  /** Reads results until there are so many, or to the end; none is lost between two calls. */
  async results(count = Infinity): Promise<readonly Result[]> {
    const answer = await this.answered;
    const results: Result[] = [];
    const chunks = answer.iterator({ destroyOnReturn: false });
    for (;;) {
      const lines = this.rest.split('\n');
      this.rest = lines.pop() ?? '';
      for (const line of lines) results.push(JSON.parse(line) as Result);
      if (results.length >= count) return results;
      const next = (await chunks.next()) as IteratorResult<Buffer>;
      if (next.done === true) return results;
      this.rest += next.value.toString('utf8');
    }
  }
}

/** A whole file in one go. */
export async function batch(url: string, token: string, lines: readonly unknown[], query = ''): Promise<readonly Result[]> {
  const call = new BatchCall(url, token, query);
  call.write(...lines);
  call.end();
  return call.results();
}
