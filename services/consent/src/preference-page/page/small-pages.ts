import { html } from '@heed/certificate';
import type { Words } from '../words/words.js';
import { framed } from './frame.js';

/** The same for every token that opens nothing, whatever the reason. */
export function unknownLinkPage(words: Words): string {
  const { title, lead, next } = words.unknown;
  return framed({ words, title }, html`<h1>${title}</h1><p class="lead">${lead}</p><ol class="steps">${next.map((step) => html`<li>${step}</li>`)}</ol>`);
}

/** A choice that the policy does not allow, such as a yes to profiling for a child. */
export function refusedPage(words: Words, tenant: string, reason: string, back: string): string {
  return framed(
    { words, tenant, title: words.refusedTitle },
    html`<h1>${words.refusedTitle}</h1><p class="lead">${words.refusedLead}</p><div class="card"><p lang="en">${reason}</p></div><p><a href="${back}">${words.back}</a></p>`,
  );
}
