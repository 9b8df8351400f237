/** What a person is told of a failure: one line, without a stack. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `heed: ${(diskFull(error) ?? text).replace(/\s*\n\s*/g, ' ').trim()}`;
}

/** Node's own words name neither a remedy nor always the file. */
function diskFull(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : process.cwd();
  return `The disk of ${path} is full: free some space and try again.`;
}
