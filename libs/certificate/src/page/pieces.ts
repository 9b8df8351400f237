import { html, readable } from './html.js';
import type { Html } from './html.js';

/** A line of a table of facts. */
export const fact = (name: string, value: Html | string): Html => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`;

export const facts = (...lines: readonly Html[]): Html => html`<table><tbody>${lines}</tbody></table>`;

export const code = (text: string): Html => html`<code>${text}</code>`;

export const when = (time: string | null): string => (time ? readable(time) : 'not recorded');

/** A table that may be wider than a telephone: it scrolls by itself, with the keyboard too. */
export function wideTable(name: string, head: readonly string[], rows: readonly (readonly (Html | string | number)[])[]): Html {
  const headCells = head.map((cell, i) => (numeric(rows, i) ? html`<th scope="col" class="number">${cell}</th>` : html`<th scope="col">${cell}</th>`));
  const lines = rows.map((cells) => html`<tr>${cells.map((cell) => (typeof cell === 'number' ? html`<td class="number">${cell}</td>` : html`<td>${cell}</td>`))}</tr>`);
  return html`<div class="wide" role="region" aria-label="${name}" tabindex="0"><table><thead><tr>${headCells}</tr></thead>
<tbody>${lines}</tbody></table></div>`;
}

const numeric = (rows: readonly (readonly unknown[])[], column: number): boolean => rows.length > 0 && rows.every((row) => typeof row[column] === 'number');

export const list = (items: readonly string[]): Html => html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;
