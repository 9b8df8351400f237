import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UsageError } from '../output/cli-error.js';

const NEWLINE = 0x0a;
const LONGEST_LINE = 1024 * 1024;

/**
 * SHA-256 of a file's bytes, which are read twice: now, and when the rows are sent.
 * @throws UsageError where it cannot be read, or naming the line where it is not UTF-8: a name that was guessed is somebody else's
 */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  const check = (lines: Buffer): void => {
    const isText = isUtf8(lines);
    for (let from = 0; from < lines.length; ) {
      const end = lines.indexOf(NEWLINE, from);
      const next = end < 0 ? lines.length : end + 1;
      if (!isText && !isUtf8(lines.subarray(from, next))) throw new UsageError(`${file} is not UTF-8 at line ${line}; nothing was sent.`);
      line += 1;
      from = next;
    }
  };
  for await (const chunk of bytesOf(file)) {
    hash.update(chunk);
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    check(bytes.subarray(0, end));
    rest = bytes.subarray(end);
    if (rest.length > LONGEST_LINE) throw new UsageError(`${file} is no CSV: line ${line} is longer than a row may be.`);
  }
  check(rest);
  return hash.digest('hex');
}

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  try {
    if (!(await stat(file)).isFile()) throw new UsageError(`${file} is no file that can be read twice.`);
    yield* createReadStream(file) as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new UsageError(`${file} cannot be read: ${'code' in error ? String(error.code) : error.message}`, { cause: error });
  }
}
