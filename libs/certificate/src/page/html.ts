/** Text as HTML shows it. */
export function escapeHtml(value: unknown): string {
  return String(value).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** HTML already: what is put into another template as it is. */
export class Html {
  constructor(readonly text: string) {}
}

/**
 * A template in which everything that is not HTML already is escaped, so that nothing can be forgotten.
 * @example html`<p>${controller}</p>`.text
 */
export function html(parts: TemplateStringsArray, ...values: readonly (Html | readonly Html[] | string | number)[]): Html {
  return new Html(parts.reduce((text, part, i) => text + part + (i < values.length ? written(values[i] ?? '') : ''), ''));
}

function written(value: Html | readonly Html[] | string | number): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(value);
  return value.map((one) => one.text).join('\n');
}

/** @example readable(new Date('2026-11-21T10:00:00Z')) // '21 November 2026, 10:00 UTC' */
export function readable(at: Date | string): string {
  const date = new Date(at);
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return `${day}, ${date.toISOString().slice(11, 16)} UTC`;
}
