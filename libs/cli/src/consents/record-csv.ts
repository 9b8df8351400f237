/** The columns of an exported record, in the order of its members. */
export const RECORD_COLUMNS = [
  'id', 'ref', 'purpose', 'state', 'tookEffect', 'policyVersion', 'noticeId', 'noticeVersion', 'noticeLanguage', 'noticeHash', 'method', 'actor',
  'occurredAt', 'recordedAt', 'jurisdiction', 'basis', 'validUntil', 'domain', 'network', 'detail',
] as const;

/** RFC 4180. A cell that a spreadsheet would take for a formula is led by an apostrophe: what somebody once typed must not run there. */
export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const plain = typeof value === 'string' ? value : JSON.stringify(value);
  const text = /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
