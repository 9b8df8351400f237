import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const CHUNK = 1 << 17;

/** One COPY by psql, as superuser without triggers: what is filled in is whole by itself. */
export async function copy(url: string, table: string, columns: string, rows: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const psql = spawn('psql', ['-qX', '-v', 'ON_ERROR_STOP=1', '-c', 'SET session_replication_role = replica', '-c', `COPY ${table} (${columns}) FROM STDIN`, url], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  psql.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(psql, 'close');
  await pipeline(Readable.from(rows, { objectMode: false }), psql.stdin).catch(() => undefined); // why, is said below
  const [code] = (await ended) as [number];
  if (code !== 0) throw new Error(`COPY ${table}: ${said.slice(0, 500)}`);
}

/** Rows of the people from `first` to before `last`, in pieces that are worth a write. */
export function* inChunks(first: number, last: number, row: (n: number) => string): Generator<string> {
  let text = '';
  for (let n = first; n < last; n += 1) {
    text += row(n);
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  yield text;
}
