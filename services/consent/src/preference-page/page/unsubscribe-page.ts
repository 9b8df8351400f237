import { html } from '@heed/certificate';
import type { Words } from '../words/words.js';
import { framed } from './frame.js';

export interface UnsubscribeView {
  readonly tenant: string;
  readonly controller: string;
  readonly contact: string;
  /** What the link ends, by title. */
  readonly titles: readonly string[];
  /** None of it is on: this was done already, or was never agreed to. */
  readonly off: boolean;
}

export interface UnsubscribeCall {
  readonly path: string;
  readonly words: Words;
  readonly offered: readonly Words[];
}

/** Shown by GET: asks, and changes nothing. The button sends what a mail program sends by itself (RFC 8058). */
export function unsubscribePage(view: UnsubscribeView, call: UnsubscribeCall): string {
  const { words, path, offered } = call;
  const { unsubscribe } = words;
  if (view.off && view.titles.length > 0) return unsubscribedPage(view, call);
  return framed(
    { words, tenant: view.tenant, title: unsubscribe.title, languages: offered.map((other) => ({ words: other, href: `${path}?lang=${other.language}` })) },
    html`<h1>${unsubscribe.title}</h1><p class="lead">${view.titles.length === 0 ? unsubscribe.nothing : unsubscribe.lead(view.tenant)}</p>
${view.titles.length === 0 ? html`` : html`<div class="card"><p>${unsubscribe.list}:</p><ul class="plain">${view.titles.map((title) => html`<li><strong>${title}</strong></li>`)}</ul>
<form method="post" action="${path}?lang=${words.language}"><input type="hidden" name="List-Unsubscribe" value="One-Click"><p><button class="action strong">${unsubscribe.button}</button></p></form></div>`}
${footer(view, words)}`,
  );
}

/** The answer to the click, and to every further one. */
export function unsubscribedPage(view: UnsubscribeView, { words }: UnsubscribeCall): string {
  const { unsubscribe } = words;
  return framed(
    { words, tenant: view.tenant, title: unsubscribe.doneTitle },
    html`<h1>${unsubscribe.doneTitle}</h1><p class="lead">${unsubscribe.done(view.tenant)}</p>
<div class="card"><ul class="plain">${view.titles.map((title) => html`<li class="done"><span><strong>${title}</strong>: ${words.off}</span></li>`)}</ul>
<p class="soft">${unsubscribe.goesOn}</p></div>
${footer(view, words)}`,
  );
}

function footer(view: UnsubscribeView, words: Words): ReturnType<typeof html> {
  return html`<footer><h2>${words.contactTitle}</h2><p>${words.contact(view.controller)} <a href="mailto:${view.contact}">${view.contact}</a>.</p></footer>`;
}
