/** What `--json` prints: the whole, on standard output and nothing else. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function printLine(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Beside the answer: on standard error, so that the answer alone can be piped. */
export function printRemark(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Columns as wide as their widest cell, without a frame.
 * @example table(['store', 'state'], [['crm', 'done']])
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** @example seconds(1432) // '1.4 s' */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
