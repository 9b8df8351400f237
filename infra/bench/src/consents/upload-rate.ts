import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ConsentCell } from './consent-cell.js';

export interface UploadRate {
  readonly lines: number;
  readonly records: number;
  readonly seconds: number;
  readonly failed: number;
}

/** New people, one a line. @param purposes decisions a line has: so many records come of it */
export function* newPeople(count: number, salt: string, purposes: readonly string[]): Generator<string> {
  const decisions = JSON.stringify(purposes.map((purpose) => ({ purpose, decision: 'given' })));
  let text = '';
  for (let i = 0; i < count; i += 1) {
    text += `{"id":"${salt}-${i}","subject":{"identifiers":[{"type":"email","value":"${salt}-${i}@example.org"}]},"decisions":${decisions}}\n`;
    if (text.length > 32_000) {
      yield text;
      text = '';
    }
  }
  yield text;
}

/** Streams so many lines and reads every result. */
export async function uploadRate(cell: ConsentCell, count: number, salt: string, purposes: readonly string[], query = ''): Promise<UploadRate> {
  const began = performance.now();
  const headers = { authorization: `Bearer ${await cell.token()}`, 'content-type': 'application/x-ndjson' };
  const call = request(`${cell.url}/v1/consents/batch${query}`, { method: 'POST', headers });
  const answer = new Promise<Readable>((resolve, reject) => call.once('response', resolve).once('error', reject));
  const sent = pipeline(Readable.from(newPeople(count, salt, purposes), { objectMode: false }), call);
  let [lines, failed, rest] = [0, 0, ''];
  for await (const chunk of await answer) {
    const results = (rest + (chunk as Buffer).toString('latin1')).split('\n');
    rest = results.pop() ?? '';
    lines += results.length;
    failed += results.filter((result) => !/"status":"(recorded|valid)"/.test(result)).length;
  }
  await sent;
  return { lines, failed, records: (lines - failed) * purposes.length, seconds: (performance.now() - began) / 1000 };
}
