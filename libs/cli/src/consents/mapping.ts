import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../output/cli-error.js';

/** A column's name, or a value that is the same in every row. */
const source = z
  .union([z.string().min(1).transform((column) => ({ column })), z.strictObject({ column: z.string().min(1) }), z.strictObject({ value: z.string().min(1) })])
  .describe('a column, or {value: …} for all rows');
export type Source = z.output<typeof source>;

/** What stands in a cell and what it means, whatever its case. An empty cell is no decision. */
const words = z.array(z.union([z.string(), z.boolean(), z.number()]).transform((word) => String(word).trim().toLowerCase()));
const answers = z.strictObject({
  given: words.default(['yes', 'y', 'true', '1', 'given', 'granted', 'opted_in', 'opt-in']),
  refused: words.default(['no', 'n', 'false', '0', 'refused', 'denied']),
  withdrawn: words.default(['withdrawn', 'unsubscribed', 'opted_out', 'opt-out']),
});

const mappingSchema = z
  .strictObject({
    /** By type of identifier the column that has it. */
    identifiers: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,31}$/), source).default({}),
    /** Instead of identifiers: the column of pseudonyms. */
    ref: source.optional(),
    /** By purpose the column that has the answer: one row, many purposes. */
    purposes: z.record(z.string().min(1), source).default({}),
    /** Or one purpose a row: its column, and the column of the answer. */
    purpose: source.optional(),
    decision: source.optional(),
    answers: answers.prefault({}),
    occurredAt: source.optional(),
    /** How times are written: RFC 3339 and `YYYY-MM-DD`, or day or month first. */
    dates: z.enum(['iso', 'dmy', 'mdy']).default('iso'),
    method: source.default({ value: 'import' }),
    jurisdiction: source.optional(),
    domain: source.optional(),
    notice: z.strictObject({ id: source, version: source, language: source }).optional(),
    /** The idempotency key of a row; by default one made from the file and the row's place in it. */
    id: source.optional(),
    delimiter: z.string().length(1).default(','),
  })
  .refine((map) => Object.keys(map.identifiers).length > 0 !== (map.ref !== undefined), 'says who is meant: either `identifiers` or `ref`')
  .refine((map) => Object.keys(map.purposes).length > 0 !== (map.purpose !== undefined), 'says what was decided: either `purposes` or `purpose` with `decision`')
  .refine((map) => (map.purpose === undefined) === (map.decision === undefined), '`purpose` and `decision` belong together');
export type Mapping = z.output<typeof mappingSchema>;

/** @throws UsageError naming the file and what is wrong in it */
export function readMapping(file: string): Mapping {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: ${cause instanceof Error ? cause.message.split('\n')[0] : 'it is no YAML'}`, { cause });
  }
  return parseMapping(content, file);
}

export function parseMapping(content: unknown, file: string): Mapping {
  const result = mappingSchema.safeParse(content);
  if (result.success) return result.data;
  const said = result.error.issues.slice(0, 3).map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
  throw new UsageError(`${file} is no mapping: ${said.join('; ')}. See docs/bulk.md.`);
}

/** Every column that the mapping names. */
export function columnsOf(mapping: Mapping): readonly string[] {
  const { identifiers, purposes, notice, ref, purpose, decision, occurredAt, method, jurisdiction, domain, id } = mapping;
  const sources = [
    ...Object.values(identifiers), ...Object.values(purposes), ...Object.values(notice ?? {}), ref, purpose, decision, occurredAt, method, jurisdiction, domain, id,
  ];
  return [...new Set(sources.flatMap((one) => (one && 'column' in one ? [one.column] : [])))];
}
