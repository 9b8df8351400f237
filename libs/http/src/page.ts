/** Headers of a page that needs nothing from anywhere: nothing may run in it, be kept of it, or be told where it was. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
  'cache-control': 'no-store',
};

/**
 * True when the caller names this media type, and names it before the other one.
 * @example prefers('text/html,application/xhtml+xml', 'text/html', 'application/json') // true, a browser
 */
export function prefers(accept: string | undefined, wanted: string, other: string): boolean {
  const [first, second] = [accept?.indexOf(wanted) ?? -1, accept?.indexOf(other) ?? -1];
  return first >= 0 && (second < 0 || first < second);
}
