import { createHash } from 'node:crypto';
import { readTime } from './read-time.js';
import type { Mapping, Source } from './mapping.js';

export type Row = Readonly<Record<string, string>>;

/** Where a row stands: two files may say the same words on two days and mean it both times. */
export interface RowOrigin {
  /** SHA-256 of the file's bytes. */
  readonly file: string;
  /** The row's place among the rows of the file. */
  readonly row: number;
}

/** A row that cannot be sent. */
export class RowError extends Error {}

type Decision = 'given' | 'refused' | 'withdrawn';
interface Decided {
  readonly purpose: string;
  readonly decision: Decision;
}

/**
 * What a row of the file says, as lines of `/v1/consents/batch`: its yes and refusals as one, its withdrawals as another.
 * @returns none for a row without any decision
 * @throws RowError in words for whoever mends the file; it quotes no cell that may name somebody
 */
export function linesOf(row: Row, mapping: Mapping, origin: RowOrigin): readonly string[] {
  const decided = decisionsIn(row, mapping);
  if (decided.length === 0) return [];
  const cell = (source: Source | undefined): string | undefined => valueOf(row, source);
  const said = {
    subject: subjectIn(row, mapping),
    ...optional('occurredAt', timeIn(cell(mapping.occurredAt), mapping)),
    ...optional('jurisdiction', cell(mapping.jurisdiction)?.toUpperCase()),
    ...optional('domain', cell(mapping.domain)?.toLowerCase()),
  };
  const method = channelOf(cell(mapping.method) ?? 'import');
  const decisions = decided.filter(({ decision }) => decision !== 'withdrawn');
  const withdrawn = decided.filter(({ decision }) => decision === 'withdrawn');
  const lines = [
    ...(decisions.length > 0 ? [{ ...said, decisions, method, ...optional('notice', noticeIn(row, mapping)) }] : []),
    ...(withdrawn.length > 0 ? [{ ...said, purposes: withdrawn.map(({ purpose }) => purpose), channel: method }] : []),
  ];
  const id = cell(mapping.id);
  return lines.map((line, i) => JSON.stringify({ id: id === undefined ? keyOf(origin, line) : lines.length > 1 ? `${id}/${i + 1}` : id, ...line }));
}

/**
 * The same for a row of the same file, which does nothing twice when it is imported again; never that of another row or file. What it
 * says is in it too: a file that is read anew by a mended mapping is not the one of before.
 */
const keyOf = ({ file, row }: RowOrigin, line: object): string => `row-${createHash('sha256').update(JSON.stringify([file, row, line])).digest('hex').slice(0, 32)}`;

const optional = <T>(name: string, value: T | undefined): Record<string, T> => (value === undefined ? {} : { [name]: value });

function valueOf(row: Row, source: Source | undefined): string | undefined {
  if (!source) return undefined;
  if ('value' in source) return source.value;
  const text = row[source.column]?.trim() ?? '';
  return text === '' ? undefined : text;
}

function subjectIn(row: Row, { identifiers, ref }: Mapping): object {
  if (ref) {
    const value = valueOf(row, ref);
    if (value === undefined) throw new RowError('the row names nobody: its ref is empty');
    return { ref: value };
  }
  const found = Object.entries(identifiers).flatMap(([type, source]) => {
    const value = valueOf(row, source);
    return value === undefined ? [] : [{ type, value }];
  });
  if (found.length === 0) throw new RowError('the row names nobody: all its identifiers are empty');
  return { identifiers: found };
}

function decisionsIn(row: Row, { purposes, purpose, decision, answers }: Mapping): readonly Decided[] {
  const named: readonly (readonly [string | undefined, Source | undefined])[] = purpose ? [[valueOf(row, purpose), decision]] : Object.entries(purposes);
  return named.flatMap(([id, source]) => {
    const word = valueOf(row, source)?.toLowerCase();
    if (id === undefined) throw new RowError('the row names no purpose');
    if (word === undefined) return [];
    const meant = (['given', 'refused', 'withdrawn'] as const).find((one) => answers[one].includes(word));
    if (!meant) throw new RowError(`the answer for ${id} is none of the words that the mapping knows: add it under "answers"`);
    return [{ purpose: id, decision: meant }];
  });
}

function timeIn(text: string | undefined, { dates }: Mapping): string | undefined {
  if (text === undefined) return undefined;
  const time = readTime(text, dates);
  if (!time) throw new RowError(`the time is not written as the mapping says ("dates: ${dates}")`);
  return time.toISOString();
}

/** Channels are small words: `Web Form` is `web_form`. */
function channelOf(text: string): string {
  const word = text.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 32);
  if (word === '') throw new RowError('the method is no word');
  return word;
}

function noticeIn(row: Row, { notice }: Mapping): object | undefined {
  if (!notice) return undefined;
  const [id, version, language] = [notice.id, notice.version, notice.language].map((source) => valueOf(row, source));
  if (id === undefined && version === undefined) return undefined;
  if (id === undefined || version === undefined || language === undefined) throw new RowError('the notice is not whole: it has an id, a version and a language');
  return { id, version, language };
}
