import type { z } from 'zod';
import { PACK_SCHEMA, policyPackSchema } from '../pack/pack.schema.js';
import { NEEDS_SOURCE } from '../pack/source.js';
import type { PackDocument } from './document.js';
import type { PackIssue, PackPath } from './issue.js';
import { didYouMean } from './did-you-mean.js';
import { keysAt } from './known-keys.js';

/** The schema's complaints in the pack's own words, each at its line. */
export function schemaIssues(error: z.ZodError, document: PackDocument): PackIssue[] {
  return error.issues.flatMap((issue) => translate(issue, document));
}

function translate(issue: z.core.$ZodIssue, document: PackDocument): PackIssue[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      document.issue('key_unknown', `the format knows no key ${quote(key)} in ${name(path)}${didYouMean(key, keysAt(policyPackSchema, path))}`, [...path, key], true),
    );
  }
  if (issue.code === 'invalid_key') {
    return [document.issue('key_unknown', `${quote(String(path.at(-1)))}: ${issue.issues[0]?.message ?? 'not a key here'}`, path, true)];
  }
  const found = valueAt(document.value, path);
  if (path.length === 1 && path[0] === 'schema') {
    return [document.issue('schema_unknown', `this version of Heed reads schema: ${PACK_SCHEMA}`, path)];
  }
  if (found === undefined) {
    const last = path.at(-1);
    if (last === 'source') {
      const message = `${name(path.slice(0, -1))} names no source: a promise id, or operator_default`;
      return [document.issue('source_missing', message, path)];
    }
    return [document.issue('value_missing', `${name(path)} is missing`, path)];
  }
  if (issue.message === NEEDS_SOURCE) {
    // `acknowledge: P2BD` is the most likely slip of all, so it gets its own words.
    const message = `${name(path)} needs its source: write { value: ${brief(found)}, source: … } with a promise id or operator_default`;
    return [document.issue('source_missing', message, path)];
  }
  return [document.issue('value_invalid', `${name(path)}: ${plain(issue, found)}, got ${brief(found)}`, path)];
}

/** zod's words without its preamble, and the remedy for what YAML took for a number. */
function plain(issue: z.core.$ZodIssue, found: unknown): string {
  const words = issue.message.replace(/^(Invalid input|Invalid option|Too small|Too big): /, '').replace(/, received \w+$/, '');
  const text = issue.code === 'invalid_value' || (issue.code === 'invalid_type' && issue.expected === 'string');
  const unquoted = text && (typeof found === 'number' || typeof found === 'boolean');
  return unquoted ? `${words}; put it in quotes` : words;
}

function valueAt(value: unknown, path: PackPath): unknown {
  return path.reduce<unknown>(
    (node, part) =>
      typeof node === 'object' && node !== null && Object.hasOwn(node, part) ? Reflect.get(node, part) : undefined,
    value,
  );
}

function name(path: PackPath): string {
  if (path.length === 0) return 'the pack';
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`)).join('');
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

function quote(key: string): string {
  return `"${key.length > 40 ? `${key.slice(0, 39)}…` : key}"`;
}
