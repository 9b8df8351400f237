/** What is wrong with a pack, and where. Lines and columns count from 1. */
export interface PackIssue {
  readonly code: PackIssueCode;
  /** One sentence, in terms of the pack. */
  readonly message: string;
  /** JSON pointer (RFC 6901) to the value, the key, or the map in which something is missing. */
  readonly pointer: string;
  readonly line: number;
  readonly column: number;
  readonly file?: string;
}

export type PackIssueCode =
  | 'pack_too_large'
  | 'yaml_syntax'
  | 'yaml_duplicate_key'
  | 'yaml_alias'
  | 'schema_unknown'
  | 'key_unknown'
  | 'value_missing'
  | 'value_invalid'
  | 'source_missing'
  | CrossIssueCode;

/** Mistakes between sections, which no section can see by itself. */
export type CrossIssueCode =
  | 'id_duplicate'
  | 'promise_unknown'
  | 'promise_foreign'
  | 'jurisdiction_unknown'
  | 'law_missing'
  | 'basis_missing'
  | 'basis_not_allowed'
  | 'basis_reference_mismatch'
  | 'category_unknown'
  | 'category_unscheduled'
  | 'controller_missing'
  | 'aggregate_grain_missing'
  | 'purpose_unknown'
  | 'purpose_denied'
  | 'consent_not_needed'
  | 'language_missing'
  | 'message_class_ambiguous'
  | 'message_class_unknown'
  | 'holidays_unknown'
  | 'plan_unknown';

/** A place inside a pack, as zod writes it. */
export type PackPath = readonly PropertyKey[];

/** RFC 6901. @example toPointer(['purposes', 0, 'bases']) // '/purposes/0/bases' */
export function toPointer(path: PackPath): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * An issue as compilers print it, so that editors can jump to it.
 * @example formatPackIssue(issue) // 'acme.yaml:12:15 category_unknown: purpose billing uses …'
 */
export function formatPackIssue(issue: PackIssue): string {
  return `${issue.file ?? 'pack'}:${issue.line}:${issue.column} ${issue.code}: ${issue.message}`;
}
