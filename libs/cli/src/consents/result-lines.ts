import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';

/** What `/v1/consents/batch` answers to a line. */
export interface LineResult {
  readonly line: number;
  readonly id: string | null;
  readonly status: 'recorded' | 'duplicate' | 'refused' | 'invalid' | 'unknown' | 'valid';
  readonly ref?: string;
  readonly error?: {
    readonly code: string;
    readonly detail: string;
    readonly promise?: string;
    readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  };
}

/** The lines of an answer, as they come. */
export async function* linesIn(stream: Readable): AsyncGenerator<string> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) if (line !== '') yield line;
}

/** Why, in a line for a person: never quotes what a cell holds. */
export function reasonOf({ error }: LineResult): string {
  if (!error) return '';
  const fields = (error.errors ?? []).slice(0, 3).map(({ pointer, detail }) => `; ${pointer}: ${detail}`);
  return `${error.detail}${fields.join('')} (${error.code}${error.promise === undefined ? '' : `, promise ${error.promise}`})`;
}
