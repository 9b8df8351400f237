import { policyPackSchema, type PolicyPack } from '../pack/pack.schema.js';
import { CROSS_CHECKS } from './checks/index.js';
import { readDocument } from './document.js';
import type { PackIssue } from './issue.js';
import { schemaIssues } from './schema-issues.js';

export type ParsedPack =
  | { readonly ok: true; readonly pack: PolicyPack }
  /** In the order of the text; never empty. */
  | { readonly ok: false; readonly issues: readonly PackIssue[] };

/**
 * Reads a policy pack from YAML or JSON. Every mistake comes back with its line, column and JSON pointer; nothing is
 * thrown for what the text holds. Text that does not parse is not judged further, and a pack whose shape is wrong is
 * not checked for what refers to what, so that one slip is not reported three times.
 * @param options.file stands in the issues, so that editors can jump to them
 * @example
 * const parsed = parsePack(text, { file: 'acme.yaml' });
 * if (!parsed.ok) for (const issue of parsed.issues) console.error(formatPackIssue(issue));
 */
export function parsePack(text: string, options: { file?: string | undefined } = {}): ParsedPack {
  const read = readDocument(text, options.file);
  if (!read.ok) return read;
  const { document } = read;
  const shaped = policyPackSchema.safeParse(document.value);
  if (!shaped.success) return { ok: false, issues: sorted(schemaIssues(shaped.error, document)) };
  const issues: PackIssue[] = [];
  for (const check of CROSS_CHECKS) {
    check(shaped.data, (code, message, path) => issues.push(document.issue(code, message, path)));
  }
  return issues.length > 0 ? { ok: false, issues: sorted(issues) } : { ok: true, pack: shaped.data };
}

function sorted(issues: PackIssue[]): PackIssue[] {
  return issues.sort((a, b) => a.line - b.line || a.column - b.column);
}
