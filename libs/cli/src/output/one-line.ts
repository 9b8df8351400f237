/** What a person is told of a failure: one line, without a stack. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `heed: ${text.replace(/\s*\n\s*/g, ' ').trim()}`;
}
