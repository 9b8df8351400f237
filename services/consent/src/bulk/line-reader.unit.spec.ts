import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LINE_LIMIT, LINES, LineReader } from './line-reader.js';
import type { RawLine } from './line-reader.js';

const told = (lines: readonly RawLine[]): readonly (readonly [number, string | undefined])[] => lines.map(({ number, bytes }) => [number, bytes?.toString('utf8')]);

async function all(...chunks: readonly string[]): Promise<ReturnType<typeof told>> {
  const reader = new LineReader(Readable.from(chunks.map((chunk) => Buffer.from(chunk))));
  const lines: RawLine[] = [];
  for (let some = await reader.next(); some.length > 0; some = await reader.next()) lines.push(...some);
  return told(lines);
}

describe('a stream of lines', () => {
  it('is cut wherever its chunks end, and the last line needs no end', async () => {
    expect(await all('{"a"', ':1}\n{"b":2}\r\n{"c', '":3}')).toEqual([[1, '{"a":1}'], [2, '{"b":2}'], [3, '{"c":3}']]);
  });

  it('counts empty lines and leaves them out', async () => {
    expect(await all('\n\na\n', '\n', 'b\n\n')).toEqual([[3, 'a'], [5, 'b']]);
  });

  it('names a line that is too long, keeps nothing of it, and goes on behind it', async () => {
    const long = 'x'.repeat(LINE_LIMIT);
    expect(await all('a\n', long, long, `${long}\nb\n`)).toEqual([[1, 'a'], [2, undefined], [3, 'b']]);
    expect(await all(long, long)).toEqual([[1, undefined]]);
  });

  it('is read only as far as lines are asked for', async () => {
    let made = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.from(`${(made += 1)}\n`.repeat(10));
      })(),
      { highWaterMark: 1 },
    );
    const reader = new LineReader(endless);
    expect(await reader.next()).toHaveLength(LINES);
    expect(made).toBeLessThan(LINES / 10 + 5);
  });

  it('hands over what is there when nothing more comes for a moment', async () => {
    const slow = new PassThrough();
    const reader = new LineReader(slow);
    slow.write('a\nb');
    expect(told(await reader.next())).toEqual([[1, 'a']]);
    slow.end('c\n');
    expect(told(await reader.next())).toEqual([[2, 'bc']]);
  });

  it('flows away once nobody reads it any more, also while a read still waits', async () => {
    const stream = new PassThrough();
    const reader = new LineReader(stream);
    stream.write('a\n');
    expect(await reader.next()).toHaveLength(1);
    void reader.next();
    reader.close();
    const ended = once(stream, 'end');
    for (let i = 0; i < 100; i += 1) stream.write(Buffer.alloc(64 * 1024));
    stream.end();
    await ended;
    expect(stream.readableLength).toBe(0);
  });
});
