import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CliError } from '../output/cli-error.js';
import { problemLine } from './problem-line.js';

export interface StreamCall {
  readonly url: URL;
  readonly token: string;
  /** Sent as NDJSON, while the answer is read; without one the call is a GET. */
  readonly body?: Readable | undefined;
}

/**
 * A call whose body and answer are of any length. `fetch` waits for the end of the body before it shows the answer; here
 * either side goes as fast as the other reads.
 * @returns the answer, while the body is still being sent
 */
export async function streamCall({ url, token, body }: StreamCall): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/x-ndjson', ...(body ? { 'content-type': 'application/x-ndjson' } : {}) };
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { method: body ? 'POST' : 'GET', headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', (cause) => reject(new CliError(`${url.origin} does not answer, or went away: see "heed status".`, { cause })));
  });
  // What goes wrong with the body shows at the answer, which breaks off or says why.
  if (body) pipeline(body, request).catch((error: unknown) => request.destroy(error instanceof Error ? error : undefined));
  else request.end();
  const answer = await answered;
  request.on('error', (error) => answer.destroy(error));
  if ((answer.statusCode ?? 500) >= 400) throw new CliError(problemLine(answer.statusCode ?? 500, await text(answer)));
  return answer;
}
