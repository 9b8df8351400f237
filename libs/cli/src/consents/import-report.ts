import { once } from 'node:events';
import { createWriteStream, openSync } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { CliError, UsageError } from '../output/cli-error.js';
import type { LineResult } from './result-lines.js';
import { reasonOf } from './result-lines.js';

/** Mistakes that are shown at the end; the report has all. */
const SHOWN = 10;

export interface Mistake {
  /** Where the row begins in the file, counted from 1. */
  readonly line: number;
  readonly why: string;
}

/** Counts what became of the rows, keeps the first mistakes, and writes each row's outcome to the report. */
export class ImportReport {
  readonly counts: Record<LineResult['status'] | 'skipped', number> = { recorded: 0, valid: 0, duplicate: 0, skipped: 0, refused: 0, invalid: 0, unknown: 0 };
  readonly mistakes: Mistake[] = [];
  private readonly file: WriteStream | undefined;

  /** @throws UsageError where the report cannot be written: nothing was sent then */
  constructor(path: string | undefined) {
    this.file = path === undefined ? undefined : createWriteStream(path, { fd: opened(path) });
    this.file?.on('error', () => undefined); // told when it is closed
  }

  /** A row without any decision. */
  skipped(): void {
    this.counts.skipped += 1;
  }

  /** A row that was not sent. */
  async unreadable(line: number, why: string): Promise<void> {
    this.counts.invalid += 1;
    this.note(line, why);
    await this.write({ line, status: 'invalid', error: { code: 'row_invalid', detail: why } });
  }

  async answered(line: number, { status, id, ref, error }: LineResult): Promise<void> {
    this.counts[status] += 1;
    if (error) this.note(line, reasonOf({ line, id, status, error }));
    await this.write({ line, status, id, ...(ref === undefined ? {} : { ref }), ...(error === undefined ? {} : { error }) });
  }

  get failed(): number {
    return this.counts.refused + this.counts.invalid + this.counts.unknown;
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    if (!this.file) return;
    this.file.end();
    await finished(this.file);
  }

  private note(line: number, why: string): void {
    if (this.mistakes.length < SHOWN) this.mistakes.push({ line, why });
  }

  private async write(row: object): Promise<void> {
    if (this.file?.errored) throw new CliError('The report cannot be written any further.', { cause: this.file.errored });
    if (this.file && !this.file.write(`${JSON.stringify(row)}\n`)) await once(this.file, 'drain');
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'w', 0o600);
  } catch (cause) {
    throw new UsageError(`${path} cannot be written: ${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'}`, { cause });
  }
}
