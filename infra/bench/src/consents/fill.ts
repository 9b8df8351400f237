import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ConsentCell } from './consent-cell.js';
import { TENANT } from './consent-cell.js';

/** Decisions a person has: two purposes, one each. */
const PURPOSES = ['marketing_email', 'analytics'] as const;
const CHUNK = 1 << 16;
/** The first of them was made so long ago, in milliseconds; the rest evenly since. */
const AGO = 2 * 365 * 86_400_000;

/** A person's ref: without an order, as random ones are, and known again by its number. */
export function refOf(n: number): string {
  return `sub_${((n * 40_503) % 65_536).toString(16).padStart(4, '0')}${String(n).padStart(28, '0')}`;
}

export interface Filled {
  readonly table: string;
  readonly rows: number;
  readonly seconds: number;
}

/** Adds people until there are `records` records, by COPY, as superuser without triggers: what is filled in is whole by itself. */
export async function fill(cell: ConsentCell, from: number, records: number): Promise<readonly Filled[]> {
  const people = (n: number): number => n / PURPOSES.length;
  const [first, last] = [people(from), people(records)];
  const began = Date.now() - AGO;
  const at = (n: number): number => began + Math.floor((n / 5_000_000) * AGO * 0.99);
  const each = (row: (n: number) => string): Iterable<string> => chunked(first, last, row);
  const time = (n: number): string => new Date(at(n)).toISOString();
  const id = (n: number, i: number): string => {
    const ms = at(n).toString(16).padStart(12, '0');
    const tail = (n * PURPOSES.length + i).toString(16).padStart(12, '0');
    return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-${tail}`;
  };
  const sealed = `\\\\x${'ab'.repeat(90)}`;
  const blind = (n: number): string => `\\\\x${Buffer.from(refOf(n).slice(4)).reverse().toString('hex')}`;
  const tables: readonly (readonly [table: string, columns: string, rows: Iterable<string>, per: number])[] = [
    ['subject', 'ref, version, created_at', each((n) => `${refOf(n)}\t2\t${time(n)}\n`), 1],
    ['identifier', 'type, blind, ref, sealed, created_at', each((n) => `email\t${blind(n)}\t${refOf(n)}\t${sealed}\t${time(n)}\n`), 1],
    [
      'consent_record', 'id, ref, version, purpose, state, took_effect, policy_version, method, actor, occurred_at, recorded_at, basis',
      each((n) => PURPOSES.map((purpose, i) => `${id(n, i)}\t${refOf(n)}\t${i + 1}\t${purpose}\tgiven\tt\t1\timport\tbench\t${time(n)}\t${time(n)}\tconsent\n`).join('')), 2,
    ],
    [
      'consent_state', 'ref, purpose, state, record_id, occurred_at',
      each((n) => PURPOSES.map((purpose, i) => `${refOf(n)}\t${purpose}\tgiven\t${id(n, i)}\t${time(n)}\n`).join('')), 2,
    ],
  ];
  const filled: Filled[] = [];
  for (const [table, columns, rows, per] of tables) {
    const begin = performance.now();
    await copy(cell, table, columns, rows);
    filled.push({ table, rows: (last - first) * per, seconds: (performance.now() - begin) / 1000 });
  }
  await cell.sql('ANALYZE');
  return filled;
}

function* chunked(first: number, last: number, row: (n: number) => string): Generator<string> {
  let text = '';
  for (let n = first; n < last; n += 1) {
    text += row(n);
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  yield text;
}

async function copy(cell: ConsentCell, table: string, columns: string, rows: Iterable<string>): Promise<void> {
  const psql = spawn('psql', ['-qX', '-v', 'ON_ERROR_STOP=1', '-c', 'SET session_replication_role = replica', '-c', `COPY t_${TENANT}.${table} (${columns}) FROM STDIN`, cell.adminUrl], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  psql.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(psql, 'close');
  await pipeline(Readable.from(rows, { objectMode: false }), psql.stdin).catch(() => undefined); // why, is said below
  const [code] = (await ended) as [number];
  if (code !== 0) throw new Error(`COPY ${table}: ${said.slice(0, 500)}`);
}
