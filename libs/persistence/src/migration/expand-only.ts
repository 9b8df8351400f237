/** Statements after which instances of the version before fail: they belong into `NNNN_name.contract.sql`. */
const CONTRACTING: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['drops a table, view, type, schema or function', /\bDROP\s+(TABLE|VIEW|MATERIALIZED\s+VIEW|TYPE|SCHEMA|FUNCTION|SEQUENCE)\b/i],
  ['drops a column', /\bDROP\s+COLUMN\b|\bALTER\s+TABLE\b[^;]*\bDROP\s+(?!CONSTRAINT\b|DEFAULT\b|NOT\b|EXPRESSION\b|IDENTITY\b|COLUMN\b)\w+/i],
  ['renames', /\bRENAME\b/i],
  ['makes a column mandatory', /\bSET\s+NOT\s+NULL\b/i],
  ['adds a mandatory column without a default', /\bADD\s+(?:COLUMN\s+)?(?!CONSTRAINT\b)"?\w+"?\s+[^,;]*\bNOT\s+NULL\b(?![^,;]*\b(?:DEFAULT|GENERATED)\b)(?<!\bDEFAULT\b[^,;]*)/i],
  ['changes the type of a column', /\bALTER\s+(?:COLUMN\s+)?"?\w+"?\s+(?:SET\s+DATA\s+)?TYPE\b/i],
  ['empties a table', /\bTRUNCATE\s+(?!ON\b)(?:TABLE\s+)?\w+\s*(?:;|$|CASCADE|RESTART)/i],
];

/** What of a migration file takes something away from instances that still run the version before. */
export function contractingStatements(sql: string): readonly string[] {
  const statements = sql.replace(/--[^\n]*/g, '').split(';');
  return statements.flatMap((statement) => CONTRACTING.filter(([, pattern]) => pattern.test(statement)).map(([what]) => what));
}
