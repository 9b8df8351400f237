import { parse } from 'csv-parse';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { CliError, UsageError } from '../output/cli-error.js';
import type { Api } from '../system/api.js';
import { digestOf } from './file-digest.js';
import type { ImportReport } from './import-report.js';
import { columnsOf } from './mapping.js';
import type { Mapping } from './mapping.js';
import { linesIn } from './result-lines.js';
import type { LineResult } from './result-lines.js';
import { linesOf, RowError } from './row-lines.js';
import type { Row } from './row-lines.js';

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

interface FileRow {
  readonly line: number;
  /** None where they are not as many as the header has. */
  readonly cells: Row | undefined;
}

export interface ImportOptions {
  readonly file: string;
  readonly mapping: Mapping;
  readonly dryRun: boolean;
  readonly onlyChanges: boolean;
  readonly report: ImportReport;
  /** Told of every outcome. */
  readonly onProgress: () => void;
}

/**
 * Sends a file row by row while the answers come in; neither is ever in memory as a whole.
 * @throws CliError where it broke off: what was recorded until then is recorded, and found so when the file comes again
 */
export async function importFile(api: Api, options: ImportOptions): Promise<void> {
  const { dryRun, onlyChanges, report, onProgress } = options;
  const awaited: number[] = []; // lines of the file whose outcome is not known yet, in the order they were sent
  const file = await digestOf(options.file);
  const rows = parsedRows(options);
  const first = await rows.next(); // a file that cannot be read is told before anything is sent
  const body = Readable.from(sentLines(first, rows, file, awaited, options), { objectMode: false });
  let mistake: Error | undefined;
  body.once('error', (error) => (mistake = error));
  const answer = await api.stream(`/v1/consents/batch?dryRun=${String(dryRun)}&onlyChanges=${String(onlyChanges)}`, body);
  try {
    for await (const text of linesIn(answer)) {
      await report.answered(awaited.shift() ?? 0, JSON.parse(text) as LineResult);
      onProgress();
    }
  } catch (cause) {
    if (!mistake) throw new CliError(`The connection broke off after ${report.total} rows. ${AGAIN}`, { cause });
  }
  if (mistake) throw mistake;
  if (!body.readableEnded || awaited.length > 0) throw new CliError(`Heed stopped after ${report.total} rows. ${AGAIN}`);
}

const AGAIN = 'Run the same command again: what was recorded is not done twice.';

async function* sentLines(
  first: IteratorResult<FileRow, void>, rows: AsyncGenerator<FileRow, void>, file: string, awaited: number[], { mapping, report, onProgress }: ImportOptions,
): AsyncGenerator<string> {
  let row = 0;
  for (let next = first; next.done !== true; next = await rows.next()) {
    const { line: at, cells } = next.value;
    row += 1;
    try {
      if (!cells) throw new RowError('the row has more or fewer cells than the header');
      const lines = linesOf(cells, mapping, { file, row });
      if (lines.length === 0) report.skipped();
      for (const line of lines) {
        awaited.push(at);
        yield `${line}\n`;
      }
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      await report.unreadable(at, error.message);
    }
    onProgress();
  }
}

async function* parsedRows({ file, mapping }: ImportOptions): AsyncGenerator<FileRow, void> {
  const parser = parse({ bom: true, delimiter: mapping.delimiter, info: true, skip_empty_lines: true, relax_column_count: true, max_record_size: 1024 * 1024 });
  const source = createReadStream(file);
  source.once('error', (error: NodeJS.ErrnoException) => parser.destroy(new UsageError(`${file} cannot be read: ${error.code ?? error.message}`)));
  source.pipe(parser);
  let names: readonly string[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      if (names) yield { line: info.lines, cells: record.length === names.length ? Object.fromEntries(names.map((name, i) => [name, record[i] ?? ''])) : undefined };
      else names = columnsIn(record, file, mapping);
    }
  } catch (error) {
    // The parser's own words quote the file's content.
    if (error instanceof Error && 'lines' in error) throw new CliError(`${file} is no CSV at line ${String(error.lines)} (${'code' in error ? String(error.code) : 'unreadable'}).`, { cause: error });
    throw error;
  } finally {
    source.destroy();
  }
}

function columnsIn(header: readonly string[], file: string, mapping: Mapping): readonly string[] {
  const names = header.map((name) => name.trim());
  const missing = columnsOf(mapping).filter((column) => !names.includes(column));
  if (missing.length > 0) throw new UsageError(`${file} has no column ${missing.map((name) => `"${name}"`).join(', ')}; it has ${names.map((name) => `"${name}"`).join(', ')}.`);
  return names;
}
