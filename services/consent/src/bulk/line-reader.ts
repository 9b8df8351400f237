import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longest line in bytes; a decision about a hundred purposes has a tenth of it. */
export const LINE_LIMIT = 64 * 1024;
/** Lines that share a transaction at most. */
export const LINES = 500;
/** Bytes of them at most: what an upload may hold in memory is a few times this, however long it is. */
const BYTES = 1024 * 1024;
/** A caller who waits for answers before it sends on gets them after this pause, in milliseconds. */
const PATIENCE_MS = 25;

const NEWLINE = 0x0a;

/** A line as it came, counted from 1; without bytes where it is longer than lines may be. */
export interface RawLine {
  readonly number: number;
  readonly bytes: Buffer | undefined;
}

/**
 * Cuts a stream into lines, so many at a time as share a transaction. Reads on only when asked: between two calls at most
 * one chunk of the stream is in memory, and whoever sends faster waits.
 */
export class LineReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private pending: Promise<IteratorResult<Buffer>> | undefined;
  private rest: Buffer = Buffer.alloc(0);
  private number = 0;
  private tooLong = false;
  private ended = false;

  /** @param onBytes told of every chunk that came */
  constructor(
    private readonly stream: Readable,
    private readonly onBytes: () => void = () => undefined,
  ) {
    // Whoever stops reading early still has an answer to give on the same connection.
    this.chunks = stream.iterator({ destroyOnReturn: false });
  }

  /** The next lines, empty lines left out; none where the stream has ended. */
  async next(): Promise<readonly RawLine[]> {
    const lines: RawLine[] = [];
    let bytes = 0;
    for (;;) {
      for (let line = this.cut(); line; line = this.cut()) {
        if (line.bytes?.length === 0) continue;
        lines.push(line);
        bytes += line.bytes?.length ?? 0;
        if (lines.length === LINES || bytes >= BYTES) return lines;
      }
      if (this.ended || !(await this.more(lines.length > 0))) return lines;
    }
  }

  /**
   * Lets go of the stream. What of it was not read flows away: unread, it would stand before the caller's next request on
   * the same connection, and that one would wait until the connection is given up.
   */
  close(): void {
    this.stream.removeAllListeners('readable'); // a read that still waits would hold it back
    this.stream.on('error', () => undefined);
    setImmediate(() => this.stream.resume());
  }

  /** @returns false where nothing comes for a moment and something is at hand already */
  private async more(hasSome: boolean): Promise<boolean> {
    if (!this.pending) {
      this.pending = this.chunks.next();
      this.pending.catch(() => undefined); // who goes away meanwhile is noticed at the next call
    }
    const chunk = hasSome ? await Promise.race([this.pending, sleep(PATIENCE_MS, undefined)]) : await this.pending;
    if (!chunk) return false;
    this.pending = undefined;
    this.onBytes();
    if (chunk.done === true) this.ended = true;
    else this.rest = this.rest.length === 0 ? chunk.value : Buffer.concat([this.rest, chunk.value]);
    return true;
  }

  private cut(): RawLine | undefined {
    const end = this.rest.indexOf(NEWLINE);
    if (end >= 0) {
      const line = this.rest.subarray(0, end);
      this.rest = this.rest.subarray(end + 1);
      return this.take(line);
    }
    if (this.rest.length > LINE_LIMIT) {
      this.tooLong = true; // its beginning is forgotten, its end is looked for
      this.rest = Buffer.alloc(0);
    }
    if (!this.ended || (this.rest.length === 0 && !this.tooLong)) return undefined;
    const last = this.rest;
    this.rest = Buffer.alloc(0);
    return this.take(last);
  }

  private take(line: Buffer): RawLine {
    this.number += 1;
    const isTooLong = this.tooLong || line.length > LINE_LIMIT;
    this.tooLong = false;
    if (isTooLong) return { number: this.number, bytes: undefined };
    return { number: this.number, bytes: line.at(-1) === 0x0d ? line.subarray(0, -1) : line };
  }
}
