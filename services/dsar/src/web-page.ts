/** Text as HTML shows it. */
export function escapeHtml(value: unknown): string {
  return String(value).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; color: #1c1c1c; background: #fff; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
  h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #ccc; vertical-align: top }
  code { font-size: .85em; overflow-wrap: anywhere } .small { font-size: .85rem; color: #555 }
  .wide { overflow-x: auto }
  @media print { body { margin: 0; max-width: none } }`;

/** A page that needs nothing from anywhere: no scripts, no fonts, no pictures. `body` is HTML already. */
export function webPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body>${body}</body></html>`;
}

/** Headers of such a page: nothing may run in it, be kept of it, or be told where it was. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
  'cache-control': 'no-store',
};

/** @example readable(new Date('2026-11-21T10:00:00Z')) // '21 November 2026, 10:00 UTC' */
export function readable(at: Date | string): string {
  const date = new Date(at);
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return `${day}, ${date.toISOString().slice(11, 16)} UTC`;
}

/**
 * True when the caller names this media type, and names it before the other one.
 * @example prefers('text/html,application/xhtml+xml', 'text/html', 'application/json') // true, a browser
 */
export function prefers(accept: string | undefined, wanted: string, other: string): boolean {
  const [first, second] = [accept?.indexOf(wanted) ?? -1, accept?.indexOf(other) ?? -1];
  return first >= 0 && (second < 0 || first < second);
}
